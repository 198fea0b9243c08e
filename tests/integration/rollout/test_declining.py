"""« Je ne peux pas ce jour-là »: out of the wave, into the next week that suits, and back as long as it is ahead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.loans.models import Loan
from parvis.portal.rollout import convocations, wave_queries
from parvis.portal.rollout.models import Campaign, Member, Place, Wave
from parvis.portal.rollout.services import board, catching_up, declining, placing, waves
from parvis.portal.rollout.wave_rules import MOST_CATCH_UPS
from tests.integration.rollout.waving import (
    FRIDAY_EVENING,
    NOW,
    OPENING,
    Rollout,
    later,
    make_rollout,
    make_stock,
    work,
)

pytestmark = pytest.mark.django_db
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
FIRST, SECOND, THIRD = "2026-11-30", "2026-12-07", "2026-12-14"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout((0, 0, 1, 2))


def user(rollout: Rollout, number: int = 0) -> User:
    found = rollout.members[number].agent.user
    assert found is not None
    return found


def decline(rollout: Rollout, number: int = 0, **span: float) -> Place | None:
    return declining.decline(actor=user(rollout, number), place=rollout.place(number), now=later(**span))


def away(rollout: Rollout, number: int = 0) -> list[str]:
    return list(Member.objects.get(pk=rollout.members[number].pk).away)


def test_the_next_announced_wave_takes_them(rollout: Rollout, mailoutbox: list[object]) -> None:
    first, second = rollout.publish(), rollout.publish(1)
    work(NOW)
    new = decline(rollout, hours=1)
    assert new is not None
    assert (new.wave, new.left_at, new.told_at) == (second, None, None)
    assert away(rollout) == [FIRST]
    before = first.places.get(member=rollout.members[0])
    assert (before.left_at, before.declined_at) == (later(hours=1), later(hours=1))
    assert not Wave.objects.filter(is_catch_up=True).exists()
    record = AuditRecord.objects.get(action="rollout.member_declined")
    assert record.actor_id == user(rollout).pk
    assert record.data == {"wave": first.pk, "to": second.pk, "week": FIRST}
    work(later(hours=2))
    assert convocations.convoke(rollout.place(0).pk, now=later(hours=2))
    assert "lundi 7 décembre 2026" in mailoutbox[0].subject  # type: ignore[attr-defined]
    # The first wave opens without them, theirs with them.
    work(OPENING)
    assert not Place.objects.filter(member=rollout.members[0], opened_at__isnull=False).exists()
    work(OPENING + WEEK)
    assert rollout.place(0).opened_at == OPENING + WEEK


def test_where_none_is_announced_the_catch_up_does(rollout: Rollout) -> None:
    rollout.publish()
    new = decline(rollout)
    assert new is not None
    assert (new.wave.is_catch_up, new.wave.week, new.wave.starts_at) == (True, 1, OPENING + WEEK)
    again = decline(rollout)  # nor then
    assert again is not None
    assert (again.wave.is_catch_up, again.wave.week) == (True, 2)
    assert away(rollout) == [FIRST, SECOND]
    # What they could not come to is no catch-up missed.
    places = wave_queries.catch_ups_missed(Place.objects.filter(pk=again.pk))
    assert places.get().caught_up == 1


def test_weeks_that_are_impossible_are_passed_over(rollout: Rollout) -> None:
    rollout.publish()
    rollout.publish(1)
    Member.objects.filter(pk=rollout.members[0].pk).update(away=[SECOND])
    place = rollout.place(0)
    assert declining.next_date(place, NOW) == OPENING + 2 * WEEK
    new = decline(rollout)
    assert new is not None
    assert (new.wave.week, new.wave.is_catch_up, new.wave.starts_at) == (2, True, OPENING + 2 * WEEK)
    assert away(rollout) == [FIRST, SECOND]


def test_neither_a_stopped_nor_an_opened_wave_takes_them(rollout: Rollout) -> None:
    rollout.publish()
    second = rollout.publish(1)
    waves.stop(actor=rollout.technician, wave=second, now=NOW)
    begun = Wave.objects.create(
        campaign=rollout.campaign, week=1, is_catch_up=True, starts_at=OPENING + WEEK, published_at=NOW
    )
    waves.open_now(actor=rollout.technician, wave=begun, now=NOW)
    assert declining.next_date(rollout.place(0), NOW) == OPENING + 2 * WEEK
    new = decline(rollout)
    assert new is not None
    assert new.wave.week == 2


def test_no_week_is_left_and_nobody_waits_for_nothing(rollout: Rollout) -> None:
    make_stock(rollout.root, "laptop")
    Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
    rollout.publish()
    work(NOW)
    assert rollout.place(0).laptop_loan is not None
    weeks = [(OPENING.date() + n * WEEK).isoformat() for n in range(1, 60)]
    Member.objects.filter(pk=rollout.members[0].pk).update(away=weeks)
    assert declining.next_date(rollout.place(0), NOW) is None
    assert decline(rollout, hours=1) is None
    assert not Place.objects.filter(member=rollout.members[0], left_at=None).exists()
    assert Loan.objects.get().state == "cancelled"


def test_what_is_kept_for_them_goes_along(rollout: Rollout) -> None:
    make_stock(rollout.root, "laptop")
    Member.objects.filter(pk=rollout.members[0].pk).update(needs_laptop=True)
    rollout.publish()
    work(NOW)
    loan = rollout.place(0).laptop_loan
    new = decline(rollout, hours=1)
    assert new is not None
    assert new.laptop_loan == loan
    back = declining.come_back(actor=user(rollout), place=_declined(rollout), now=later(hours=2))
    assert back.laptop_loan == loan
    assert Loan.objects.get().state == "approved"


def test_only_the_agent_answers(rollout: Rollout) -> None:
    rollout.publish()
    for other in (user(rollout, 1), rollout.technician):
        with pytest.raises(NotAllowed):
            declining.decline(actor=other, place=rollout.place(0), now=NOW)
    decline(rollout)
    with pytest.raises(NotAllowed):
        declining.come_back(actor=rollout.technician, place=_declined(rollout), now=NOW)


@pytest.mark.parametrize("what", ["open", "stop", "pause"])
def test_too_late_once_it_has_opened_or_is_halted(rollout: Rollout, what: str) -> None:
    wave = rollout.publish()
    place = rollout.place(0)
    if what == "open":
        waves.open_now(actor=rollout.technician, wave=wave, now=NOW)
    elif what == "stop":
        waves.stop(actor=rollout.technician, wave=wave, now=NOW)
    else:
        Campaign.objects.update(state="paused")
    with pytest.raises(Conflict) as refused:
        declining.decline(actor=user(rollout), place=place, now=NOW)
    assert refused.value.code == "too_late"
    assert away(rollout) == []
    assert rollout.place(0) == place


def test_twice_is_once(rollout: Rollout) -> None:
    rollout.publish()
    place = rollout.place(0)
    decline(rollout)
    with pytest.raises(Conflict) as refused:
        declining.decline(actor=user(rollout), place=place, now=NOW)
    assert refused.value.code == "place_moved"
    assert Place.objects.filter(member=rollout.members[0]).count() == 2


def _declined(rollout: Rollout, number: int = 0) -> Place:
    places = Place.objects.filter(member=rollout.members[number], declined_at__isnull=False)
    return places.select_related("wave__campaign", "member__agent").get()


def test_after_all_they_can(rollout: Rollout) -> None:
    first = rollout.publish()
    work(NOW)
    decline(rollout, hours=1)
    work(later(hours=1))
    back = declining.come_back(actor=user(rollout), place=_declined(rollout), now=later(hours=2))
    assert (back.wave, back.left_at, back.declined_at, back.told_at) == (first, None, None, None)
    assert rollout.place(0) == back
    assert away(rollout) == []
    assert AuditRecord.objects.filter(action="rollout.member_came_back").count() == 1
    work(OPENING)
    assert rollout.place(0).opened_at == OPENING
    with pytest.raises(Conflict) as refused:
        declining.come_back(actor=user(rollout), place=back, now=later(hours=3))
    assert refused.value.code == "too_late"


def test_not_into_a_wave_that_has_opened_since_nor_out_of_one(rollout: Rollout) -> None:
    rollout.publish()
    decline(rollout)
    declined = _declined(rollout)
    third = rollout.publish(2)
    moved = placing.move(actor=rollout.technician, place=rollout.place(0), to=third, now=NOW)
    waves.open_now(actor=rollout.technician, wave=third, now=NOW)
    with pytest.raises(Conflict) as refused:
        declining.come_back(actor=user(rollout), place=declined, now=NOW)
    assert refused.value.code == "place_moved"
    assert rollout.place(0) == moved
    work(OPENING)
    with pytest.raises(Conflict) as refused:
        declining.come_back(actor=user(rollout), place=declined, now=OPENING)
    assert refused.value.code == "too_late"
    assert away(rollout) == [FIRST]


def test_the_board_counts_who_declined_apart_from_who_was_moved(rollout: Rollout) -> None:
    first = rollout.publish()
    second = rollout.publish(1)
    decline(rollout)
    placing.move(actor=rollout.technician, place=rollout.place(1), to=second, now=NOW)
    assert (board.of(first).declined, board.of(first).people) == (1, 0)
    assert board.of(second).declined == 0


def test_a_plan_looked_for_anew_keeps_away_from_that_week(rollout: Rollout) -> None:
    """The week is the member's, as if the IT team had written it: the catch-up of a wave that closes reads it too."""
    rollout.publish()
    rollout.publish(1)
    decline(rollout)
    decline(rollout)
    assert away(rollout) == [FIRST, SECOND]
    work(OPENING)
    work(FRIDAY_EVENING)
    assert rollout.place(0).wave.week == 2
    assert MOST_CATCH_UPS == 2
    assert not catching_up.left_behind(Wave.objects.get(week=0, is_catch_up=False)).filter(member=rollout.members[0])
