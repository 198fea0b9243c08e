"""In the child: the same 10,000 lines through the import, and through csv and bulk_create alone."""

from __future__ import annotations

import csv
import io
import resource
import time
from typing import Any

from bench.portal import child

DEPARTMENTS, AGENTS = 100, 1000
HEADER = (
    "numéro d’inventaire", "nom", "type", "service", "numéro de série", "marque", "modèle", "situation", "agent",
    "date d’achat", "prix", "bon de commande",
)  # fmt: skip


def measure(lines: str) -> dict[str, Any]:
    """By what was done: seconds, peak memory (MB)."""
    count = int(lines)
    actor, root = _authority()
    text = _file(count, "BC-1")
    found = {"bare": _timed(lambda: _bare(text, root))}
    found["first import"] = _timed(lambda: _import(actor, root, text, wanted=count))
    found["nothing changed"] = _timed(lambda: _import(actor, root, text, wanted=0))
    found["every line changed"] = _timed(lambda: _import(actor, root, _file(count, "BC-2"), wanted=count))
    return found


def _timed(act: Any) -> dict[str, float]:
    started = time.perf_counter()
    longest = act() or 0.0
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak, "longest_batch": longest}


def _file(count: int, order: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADER)
    for n in range(count):
        writer.writerow(
            [
                f"INV-{n:06d}", f"PC-{n:06d}", "Portable", f"Service {n % DEPARTMENTS}", f"SN{n:08d}", "HP",
                f"EliteBook {n % 20}", "En service", f"agent{n % AGENTS}@rivemarine.example", "01/03/2024",
                "1 234,50 €", order,
            ]
        )  # fmt: skip
    return out.getvalue()


def _bare(text: str, root: Any) -> None:
    from django.db import transaction

    from parvis.portal.parc.models import Asset

    with transaction.atomic():
        rows = csv.DictReader(io.StringIO(text), delimiter=";")
        Asset.objects.bulk_create(
            [
                Asset(entity=root, name=f"BARE-{row['nom']}", tag=f"B{row[HEADER[0]]}", serial=row[HEADER[4]])
                for row in rows
            ],
            batch_size=500,
        )
    Asset.objects.all().delete()


def _import(actor: Any, root: Any, text: str, *, wanted: int) -> float:
    from parvis.portal.imports.models import Run
    from parvis.portal.imports.services import applying, runs
    from parvis.portal.kernel import clock

    longest, batch = 0.0, applying._batch

    def timed(*arguments: Any) -> bool:
        nonlocal longest
        began = time.perf_counter()
        more = batch(*arguments)
        longest = max(longest, time.perf_counter() - began)
        return more

    applying._batch = timed
    try:
        run = runs.bring_file(actor=actor, root=root, name="parc.csv", content=text.encode(), now=clock.now())
        options = {"kind": "", "entity": root.pk}
        runs.compare(actor=actor, run=run, columns=run.columns, options=options, now=clock.now())
        runs.read(Run.objects.select_related("root", "started_by").get(pk=run.pk))
        run.refresh_from_db()
        if run.total != wanted or run.counts.get("rejected"):
            raise RuntimeError(f"{run.state} {run.problem}: {run.counts}")
        runs.approve(actor=actor, run=run, now=clock.now())
        applying.apply(Run.objects.select_related("root", "decided_by").get(pk=run.pk))
    finally:
        applying._batch = batch
    run.refresh_from_db()
    if run.state != Run.State.APPLIED or run.counts.get("left_out"):
        raise RuntimeError(f"{run.state}: {run.problem} {run.counts}")
    return longest


def _authority() -> tuple[Any, Any]:
    from parvis.portal.accounts.models import User
    from parvis.portal.directory import rules
    from parvis.portal.directory.models import Agent, Entity

    root = Entity.objects.create(name="Rivemarine", kind=Entity.Kind.METROPOLE, path="root")
    Entity.objects.filter(pk=root.pk).update(path=rules.child_path("", root.pk))
    root.refresh_from_db()
    for number in range(DEPARTMENTS):
        entity = Entity.objects.create(
            parent=root, name=f"Service {number}", kind=Entity.Kind.DEPARTMENT, path=f"new.{number}"
        )
        Entity.objects.filter(pk=entity.pk).update(path=rules.child_path(root.path, entity.pk))
    Agent.objects.bulk_create(
        [
            Agent(entity=root, first_name="Camille", last_name=f"Exemple-{n}", email=f"agent{n}@rivemarine.example")
            for n in range(AGENTS)
        ]
    )
    return User.objects.create_superuser("dsi@rivemarine.example", first_name="D", last_name="SI"), root


if __name__ == "__main__":
    child.main(measure)
