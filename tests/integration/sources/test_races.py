"""Two at once: one run per source, one decision per run. First without the guard, to see that the race is real."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection, transaction

from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.sources.models import Run, Source
from parvis.portal.sources.services import runs
from tests.integration.authority import make_entity, make_member
from tests.integration.sources.town import make_source

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4


def at_once(act: Callable[[], object]) -> list[object]:
    results: list[object] = []

    def one() -> None:
        try:
            results.append(act())
        except Conflict as refused:
            results.append(refused)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture
def source() -> Source:
    return make_source(make_entity("Rivemarine", kind=Entity.Kind.COMMUNE))


def test_the_race_is_real(source: Source) -> None:
    """Looked up first, several find none under way, and several begin."""
    pause = threading.Barrier(THREADS)

    def check_then_insert() -> bool:
        free = not Run.objects.filter(source=source, state__in=Run.BUSY).exists()
        pause.wait(timeout=30)
        # A state the constraint does not watch: what it would be without it.
        if free:
            Run.objects.create(source=source, state=Run.State.PLANNED, created_at=clock.now())
        return free

    assert sum(result is True for result in at_once(check_then_insert)) > 1


def test_one_run_at_a_time(source: Source) -> None:
    results = at_once(lambda: runs.start_run(actor=None, source=source, now=clock.now()))
    assert len([result for result in results if isinstance(result, Run)]) == 1
    assert {result.code for result in results if isinstance(result, Conflict)} == {"run_busy"}
    assert Run.objects.count() == 1


def test_one_decision_per_run(source: Source) -> None:
    head = make_member(source.root, Role.HEAD_OF_IT)
    run = Run.objects.create(source=source, state=Run.State.WAITING, created_at=clock.now(), revision=1)
    results = at_once(lambda: runs.approve_run(actor=head, run=Run.objects.get(pk=run.pk), now=clock.now()))
    assert results.count(None) == 1
    assert {result.code for result in results if isinstance(result, Conflict)} == {"run_decided"}


def test_an_old_plan_is_not_applied_while_another_is_read(source: Source) -> None:
    head = make_member(source.root, Role.HEAD_OF_IT)
    old = Run.objects.create(source=source, state=Run.State.PLANNED, created_at=clock.now(), revision=1)
    runs.start_run(actor=None, source=source, now=clock.now())
    with pytest.raises(Conflict, match="run_busy"), transaction.atomic():
        runs.approve_run(actor=head, run=old, now=clock.now())
