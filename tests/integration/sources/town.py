"""A source that brings what a test says, and the shortest ways through a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.sources import readers
from parvis.portal.sources.models import Run, Source
from parvis.portal.sources.records import Fault, Record
from parvis.portal.sources.services import applying, runs


class Bringing:
    """A reader of these records."""

    def __init__(self, records: Iterable[Record | Fault]) -> None:
        self.records = records

    def read(self) -> Iterator[Record | Fault]:
        yield from self.records


def record(key: str, **facts: Any) -> Record:
    values = {"first_name": key.title(), "last_name": "Essai", "email": f"{key}@rivemarine.example"}
    return Record(**{"key": key, **values, **facts})


def make_source(root: Entity, **facts: Any) -> Source:
    return Source.objects.create(**{"name": "Annuaire", "kind": "ldap", "root": root, "grace_runs": 1, **facts})


class Town:
    """A source whose content the test sets, run as the worker would."""

    def __init__(self, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source = source
        self.records: Iterable[Record | Fault] = []
        monkeypatch.setattr(runs, "reader_of", lambda source, run: Bringing(self.records))

    def start(self, *records: Record | Fault, trial: bool = False) -> Run:
        """Queue and read; an automatic run that may be applied is `applying` then."""
        self.records = records
        self.source.refresh_from_db()
        run = runs.start_run(actor=None, source=self.source, trial=trial, now=clock.now())
        runs.read(run)
        run.refresh_from_db()
        return run

    def run(self, *records: Record | Fault) -> Run:
        """To its end."""
        run = self.start(*records)
        if run.state == Run.State.APPLYING:
            applying.apply(run)
            run.refresh_from_db()
        return run


__all__ = ["Bringing", "Town", "make_source", "readers", "record"]
