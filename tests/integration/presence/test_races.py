"""Two tabs, two heads, two workers at the same time. Each race is first shown without its guard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from parvis.portal.kernel.errors import Conflict
from parvis.portal.presence import counts, queries, services
from parvis.portal.presence.models import Change, Day, Operation
from parvis.portal.presence.rules import State
from tests.integration.presence.conftest import MONDAY, NOW, Town, full_time, town  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY = MONDAY + timedelta(days=1)


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_tabs_write_one_row(town: Town) -> None:  # noqa: F811
    """Without the upsert the second of two first rows is an error of the database."""
    Day.objects.create(agent=town.claire, date=TUESDAY, am="field", pm="field", state=State.DECLARED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Day.objects.create(agent=town.claire, date=TUESDAY, am="telework", pm="telework", state=State.DECLARED)
    Day.objects.all().delete()

    def declare(status: str) -> Callable[[], object]:
        return lambda: services.declare(
            actor=town.user, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status=status, now=NOW
        )

    answers = together(*(declare(status) for status in ("telework", "field", "training", "on_site")))
    assert not [each for each in answers if isinstance(each, Exception)]
    day = Day.objects.get()
    # The history is a chain: each change begins where another ended, and the last one is the row.
    changes = list(Change.objects.all())
    assert len(changes) == 4
    befores = sorted(change.before_am for change in changes)
    afters = sorted(change.after_am for change in changes)
    assert sorted([*befores, day.am]) == sorted([*afters, ""])
    assert day.revision == 4


def test_an_operation_is_undone_once(town: Town) -> None:  # noqa: F811
    operation = services.declare(
        actor=town.user, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="field", now=NOW
    ).operation
    assert operation is not None

    def undo() -> object:
        return services.undo(actor=town.user, operation=operation, now=NOW)

    answers = together(undo, undo, undo)
    assert sum(isinstance(each, Conflict) for each in answers) == 2
    assert Operation.objects.filter(undoes=operation).count() == 1
    assert not Day.objects.exists()


def test_two_heads_confirm_once(town: Town) -> None:  # noqa: F811
    services.declare(actor=town.user, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="leave", now=NOW)

    days = {head: list(queries.waiting_days_for(head)) for head in (town.head, town.mayor_head)}
    answers = together(*(lambda h=head: services.confirm_days(actor=h, days=days[h], now=NOW) for head in days))
    assert sorted(answers) == [0, 1]  # type: ignore[type-var]
    assert Change.objects.filter(operation__kind="confirm").count() == 1


def test_counting_twice_at_once_counts_right(town: Town) -> None:  # noqa: F811
    for agent in queries.people_in_detail(town.mayor_head):
        full_time(agent)
    counts.recount_all(MONDAY, TUESDAY)

    def declare_and_count(actor: object, agent: object) -> Callable[[], object]:
        def act() -> None:
            services.declare(actor=actor, agent=agent, starts=TUESDAY, ends=TUESDAY, status="field", now=NOW)  # type: ignore[arg-type]
            counts.refresh()

        return act

    answers = together(declare_and_count(town.user, town.claire), declare_and_count(town.marc.user, town.marc))
    assert answers == [None, None]
    counts.refresh()
    found = dict(queries.counts(town.root, TUESDAY, TUESDAY))[TUESDAY]
    assert found["field"] == [2, 2]
