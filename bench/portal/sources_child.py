"""In the child: runs of a source whose records a generator brings."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from typing import Any

from bench.portal import child

DEPARTMENTS = 200


def measure(people: str) -> dict[str, Any]:
    """By kind of run: people a second, seconds, peak memory (MB), longest transaction (s)."""
    count = int(people)
    source = _source()
    return {
        "first import": _run(source, count, changed=0),
        "nothing changed": _run(source, count, changed=0),
        "1 % changed": _run(source, count, changed=count // 100),
    }


def _run(source: Any, count: int, *, changed: int) -> dict[str, float]:
    from parvis.portal.kernel import clock
    from parvis.portal.sources.models import Run
    from parvis.portal.sources.services import applying, runs

    class Reader:
        def read(self) -> Iterator[Any]:
            return _people(count, changed)

    longest, batch = 0.0, applying._batch

    def timed(*arguments: Any) -> bool:
        nonlocal longest
        began = time.perf_counter()
        more = batch(*arguments)
        longest = max(longest, time.perf_counter() - began)
        return more

    runs.reader_of = lambda _source, _run: Reader()  # type: ignore[attr-defined,assignment]
    applying._batch = timed
    started = time.perf_counter()
    run = runs.start_run(actor=None, source=source, now=clock.now())
    runs.read(run)
    applying.apply(Run.objects.select_related("source__root").get(pk=run.pk))
    seconds = time.perf_counter() - started
    applying._batch = batch
    run.refresh_from_db()
    if run.state != Run.State.APPLIED:
        raise RuntimeError(f"{run.state}: {run.problem} {run.detail}")
    return {
        "per_second": count / seconds,
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "longest_batch": longest,
    }


def _people(count: int, changed: int) -> Iterator[Any]:
    from parvis.portal.sources.records import Record

    for number in range(count):
        yield Record(
            key=f"{number:08d}",
            first_name="Camille",
            last_name=f"Exemple-{number}",
            email=f"camille.{number}@rivemarine.example",
            job_title="Chargée de mission" if number < changed else "Agent",
            personnel_number=f"{number:06d}",
            phone="02 00 00 00 00",
            entity=f"D{number % DEPARTMENTS}",
            where=f"uid={number},ou=agents,dc=rivemarine,dc=example",
        )


def _source() -> Any:
    from parvis.portal.directory import rules
    from parvis.portal.directory.models import Entity
    from parvis.portal.sources.models import Source

    root = Entity.objects.create(name="Rivemarine", kind=Entity.Kind.METROPOLE, path="root")
    Entity.objects.filter(pk=root.pk).update(path=rules.child_path("", root.pk))
    root.refresh_from_db()
    for number in range(DEPARTMENTS):
        entity = Entity.objects.create(
            parent=root, name=f"Service {number}", code=f"D{number}", kind=Entity.Kind.DEPARTMENT, path=f"new.{number}"
        )
        Entity.objects.filter(pk=entity.pk).update(path=rules.child_path(root.path, entity.pk))
    return Source.objects.create(name="Annuaire", kind="ldap", root=root)


if __name__ == "__main__":
    child.main(measure)
