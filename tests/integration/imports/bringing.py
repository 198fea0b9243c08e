"""The shortest ways through an import: a file brought, compared and applied as the worker would."""

from __future__ import annotations

from typing import Any

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.services import applying, runs, undoing
from parvis.portal.kernel import clock


def bring(actor: User, root: Entity, text: str | bytes, name: str = "parc.csv", **options: Any) -> Run:
    """Brought, its columns as guessed, and compared."""
    raw = text if isinstance(text, bytes) else text.encode()
    run = runs.bring_file(actor=actor, root=root, name=name, content=raw, now=clock.now())
    said = {"kind": "office", "entity": root.pk, "state": "", "create_sites": False, "skip_people": False, **options}
    runs.compare(actor=actor, run=run, columns=run.columns, options=said, now=clock.now())
    return read(run)


def read(run: Run) -> Run:
    runs.read(Run.objects.select_related("root", "connection", "started_by").get(pk=run.pk))
    return Run.objects.get(pk=run.pk)


def apply(actor: User, run: Run) -> Run:
    runs.approve(actor=actor, run=run, now=clock.now())
    applying.apply(Run.objects.get(pk=run.pk))
    return Run.objects.get(pk=run.pk)


def undo(actor: User, run: Run) -> Run:
    undoing.start(actor=actor, run=run, now=clock.now())
    undoing.undo(Run.objects.get(pk=run.pk))
    return Run.objects.get(pk=run.pk)


def kinds(run: Run) -> list[str]:
    return list(Line.objects.filter(run=run).order_by("number").values_list("kind", flat=True))


def reasons(run: Run) -> list[str]:
    return [code for line in Line.objects.filter(run=run).order_by("number") for code, _params in line.problems]
