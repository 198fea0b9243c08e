"""The funnel: who comes, passes, is stopped, and how long it takes; in two queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.telework import funnel
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.rules import LEVEL_1, Stage
from parvis.portal.telework.services import enrolment as services
from tests.integration.authority import make_entity
from tests.integration.signing_in import give_second_factor
from tests.integration.telework.pathing import NOW, at_stage, invited, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Entity:
    return make_entity("Ville")


def passed(enrolment: Enrolment, stage: Stage, minutes: int, outcome: str = "passed") -> None:
    services.note_try(enrolment=enrolment, stage=stage, outcome=outcome, now=NOW + timedelta(minutes=minutes))


def failed(enrolment: Enrolment, stage: Stage, code: str, minutes: int) -> None:
    services.note_try(
        enrolment=enrolment, stage=stage, outcome="failed", code=code, now=NOW + timedelta(minutes=minutes)
    )


def rows(enrolments: Any = None) -> dict[str, funnel.Row]:
    return {each.stage: each for each in funnel.of(enrolments or Enrolment.objects.all()).rows}


def test_nobody(town: Entity) -> None:
    found = funnel.of(Enrolment.objects.all())
    assert (found.invited, found.came, found.finished, found.median_seconds) == (0, 0, 0, None)
    assert all(each.entered == 0 and each.causes == [] for each in found.rows)


def test_each_stage_is_entered_by_who_passed_those_before(town: Entity) -> None:
    invited(town)
    opened(invited(town))
    stuck = at_stage(invited(town), Stage.COMPUTER)
    failed(stuck, Stage.COMPUTER, "off", 2)
    failed(stuck, Stage.COMPUTER, "screen_off", 3)
    done = at_stage(invited(town), Stage.GUIDE)
    services.finish(enrolment=done, now=NOW + timedelta(minutes=10), actor=done.agent.user)  # type: ignore[arg-type]
    found = funnel.of(Enrolment.objects.all())
    assert (found.invited, found.came, found.finished, found.blocked, found.working) == (4, 3, 1, 1, 0)
    assert [(each.entered, each.passed) for each in found.rows] == [(3, 3), (3, 2), (2, 1), (1, 1)]
    computer = found.rows[2]
    assert (computer.left, computer.failed, computer.blocked) == (1, 1, 1)
    assert computer.causes == [("off", 1), ("screen_off", 1)]
    assert found.median_seconds == 600


def test_a_level_without_the_stage_does_not_enter_it(town: Entity) -> None:
    at_stage(invited(town, level=LEVEL_1), Stage.GUIDE)
    found = rows()
    assert (found["computer"].entered, found["guide"].entered) == (0, 1)


def test_who_signed_in_and_has_no_second_factor_is_stopped_there(town: Entity) -> None:
    stopped, not_come, has_one, before = (invited(town) for _each in range(4))
    for each in (stopped, has_one):
        User.objects.filter(pk=each.agent.user_id).update(last_login=NOW + timedelta(minutes=5))
    User.objects.filter(pk=before.agent.user_id).update(last_login=NOW - timedelta(days=3))
    give_second_factor(has_one.agent.user)  # type: ignore[arg-type]
    found = funnel.of(Enrolment.objects.all())
    assert found.came == 1
    assert (found.rows[0].entered, found.rows[0].passed) == (1, 0)
    assert not_come.started_at is None


def test_times_are_of_who_passed_alone(town: Entity) -> None:
    for minutes in (1, 2, 3, 40):
        passed(opened(invited(town)), Stage.CONNECTION, minutes)
    passed(opened(invited(town)), Stage.CONNECTION, 300, "helped")
    found = rows()["connection"]
    assert (found.passed, found.helped) == (5, 1)
    assert (found.median_seconds, found.slow_seconds) == (120, 2400)


def test_somebody_stopped_three_times_by_the_same_thing_is_one(town: Entity) -> None:
    enrolment = at_stage(invited(town), Stage.COMPUTER)
    for minutes in (2, 5, 9):
        failed(enrolment, Stage.COMPUTER, "off", minutes)
    passed(enrolment, Stage.COMPUTER, 10)
    found = rows()["computer"]
    assert (found.causes, found.failed, found.blocked, found.passed) == ([("off", 1)], 1, 0, 1)


def test_only_those_asked_for_count(town: Entity) -> None:
    one, other = opened(invited(town)), opened(invited(town))
    failed(other, Stage.CONNECTION, "line_poor", 1)
    found = rows(Enrolment.objects.filter(pk=one.pk))
    assert (found["connection"].entered, found["connection"].failed) == (1, 0)


def test_two_queries_however_many(town: Entity, django_assert_num_queries: Any) -> None:
    for _each in range(5):
        at_stage(invited(town), Stage.GUIDE)
    with django_assert_num_queries(2):
        funnel.of(Enrolment.objects.all())
