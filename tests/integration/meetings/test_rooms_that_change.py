"""A meeting's physical room is moved, replaced or lost by others: the meeting and its guests follow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from parvis.portal.booking.models import Booking, Resource
from parvis.portal.booking.services import check_in, outages, passing_time, placing, waiting
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.meetings import showing, suggesting
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import joining, planning
from tests.integration.authority import grant
from tests.integration.meetings.inviting import letters_to, work
from tests.integration.meetings.planning_world import HOUR, Town, fresh, settle, user_of, working_day

pytestmark = pytest.mark.django_db

COLLEAGUE, ORGANISER = "paul@rivemarine.example", "odile@rivemarine.example"


@pytest.fixture
def town() -> Town:
    return Town()


def told(meeting: Meeting) -> Meeting:
    """The worker has opened it and told everybody; what is sent from here on is news."""
    work()
    mail.outbox.clear()
    return fresh(meeting)


def room_of(meeting: Meeting) -> Booking:
    assert meeting.room_booking is not None
    return meeting.room_booking


def test_a_room_out_of_service_is_replaced_and_the_guests_are_told_which_is_theirs(town: Town) -> None:
    other = Resource.objects.create(pool=town.rooms, name="Salle Vauban", capacity=20)
    meeting = told(town.plan(town.parvis, town.colleague, room=town.room))
    Resource.objects.filter(pk=town.room.pk).update(is_active=False)
    assert outages.seat_elsewhere(resource=town.room, now=clock.now()) == (1, 0)
    work()
    after = fresh(meeting)
    assert room_of(after).resource == other
    assert after.sequence > meeting.sequence
    for address in (COLLEAGUE, ORGANISER):
        (letter,) = letters_to(address)
        assert "Salle\u202f: Salle Vauban (avant\u202f: Salle du conseil)" in letter.body


def test_a_room_without_another_is_waited_for_and_told_both_times(town: Town) -> None:
    meeting = told(town.plan(town.parvis, town.colleague, room=town.room))
    Resource.objects.filter(pk=town.room.pk).update(is_active=False)
    assert outages.seat_elsewhere(resource=town.room, now=clock.now()) == (0, 1)
    work()
    (letter,) = letters_to(COLLEAGUE)
    assert "Salle\u202f: aucune (avant\u202f: Salle du conseil)" in letter.body
    assert fresh(meeting).state == Meeting.State.PLANNED  # it goes on at a distance
    Resource.objects.filter(pk=town.room.pk).update(is_active=True)
    assert waiting.fill(pool=town.rooms, now=clock.now()) == 1
    work()
    assert "Salle\u202f: Salle du conseil" in letters_to(COLLEAGUE)[-1].body
    assert len(letters_to(COLLEAGUE)) == len(letters_to(ORGANISER)) == 2


def test_a_room_waited_for_is_not_given_up_by_changing_the_title(town: Town) -> None:
    meeting = told(town.plan(town.parvis, town.colleague, room=town.room))
    Resource.objects.filter(pk=town.room.pk).update(is_active=False)
    outages.seat_elsewhere(resource=town.room, now=clock.now())
    draft = town.draft(town.parvis, title="Autre objet")
    planning.change(actor=user_of(town.organiser), meeting=fresh(meeting), draft=draft, now=clock.now())
    assert room_of(fresh(meeting)).state == Booking.State.WAITING


def test_a_room_given_up_elsewhere_is_no_longer_the_meetings(town: Town) -> None:
    meeting = told(town.plan(town.parvis, town.colleague, room=town.room))
    grant(user_of(town.elsewhere), Role.TECHNICIAN, town.commune)
    placing.cancel(actor=user_of(town.elsewhere), booking=room_of(meeting), now=clock.now())
    work()
    assert fresh(meeting).room_booking is None
    for address in (COLLEAGUE, ORGANISER):
        (letter,) = letters_to(address)
        assert "Salle\u202f: aucune (avant\u202f: Salle du conseil)" in letter.body


def test_a_meeting_goes_with_its_room_and_takes_its_number_along(town: Town) -> None:
    meeting = told(town.plan(town.phone, town.colleague, room=town.room))
    later = meeting.starts_at + 2 * HOUR
    placing.move(actor=None, booking=room_of(meeting), starts_at=later, ends_at=later + HOUR, now=clock.now())
    work()
    after = fresh(meeting)
    assert (after.starts_at, after.ends_at) == (later, later + HOUR)
    assert after.booking is not None
    assert after.booking.starts_at == later
    assert after.is_opened
    (letter,) = letters_to(COLLEAGUE)
    assert "Horaire" in letter.body


def test_a_number_that_is_not_free_then_gives_way_to_another_tool(town: Town) -> None:
    later = working_day(15)
    for _ in range(2):
        town.plan(town.phone, starts_at=later)
    meeting = told(town.plan(town.phone, town.colleague, room=town.room))
    old = meeting.booking
    placing.move(actor=None, booking=room_of(meeting), starts_at=later, ends_at=later + HOUR, now=clock.now())
    work()
    after = fresh(meeting)
    assert after.starts_at == later
    assert after.provider == town.parvis
    assert after.is_opened
    assert old is not None
    old.refresh_from_db()
    assert old.state == Booking.State.CANCELLED
    assert "Outil\u202f: Salle Parvis (avant\u202f: Salle téléphonique)" in letters_to(COLLEAGUE)[-1].body


def test_a_room_that_is_not_free_then_is_given_back(town: Town) -> None:
    later = working_day(15)
    town.plan(None, room=town.room, starts_at=later)
    meeting = told(town.plan(town.phone, town.colleague, room=town.room))
    held = room_of(meeting)
    assert meeting.booking is not None
    placing.move(actor=None, booking=meeting.booking, starts_at=later, ends_at=later + HOUR, now=clock.now())
    work()
    held.refresh_from_db()
    assert held.state == Booking.State.CANCELLED
    assert fresh(meeting).room_booking is None
    (letter,) = letters_to(COLLEAGUE)
    assert "Salle\u202f: aucune (avant\u202f: Salle du conseil)" in letter.body


def test_what_a_meeting_gives_back_itself_is_no_booking_cancelled(town: Town) -> None:
    """Another tool, no room any more: the organiser hears of the meeting, not of bookings that end."""
    meeting = told(town.plan(town.phone, town.colleague, room=town.room))
    draft = town.draft(town.parvis)
    planning.change(actor=user_of(town.organiser), meeting=meeting, draft=draft, now=clock.now())
    work()
    subjects = [each.subject for each in mail.outbox]
    assert subjects
    assert not [each for each in subjects if "réservation" in each]
    assert len(letters_to(ORGANISER)) == 1


def test_nobody_came_is_said_to_the_organiser_and_the_number_is_no_longer_shown(town: Town) -> None:
    town.pool.check_in_minutes = 10
    town.pool.save()
    now = clock.now()
    meeting = told(town.plan(town.phone, town.colleague, starts_at=now + timedelta(minutes=1)))
    check_in.release_absent(now=now + timedelta(minutes=20))
    work()
    (letter,) = letters_to(ORGANISER)
    assert "signalé son arrivée" in letter.body
    assert letters_to(COLLEAGUE) == []
    ways = showing.ways(fresh(meeting))
    assert (ways.number, ways.pin, ways.dial) == ("", "", "")
    assert "rendue aux autres" in ways.later
    with pytest.raises(Conflict) as refused:
        joining.refuse_if_closed(fresh(meeting), now + timedelta(minutes=21))
    assert refused.value.code == "place_released"


def test_a_room_nobody_found_until_the_start_is_said(town: Town) -> None:
    meeting = told(town.plan(town.parvis, room=town.room))
    Resource.objects.filter(pk=town.room.pk).update(is_active=False)
    outages.seat_elsewhere(resource=town.room, now=clock.now())
    work()
    mail.outbox.clear()
    passing_time.finish(now=meeting.starts_at)
    work()
    assert "sans qu’une place se libère" in letters_to(ORGANISER)[0].body
    assert fresh(meeting).room_booking is None


def test_the_room_is_held_for_those_who_sit_there(town: Town) -> None:
    Resource.objects.create(pool=town.rooms, name="Petite salle", capacity=4)
    meeting = told(town.plan(town.parvis, room=town.room, on_site=15))
    assert room_of(meeting).people == 15
    Resource.objects.filter(pk=town.room.pk).update(is_active=False)
    # Four chairs are no other room for fifteen.
    assert outages.seat_elsewhere(resource=town.room, now=clock.now()) == (0, 1)


def test_a_room_is_proposed_only_where_it_can_be_booked(town: Town) -> None:
    """The pause between two bookings counts after the meeting too."""
    town.rooms.buffer_minutes = 15
    town.rooms.save()
    settle(town.plan(None, room=town.room, starts_at=working_day(11)))
    starts = working_day(10)
    assert suggesting.free_rooms(town.organiser, starts, starts + HOUR) == []
    assert suggesting.free_rooms(town.organiser, starts, starts + timedelta(minutes=45)) == [town.room]
