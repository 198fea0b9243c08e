"""From a report to its asset: found, made, or asked to a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.portal.accounts import throttle
from parvis.portal.directory.models import Entity
from parvis.portal.inventory import candidates, reported, rules
from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.rules import Key, Verdict, Weighing
from parvis.portal.inventory.services import recording
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import asset_services
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.models import Asset

MOST_NEW = 5000
"""Assets that reports of one address add in a day: whoever made up computers without end would bury the list."""
MOST_ASKED = 2000
"""Reports of one address that wait for a person: each keeps what was sent."""
_DAY = 86400
CANDIDATES = 5
"""Shown beside a report in quarantine."""
CLONES = 100
"""Reports of one probe looked at for a machine that was set aside: clones have one identifier."""


@transaction.atomic
def apply(*, report: Report, content: Content, now: datetime) -> None:
    """Take a queued report into account: its asset is updated, made, or the report waits for a person.

    `report` gets its state, asset, problem and candidates, also in the database. A report that is not queued any
    more is left as it is: applying twice is once.
    """
    waiting = Report.objects.select_for_update(of=("self",)).filter(pk=report.pk, state=Report.State.QUEUED)
    locked = waiting.select_related("token__entity").first()
    if locked is None:
        report.refresh_from_db()
        return
    token, keys, kind = locked.token, rules.identities(content), rules.kind_of(content)
    verdict, weighings = _judge(token, content, keys, kind)
    if verdict.outcome == "create":
        lock_makers(token.entity)
        verdict, weighings = _judge(token, content, keys, kind)  # another report may have made it meanwhile
    verdict = _allowed(verdict, content, kind)
    if verdict.outcome == "apply" and verdict.asset_id is not None:
        _apply_to(report, content, keys, Asset.objects.get(pk=verdict.asset_id), now)
    elif verdict.outcome == "create":
        _create(report, content, keys, kind, weighings, now)
    elif content.partial:
        _refuse(report, content, "partial_unknown", now)
    else:
        _ask(report, content, keys, verdict.problem, weighings, now)


def lock_makers(entity: Entity) -> None:
    """Of the reports that would make an asset in one authority, one at a time: the second finds what the first made.

    PostgreSQL locks the row of the tree's root until commit; on SQLite the transaction already holds the write lock.
    """
    root = entity.path.split(".")[0]
    list(Entity.objects.select_for_update(no_key=True).filter(path=f"{root}.").values_list("pk", flat=True))


def make(*, entity: Entity, content: Content, kind: str, name: str, now: datetime) -> Asset:
    """A new asset from a report.

    Raises:
        Invalid: see `asset_services.create_reported`.
    """
    values: AssetData = {**reported.values_of_new(content, kind), "entity": entity}
    if name:
        values["name"] = name
    return asset_services.create_reported(data=values, now=now)


def move(report: Report, to: Report.State, now: datetime, **changes: Any) -> None:
    """Take a report to another state, on the object and in the database.

    Raises:
        Conflict: it has gone elsewhere meanwhile (`report_moved`).
    """
    sources = [state for state, moves in rules.REPORT_MOVES.items() if to in moves]
    values = {"state": to, "handled_at": now, **changes}
    if "name" in values:
        values["name"] = values["name"][:120] or report.name
    if not Report.objects.filter(pk=report.pk, state__in=sources).update(**values):
        raise Conflict(code="report_moved")
    for name, value in values.items():
        setattr(report, name, value)


def applied(report: Report, content: Content, asset: Asset, now: datetime, **changes: Any) -> None:
    """The report is taken into account: its body is not needed any more, nor are older ones that were to be settled."""
    outcome = {"asset": asset, "name": content.name, "problem": "", "candidates": [], "body": None}
    move(report, Report.State.APPLIED, now, **outcome, **changes)
    supersede(report, now)


def supersede(report: Report, now: datetime) -> None:
    """Older reports of the same probe that wait for a person are not asked about any more."""
    older = Report.objects.filter(
        token_id=report.token_id,
        device_id=report.device_id,
        name=report.name,
        state=Report.State.QUARANTINED,
        received_at__lt=report.received_at,
    ).exclude(pk=report.pk)
    older.update(state=Report.State.DISCARDED, problem="superseded", handled_at=now, body=None)


def _judge(token: ProbeToken, content: Content, keys: Collection[Key], kind: str) -> tuple[Verdict, list[Weighing]]:
    weighings = candidates.weighed(token, keys, kind, maker=content.manufacturer)
    return rules.decide(keys, weighings), weighings


def _allowed(verdict: Verdict, content: Content, kind: str) -> Verdict:
    if verdict.outcome != "create":
        return verdict
    if content.partial:
        return Verdict("quarantine", problem="partial_unknown")
    return verdict if kind else Verdict("quarantine", problem="unknown_kind")


def _apply_to(report: Report, content: Content, keys: Collection[Key], asset: Asset, now: datetime) -> None:
    if recording.record_report(asset=asset, report=report, content=content, keys=keys, now=now):
        applied(report, content, asset, now)
    else:
        outcome = {"asset": asset, "name": content.name, "problem": "superseded", "body": None}
        move(report, Report.State.DISCARDED, now, **outcome)


def _create(
    report: Report, content: Content, keys: Collection[Key], kind: str, weighings: Collection[Weighing], now: datetime
) -> None:
    if throttle.count("probe-new", str(report.token_id), seconds=_DAY) > MOST_NEW:
        _refuse(report, content, "too_many_new", now)  # the probe comes back tomorrow
        return
    try:
        asset = make(entity=report.token.entity, content=content, kind=kind, name="", now=now)
    except Invalid:
        _ask(report, content, keys, "name_taken", weighings, now)
        return
    _apply_to(report, content, keys, asset, now)


def set_aside(report: Report, machine: str, now: datetime, **changes: Any) -> None:
    """Nothing is done with it. `machine` (`rules.fingerprint`) is remembered as long as its reports come."""
    outcome = {"problem": "set_aside", "candidates": [{"machine": machine}], "body": None}
    move(report, Report.State.DISCARDED, now, **outcome, **changes)


def _is_set_aside(report: Report, machine: str) -> bool:
    """Whether a person set this machine aside. Of the same address, probe and name: the decision goes no further."""
    aside = Report.objects.filter(
        token_id=report.token_id, device_id=report.device_id, state=Report.State.DISCARDED, problem="set_aside"
    )
    known = aside.order_by("-received_at").values_list("candidates", flat=True)[:CLONES]
    return any({"machine": machine} in each for each in known)


def _ask(
    report: Report,
    content: Content,
    keys: Collection[Key],
    problem: str,
    weighings: Collection[Weighing],
    now: datetime,
) -> None:
    """A person is asked, unless one has set this machine aside before."""
    machine = rules.fingerprint(keys)
    if _is_set_aside(report, machine):
        set_aside(report, machine, now, name=content.name)
    elif _too_many_wait(report, content):
        _refuse(report, content, "too_many_asked", now)
    else:
        _quarantine(report, content, problem, weighings, now)


def _too_many_wait(report: Report, content: Content) -> bool:
    """Besides those this one takes the place of."""
    waiting = Report.objects.filter(token_id=report.token_id, state=Report.State.QUARANTINED)
    others = waiting.exclude(device_id=report.device_id, name=content.name[:120] or report.name)
    return others.order_by()[:MOST_ASKED].count() >= MOST_ASKED


def _refuse(report: Report, content: Content, problem: str, now: datetime) -> None:
    move(report, Report.State.REFUSED, now, name=content.name, problem=problem, body=None)


def _quarantine(report: Report, content: Content, problem: str, weighings: Collection[Weighing], now: datetime) -> None:
    best = rules.ranked(weighings)[:CANDIDATES]
    told = [{"asset": each.asset_id, "score": each.score, "why": dict(each.why)} for each in best]
    move(report, Report.State.QUARANTINED, now, name=content.name, problem=problem, candidates=told)
    supersede(report, now)
