"""Two at once: each race is first made without its guard, then lost by one of the two."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError

from parvis.portal.kernel.errors import Conflict
from parvis.portal.loans.models import Loan
from parvis.portal.rollout.models import Member, Place, Wave
from parvis.portal.rollout.services import catching_up, declining, lending, opening, placing, telling, waves
from parvis.portal.telework.models import Enrolment
from tests.integration.loans.test_races import together
from tests.integration.rollout.waving import NOW, OPENING, Rollout, later, make_rollout, make_stock, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout((0, 0, 1))


def refusals(answers: list[object]) -> list[str]:
    unforeseen = [each for each in answers if isinstance(each, Exception) and not isinstance(each, Conflict)]
    assert not unforeseen
    return [each.code for each in answers if isinstance(each, Conflict)]


def test_looking_first_two_technicians_announce_one_week_twice(rollout: Rollout) -> None:
    """What a program would do without the constraint: both look before either writes. The database refuses one."""
    both_have_looked = threading.Barrier(2)

    def look_then_write() -> None:
        assert not Wave.objects.filter(campaign=rollout.campaign, week=0).exists()
        both_have_looked.wait(timeout=20)
        Wave.objects.create(campaign=rollout.campaign, week=0, starts_at=OPENING, published_at=NOW)

    answers = together(look_then_write, look_then_write)
    assert [type(each) for each in answers if each is not None] == [IntegrityError]


def test_one_of_two_technicians_announces_the_week(rollout: Rollout) -> None:
    answers = together(rollout.publish, rollout.publish)
    assert len(refusals(answers)) == 1
    assert Wave.objects.count() == 1
    assert Place.objects.count() == 2


def test_without_the_guard_two_workers_tell_somebody_twice(rollout: Rollout) -> None:
    rollout.publish()
    pk, both_have_looked, told = rollout.place(0).pk, threading.Barrier(2), []

    def look_then_tell() -> None:
        assert Place.objects.get(pk=pk).told_at is None
        both_have_looked.wait(timeout=20)
        Place.objects.filter(pk=pk).update(told_at=NOW)
        told.append(pk)

    together(look_then_tell, look_then_tell)
    assert told == [pk, pk]


def test_two_workers_tell_everybody_once(rollout: Rollout) -> None:
    rollout.publish()
    answers = together(lambda: telling.tell_due(now=NOW), lambda: telling.tell_due(now=NOW))
    assert sum(answers) == 2  # type: ignore[arg-type]


def test_two_workers_open_everybody_once(rollout: Rollout) -> None:
    rollout.publish()
    waves.start_due(now=OPENING)
    answers = together(lambda: opening.open_due(now=OPENING), lambda: opening.open_due(now=OPENING))
    assert sum(answers) == 2  # type: ignore[arg-type]
    assert Enrolment.objects.count() == 2
    assert not Place.objects.exclude(open_failure="").exists()


def test_two_workers_lend_once(rollout: Rollout) -> None:
    make_stock(rollout.root, "laptop")
    make_stock(rollout.root, "laptop", name="Autre")
    Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
    rollout.publish()
    telling.tell_due(now=NOW)
    together(lambda: lending.lend_due(now=NOW), lambda: lending.lend_due(now=NOW))
    assert Loan.objects.count() == 1


def test_moved_by_two_at_once_somebody_is_in_one_wave(rollout: Rollout) -> None:
    rollout.publish()
    second, third = rollout.publish(1), _third(rollout)
    place = rollout.place(0)

    def move(to: Wave) -> object:
        return placing.move(actor=rollout.technician, place=Place.objects.get(pk=place.pk), to=to, now=later(hours=1))

    answers = together(lambda: move(second), lambda: move(third))
    assert refusals(answers) == ["place_moved"]
    assert Place.objects.filter(member=rollout.members[0], left_at=None).count() == 1


def _third(rollout: Rollout) -> Wave:
    return Wave.objects.create(
        campaign=rollout.campaign, week=2, starts_at=OPENING + timedelta(days=14), published_at=NOW
    )


def test_closed_by_two_at_once_a_wave_is_caught_up_once(rollout: Rollout) -> None:
    pk = rollout.opened().pk
    at = OPENING + timedelta(days=1)

    def close() -> bool:
        return catching_up.close(wave=Wave.objects.select_related("campaign").get(pk=pk), now=at)

    assert sorted(together(close, close)) == [False, True]  # type: ignore[type-var]
    assert Wave.objects.filter(is_catch_up=True).count() == 1
    assert Place.objects.filter(left_at=None).count() == 2


def test_taken_back_while_it_opens_a_wave_does_one_of_the_two(rollout: Rollout) -> None:
    wave = rollout.publish()
    work(NOW)

    def withdraw() -> object:
        return waves.withdraw(actor=rollout.technician, wave=wave, now=OPENING)

    answers = together(withdraw, lambda: waves.start_due(now=OPENING))
    assert refusals(answers) in ([], ["wave_opened"])
    opened = Wave.objects.filter(state="running").exists()
    assert opened == (refusals(answers) == ["wave_opened"])
    assert Place.objects.exists() == opened


def test_without_the_guard_a_date_is_declined_while_the_wave_opens(rollout: Rollout) -> None:
    """What a page would do that looks, then writes: the wave opens in between, and the agent is let in all the same."""
    wave = rollout.publish()
    pk, has_looked, has_opened = rollout.place(0).pk, threading.Event(), threading.Event()

    def look_then_leave() -> None:
        assert Wave.objects.get(pk=wave.pk).state == "published"
        has_looked.set()
        assert has_opened.wait(timeout=20)
        Place.objects.filter(pk=pk).update(left_at=OPENING, declined_at=OPENING)

    def open_it() -> None:
        assert has_looked.wait(timeout=20)
        waves.start_due(now=OPENING)
        opening.open_due(now=OPENING)
        has_opened.set()

    together(look_then_leave, open_it)
    place = Place.objects.get(pk=pk)
    assert place.declined_at is not None
    assert place.opened_at is not None


def test_declined_while_the_wave_opens_one_of_the_two_holds(rollout: Rollout) -> None:
    rollout.publish()
    work(NOW)
    place = rollout.place(0)
    agent = place.member.agent.user
    assert agent is not None

    def decline() -> object:
        mine = Place.objects.select_related("wave__campaign", "member__agent").get(pk=place.pk)
        return declining.decline(actor=agent, place=mine, now=OPENING)

    def open_it() -> int:
        waves.start_due(now=OPENING)
        return opening.open_due(now=OPENING)

    answers = together(decline, open_it)
    assert refusals(answers) in ([], ["too_late"])
    refused = refusals(answers) == ["too_late"]
    place.refresh_from_db()
    assert (place.opened_at is not None) == refused
    assert (place.declined_at is None) == refused
    assert Place.objects.filter(member=place.member, left_at=None).count() == 1


def test_declined_twice_at_once_they_have_one_other_date(rollout: Rollout) -> None:
    rollout.publish()
    pk = rollout.place(0).pk
    agent = rollout.members[0].agent.user
    assert agent is not None

    def decline() -> object:
        mine = Place.objects.select_related("wave__campaign", "member__agent").get(pk=pk)
        return declining.decline(actor=agent, place=mine, now=NOW)

    assert refusals(together(decline, decline)) == ["place_moved"]
    assert Place.objects.filter(member=rollout.members[0]).count() == 2
    assert len(Member.objects.get(pk=rollout.members[0].pk).away) == 1


def test_two_dates_declined_into_one_catch_up_at_once(rollout: Rollout) -> None:
    rollout.publish()

    def decline(number: int) -> object:
        place, agent = rollout.place(number), rollout.members[number].agent.user
        assert agent is not None
        return declining.decline(actor=agent, place=place, now=NOW)

    assert refusals(together(lambda: decline(0), lambda: decline(1))) == []
    assert Wave.objects.get(is_catch_up=True).places.filter(left_at=None).count() == 2
