"""Two at once: one import at work per entity, one decision. First without the guard, to see that the race is real."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.services import applying, runs
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.parc.models import Asset, AssetEvent
from tests.integration.authority import make_entity, make_member
from tests.integration.imports.bringing import bring

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
def here() -> Entity:
    return make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)


@pytest.fixture
def head(here: Entity) -> User:
    return make_member(here, Role.HEAD_OF_IT)


def test_the_race_is_real(head: User, here: Entity) -> None:
    """Looked up first, several find the run planned, and several would write it."""
    run = bring(head, here, "Nom\nPC-1\n")
    pause = threading.Barrier(THREADS)

    def check_then_act() -> bool:
        waiting = Run.objects.filter(pk=run.pk, state=Run.State.PLANNED).exists()
        pause.wait(timeout=30)
        return waiting

    assert at_once(check_then_act).count(True) > 1


def test_one_decision_per_run(head: User, here: Entity) -> None:
    run = bring(head, here, "Nom\nPC-1\n")
    results = at_once(lambda: runs.approve(actor=head, run=Run.objects.get(pk=run.pk), now=clock.now()))
    assert results.count(None) == 1
    assert {result.code for result in results if isinstance(result, Conflict)} == {"run_decided"}


def test_one_import_at_work_per_entity(head: User, here: Entity) -> None:
    brought = [
        runs.bring_file(actor=head, root=here, name=f"{n}.csv", content=b"Nom\nPC-1\n", now=clock.now())
        for n in range(THREADS)
    ]
    results = at_once(
        lambda: runs.compare(actor=head, run=brought.pop(), columns={"name": "Nom"}, options={}, now=clock.now())
    )
    assert results.count(None) == 1
    assert {result.code for result in results if isinstance(result, Conflict)} == {"run_busy"}


def test_several_workers_write_a_line_once(head: User, here: Entity) -> None:
    run = bring(head, here, "Nom\n" + "".join(f"PC-{n}\n" for n in range(40)))
    runs.approve(actor=head, run=run, now=clock.now())
    at_once(lambda: applying.apply(Run.objects.get(pk=run.pk)))
    run.refresh_from_db()
    assert (run.state, run.done, Asset.objects.count(), AssetEvent.objects.count()) == ("applied", 40, 40, 40)
    assert not Line.objects.filter(is_due=True).exists()
