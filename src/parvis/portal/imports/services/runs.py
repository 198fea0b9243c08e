"""Runs: a file brought, its columns said, the lines compared, the decision. (Written: `applying`; undone: `undoing`.)

One is at work at a time for an entity: the database holds it (`one_busy_import_per_root`). Every change of state is
one conditional UPDATE, so that of two workers or two people one wins and the other is told.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.imports import fields, permissions, rules, tasks
from parvis.portal.imports import plan as planning
from parvis.portal.imports.facts import Planned, Said
from parvis.portal.imports.glpi.reader import lines_of_glpi
from parvis.portal.imports.known import known_for
from parvis.portal.imports.models import MOST_LINES, Columns, Connection, Line, Run
from parvis.portal.imports.reading import ReadingBroken, check_file, lines_of_file, options_of
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.ui.search import fold

log = structlog.get_logger("parvis.imports")

BEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(minutes=5)
"""Without a sign of life for so long a worker is gone."""
TOPMOST = ("Root entity", "Entité racine", "Racine")
"""What GLPI calls its topmost entity."""
CHUNK = 1000
"""Lines stored at once."""


@transaction.atomic
def bring_file(*, actor: User, root: Entity, name: str, content: bytes, now: datetime) -> Run:
    """Keep a file; nothing is compared before its columns are said.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Invalid: see `reading.check_file`.
    """
    require(permissions.can_import(actor, root))
    header, count = check_file(content)
    remembered = Columns.objects.filter(root=root, digest=fields.digest(header)).first()
    options = {"kind": fields.kind_of_file(name), "entity": root.pk, **(remembered.options if remembered else {})}
    run = Run.objects.create(
        root=root, name=name[:200], content=content, header=list(header), started_by=actor, created_at=now,
        columns=fields.propose(header, remembered.fields if remembered else None), options=options, read=count,
    )  # fmt: skip
    data = {"run": run.pk, "name": name[:200], "bytes": len(content), "lines": count}
    audit.record(actor=actor, action="imports.file_given", target=root, now=now, data=data)
    return run


@transaction.atomic
def compare(*, actor: User, run: Run, columns: Mapping[str, str], options: Mapping[str, Any], now: datetime) -> None:
    """Remember which column is what, and have the lines compared with the parc: nothing is written.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: the run is past this (`run_decided`), or another is under way (`run_busy`).
    """
    require(permissions.can_import(actor, run.root))
    kept = {field: column for field, column in columns.items() if column in run.header and field in fields.LABELS}
    Columns.objects.update_or_create(
        root=run.root, digest=fields.digest(run.header),
        defaults={"fields": kept, "options": dict(options), "used_at": now},
    )  # fmt: skip
    _queue(run, columns=kept, options=dict(options), started_by=actor)


@transaction.atomic
def start_glpi(*, actor: User, connection: Connection, now: datetime) -> Run:
    """Have a GLPI read and compared: nothing is written before somebody says so.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: another run is under way (`run_busy`).
    """
    require(permissions.can_import(actor, connection.root))
    run = Run.objects.create(
        root=connection.root, origin=Run.Origin.GLPI, connection=connection, name=connection.name,
        started_by=actor, created_at=now,
        options={
            "entity": connection.root_id, "kind": "", "state": "deployed", "create_sites": True, "skip_people": True,
        },
    )  # fmt: skip
    audit.record(actor=actor, action="imports.glpi_read", target=connection.root, now=now, data={"run": run.pk})
    _queue(run)
    return run


def _queue(run: Run, **facts: object) -> None:
    try:
        with transaction.atomic():
            waits = {"beat_at": clock.now(), "worker": ""}
            moved = move(run, Run.State.DRAFT, Run.State.PLANNED, to=Run.State.QUEUED, **waits, **facts)
    except IntegrityError:
        raise busy() from None
    if not moved:
        raise decided()
    tasks.read.enqueue(run.pk)


def busy() -> Conflict:
    """Somebody else's run is under way."""
    return Conflict(
        _("Un import de cette collectivité est déjà en cours."),
        code="run_busy",
        advice=_("Attendez qu’il soit terminé\u202f: sa page montre où il en est."),
    )


def decided() -> Conflict:
    """Somebody has decided already."""
    return Conflict(_("Cet import n’attend plus de décision."), code="run_decided")


def move(run: Run, *before: str, to: str, **facts: object) -> bool:
    """The run goes from one of `before` to `to`, unless somebody moved it meanwhile."""
    for each in before:
        if to != each and to not in rules.TRANSITIONS[each]:
            raise ValueError(f"{each} → {to}")
    if not Run.objects.filter(pk=run.pk, state__in=before).update(state=to, **facts):
        return False
    run.state = to
    for name, value in facts.items():
        setattr(run, name, value)
    return True


def read(run: Run) -> None:
    """Read the lines, compare them, keep what they would do. No transaction is open."""
    token = secrets.token_hex(16)
    started = {"worker": token, "beat_at": clock.now(), "problem": "", "detail": ""}
    if not move(run, Run.State.QUEUED, to=Run.State.READING, **started):
        return
    try:
        lines = list(_beating(run, lines_of_file(run) if run.origin == Run.Origin.FILE else _glpi(run)))
        _store(run, lines)
    except ReadingBroken as problem:
        fail(run, problem.code, problem.detail, now=clock.now())
    except NotAllowed as problem:
        fail(run, "not_allowed", str(problem.message), now=clock.now())
    except Exception:
        log.exception("import_not_read", run=run.pk)
        fail(run, "unexpected", "", now=clock.now())


def _glpi(run: Run) -> Iterator[Said]:
    if run.connection is None:
        raise ReadingBroken("connection_gone")
    run.header = list(fields.SHORT.values())
    Run.objects.filter(pk=run.pk).update(header=run.header)
    return lines_of_glpi(run.connection, most=MOST_LINES)


def _beating(run: Run, lines: Iterator[Said]) -> Iterator[Said]:
    beat = time.monotonic()
    for count, said in enumerate(lines, 1):
        if time.monotonic() - beat > BEAT_SECONDS:
            beat = time.monotonic()
            if not move(run, Run.State.READING, to=Run.State.READING, read=count, beat_at=clock.now()):
                raise ReadingBroken("interrupted")
        yield said


def _store(run: Run, lines: Sequence[Said]) -> None:
    actor = run.started_by
    if actor is None:
        raise ReadingBroken("not_allowed")
    require(permissions.can_import(actor, run.root))
    known = known_for(run.root, actor, lines, _decided_entities(run))
    planned = planning.plan(lines, known, options_of(run))
    counts: Counter[str] = Counter()
    Line.objects.filter(run=run).delete()
    while piece := list(islice(planned, CHUNK)):
        for each in piece:
            counts[each.kind] += 1
            counts["conflict"] += bool(each.conflicts) and each.kind != "conflict"
        with transaction.atomic():
            Line.objects.bulk_create([_row(run, each) for each in piece])
    facts = {"read": len(lines), "counts": dict(counts), "total": counts["created"] + counts["changed"]}
    move(run, Run.State.READING, to=Run.State.PLANNED, done=0, worker="", beat_at=clock.now(), **facts)


def _decided_entities(run: Run) -> dict[str, int]:
    """What GLPI's names mean: its topmost entity is ours unless somebody said otherwise."""
    if run.connection is None:
        return {}
    said = {name: pk for name, pk in run.connection.entities.items() if pk}
    return {**dict.fromkeys(TOPMOST, run.root_id), **said}


def _row(run: Run, each: Planned) -> Line:
    words = " ".join([each.label, *map(str, each.values.values())])
    return Line(
        run=run, number=each.number, kind=each.kind, label=_printable(each.label), search=fold(_printable(words))[:300],
        asset_id=each.asset, agent_id=each.agent, values=each.values, changes=each.changes, conflicts=each.conflicts,
        problems=audit.storable({"all": each.problems})["all"], cells=[_printable(cell) for cell in each.cells],
        is_due=each.is_due,
    )  # fmt: skip


def _printable(text: str) -> str:
    # What no database takes for text goes; lines of a remark stay lines.
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def fail(run: Run, code: str, detail: str, *, now: datetime) -> bool:
    """The run ends here; what it has written stays, and it can be taken up."""
    facts = {"problem": code[:40], "detail": detail[:500], "finished_at": now, "worker": ""}
    if not move(run, Run.State.QUEUED, Run.State.READING, Run.State.APPLYING, to=Run.State.FAILED, **facts):
        return False
    data = {"run": run.pk, "problem": code}
    audit.record(actor=None, action="imports.run_failed", target=run.root, now=now, data=data)
    return True


@transaction.atomic
def approve(*, actor: User, run: Run, now: datetime) -> None:
    """Write what was planned; a failed run is taken up where it stopped.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: decided already (`run_decided`), or another run is under way (`run_busy`).
    """
    require(permissions.can_import(actor, run.root))
    total = Line.objects.filter(run=run, is_due=True).count() + run.done
    facts = {"decided_by": actor, "decided_at": now, "beat_at": now, "worker": "", "total": total, "problem": ""}
    before = [Run.State.PLANNED]
    if run.state == Run.State.FAILED and run.total:
        before = [Run.State.FAILED]
    try:
        with transaction.atomic():
            moved = move(run, *before, to=Run.State.APPLYING, finished_at=None, **facts)
    except IntegrityError:
        raise busy() from None
    if not moved:
        raise decided()
    data = {"run": run.pk, "lines": total}
    audit.record(actor=actor, action="imports.run_approved", target=run.root, now=now, data=data)
    tasks.apply.enqueue(run.pk)


@transaction.atomic
def discard(*, actor: User, run: Run, now: datetime) -> None:
    """Write nothing of it.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: decided already (`run_decided`).
    """
    require(permissions.can_import(actor, run.root))
    facts = {"decided_by": actor, "decided_at": now, "finished_at": now, "content": None}
    if not move(run, Run.State.DRAFT, Run.State.PLANNED, to=Run.State.DISCARDED, **facts):
        raise decided()
    audit.record(actor=actor, action="imports.run_discarded", target=run.root, now=now, data={"run": run.pk})


@transaction.atomic
def take(*, actor: User, run: Run, lines: Mapping[int, Sequence[str]], now: datetime) -> int:
    """In these lines (key → fields) the file wins over what a person wrote; in their other fields it does not.

    How many lines have something ticked.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: decided already (`run_decided`).
    """
    require(permissions.can_import(actor, run.root))
    # The row is ours until the end: a decision comes before or after all of it.
    if not Run.objects.filter(pk=run.pk, state=Run.State.PLANNED).update(beat_at=now):
        raise decided()
    rows = list(Line.objects.filter(run=run, pk__in=list(lines)).exclude(kind=Line.Kind.REJECTED))
    for row in rows:
        wanted = set(lines[row.pk])
        row.taken = [name for name, each in row.conflicts.items() if name in wanted and each[4] not in planning.LOCKED]
        row.is_due = bool(row.changes or row.taken)
    Line.objects.bulk_update(rows, ["taken", "is_due"], batch_size=500)
    total = Line.objects.filter(run=run, is_due=True).count()
    Run.objects.filter(pk=run.pk).update(total=total)
    run.total = total
    ticked = sum(bool(row.taken) for row in rows)
    data = {"run": run.pk, "lines": len(rows), "taken": ticked}
    audit.record(actor=actor, action="imports.conflicts_decided", target=run.root, now=now, data=data)
    return ticked
