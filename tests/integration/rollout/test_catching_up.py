"""A wave that is over closes by itself; those it has left behind go on by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.directory.models import Agent
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import convocations
from parvis.portal.rollout.models import Campaign, Member, Place, Wave
from parvis.portal.rollout.services import catching_up, placing, waves
from parvis.portal.telework.models import Request
from tests.integration.rollout.waving import (
    FRIDAY_EVENING,
    OPENING,
    Rollout,
    finish,
    make_rollout,
    make_stock,
    work,
)

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout((0, 0, 0, 1))


def catch_up(week: int = 1) -> Wave:
    return Wave.objects.get(is_catch_up=True, week=week)


def test_on_friday_evening_those_left_behind_go_into_the_catch_up(rollout: Rollout, mailoutbox: list[object]) -> None:
    wave = rollout.opened()
    finish(rollout.enrolment(0), OPENING)
    work(FRIDAY_EVENING - timedelta(minutes=1))
    assert not Wave.objects.filter(is_catch_up=True).exists()
    work(FRIDAY_EVENING)
    wave.refresh_from_db()
    assert (wave.state, wave.closed_at) == ("closed", FRIDAY_EVENING)
    new = catch_up()
    assert (new.starts_at, new.state) == (OPENING + WEEK, "published")
    assert sorted(new.places.values_list("member", flat=True)) == [each.pk for each in rollout.members[1:3]]
    assert wave.places.filter(left_at=None).get().member == rollout.members[0]
    place = rollout.place(1)
    assert (place.opened_at, place.told_at) == (OPENING, FRIDAY_EVENING)  # open already, told anew
    assert convocations.convoke(place.pk, now=FRIDAY_EVENING)
    assert "une nouvelle date" in mailoutbox[0].subject  # type: ignore[attr-defined]
    work(FRIDAY_EVENING + timedelta(hours=1))
    assert Wave.objects.filter(is_catch_up=True).count() == 1


def test_everybody_finished_and_there_is_no_catch_up(rollout: Rollout) -> None:
    rollout.opened()
    for number in range(3):
        finish(rollout.enrolment(number), OPENING)
    work(FRIDAY_EVENING)
    assert not Wave.objects.filter(is_catch_up=True).exists()


def test_who_is_away_that_week_goes_into_the_next(rollout: Rollout) -> None:
    Member.objects.filter(pk=rollout.members[0].pk).update(away=["2026-12-07"])
    rollout.opened()
    work(FRIDAY_EVENING)
    assert catch_up(2).places.get().member == rollout.members[0]
    assert catch_up(1).places.count() == 2


def test_who_has_gone_or_is_left_out_since_goes_nowhere(rollout: Rollout) -> None:
    rollout.opened()
    Agent.objects.filter(pk=rollout.members[0].agent_id).update(is_active=False)
    Member.objects.filter(pk=rollout.members[1].pk).update(left_out="Autre équipement")
    work(FRIDAY_EVENING)
    assert catch_up().places.get().member == rollout.members[2]


def test_two_waves_share_the_catch_up_of_a_week_and_it_catches_up_in_turn(rollout: Rollout) -> None:
    rollout.opened()
    work(FRIDAY_EVENING)
    second = rollout.opened(1)
    work(FRIDAY_EVENING + WEEK)  # the second wave and the first catch-up end that evening
    assert Wave.objects.get(pk=second.pk).state == "closed"
    assert catch_up(2).places.filter(left_at=None).count() == 4
    # After the second catch-up somebody calls: one more mail changes nothing.
    work(OPENING + 2 * WEEK)
    work(FRIDAY_EVENING + 2 * WEEK)
    assert catch_up(3).places.get().member == rollout.members[3]
    assert catch_up(2).places.filter(left_at=None).count() == 3


def test_a_stopped_wave_and_a_halted_campaign_catch_nobody_up(rollout: Rollout) -> None:
    wave = rollout.opened()
    Campaign.objects.update(state="paused")
    work(FRIDAY_EVENING)
    Campaign.objects.update(state="running")
    waves.stop(actor=rollout.technician, wave=wave, now=OPENING)
    work(FRIDAY_EVENING)
    assert not Wave.objects.filter(is_catch_up=True).exists()
    # What somebody has stopped is theirs to close.
    wave.refresh_from_db()
    catching_up.close_now(actor=rollout.technician, wave=wave, now=FRIDAY_EVENING)
    assert catch_up().places.count() == 3
    with pytest.raises(Conflict):
        catching_up.close_now(actor=rollout.technician, wave=wave, now=FRIDAY_EVENING)


def test_a_wave_is_closed_by_hand_before_friday(rollout: Rollout) -> None:
    wave = rollout.opened()
    catching_up.close_now(actor=rollout.technician, wave=wave, now=OPENING + timedelta(days=1))
    assert catch_up().places.count() == 3


def test_closed_weeks_late_it_still_goes_forward(rollout: Rollout) -> None:
    wave = rollout.opened()
    catching_up.close(wave=wave, now=OPENING + 3 * WEEK)
    assert catch_up(4).starts_at == OPENING + 4 * WEEK


def test_what_is_lent_goes_along_and_who_was_moved_by_hand_stays_there(rollout: Rollout) -> None:
    make_stock(rollout.root, "laptop")
    Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
    rollout.opened()
    second = rollout.publish(1, now=OPENING)
    placing.move(actor=rollout.technician, place=rollout.place(1), to=second, now=OPENING)
    work(FRIDAY_EVENING)
    assert rollout.place(0).laptop_loan is not None
    assert rollout.place(0).wave.is_catch_up
    assert rollout.place(1).wave == second
    assert Place.objects.filter(left_at=None).count() == 4


def test_suspended_telework_is_not_caught_up(rollout: Rollout) -> None:
    rollout.opened()
    Request.objects.filter(agent=rollout.members[0].agent).update(state="suspended")
    work(FRIDAY_EVENING)
    assert catch_up().places.count() == 2
