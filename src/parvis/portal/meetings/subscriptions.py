"""What this room does when a lower room publishes an event."""

from __future__ import annotations

from parvis.portal.booking import events as booking_events
from parvis.portal.booking.rules import GIVEN_BACK
from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.live_rooms.events import SeatJoined
from parvis.portal.live_rooms.models import Seat
from parvis.portal.meetings import rules, tasks_opening
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import following, joining, planning


def place_assigned(event: booking_events.BookingAssigned) -> None:
    """Which number or account it is, is known: the meeting is opened with it, also where it was another before."""
    meeting = Meeting.objects.filter(booking_id=event.booking_id, state__in=rules.ALIVE).first()
    if meeting is None:
        return
    if meeting.is_opened:
        Meeting.objects.filter(pk=meeting.pk).update(is_opened=False, state=Meeting.State.PREPARING)
    tasks_opening.open_meeting.enqueue(meeting.pk)


def place_found(event: booking_events.BookingPlaced) -> None:
    """Its turn has come on the waiting list."""
    waiting = Meeting.objects.filter(booking_id=event.booking_id, state=Meeting.State.WAITING)
    if waiting.update(state=Meeting.State.PREPARING, is_opened=False):
        tasks_opening.open_meeting.enqueue(waiting.model.objects.get(booking_id=event.booking_id).pk)


def place_lost(event: booking_events.BookingCancelled) -> None:
    """The place was given up elsewhere (a crisis, a page of bookings): the meeting keeps its hour, another tool comes.

    Nothing to do where the meeting itself gave it back.
    """
    if event.reason == GIVEN_BACK:
        return
    meeting = Meeting.objects.filter(booking_id=event.booking_id, state__in=rules.ALIVE).first()
    if meeting is None:
        return
    Meeting.objects.filter(pk=meeting.pk).update(is_opened=False, state=Meeting.State.PREPARING)
    tasks_opening.replace_place.enqueue(meeting.pk)


def place_moved(event: booking_events.BookingMoved) -> None:
    """The place was moved elsewhere, with its holder's consent: the meeting goes with it."""
    found = Meeting.objects.filter(booking_id=event.booking_id, state__in=rules.ALIVE)
    meeting = found.select_related("organiser__entity", "provider__pool", "booking", "room_booking").first()
    if meeting is None or meeting.booking is None:
        return
    if (meeting.starts_at, meeting.ends_at) != (meeting.booking.starts_at, meeting.booking.ends_at):
        following.follow_place(meeting=meeting, place=meeting.booking, now=event.at)
    if event.resource_changed and meeting.is_opened:
        Meeting.objects.filter(pk=meeting.pk).update(is_opened=False, state=Meeting.State.PREPARING)
        tasks_opening.open_meeting.enqueue(meeting.pk)


def place_unseated(event: booking_events.BookingUnseated) -> None:
    """Its number or account is out of service and no other is free: another tool, or wait for a place."""
    found = Meeting.objects.filter(booking_id=event.booking_id, state__in=rules.ALIVE)
    for pk in found.values_list("pk", flat=True):
        Meeting.objects.filter(pk=pk).update(is_opened=False, state=Meeting.State.WAITING)
        tasks_opening.replace_place.enqueue(pk)


def room_changed(event: booking_events.BookingPlaced | booking_events.BookingUnseated) -> None:
    """Its physical room went out of service and none is free for now, or one came free: its guests hear of it."""
    meeting = _in_room(event.booking_id)
    if meeting is not None:
        following.tell_of_room(meeting=meeting, now=event.at)


def room_moved(event: booking_events.BookingMoved) -> None:
    """Its physical room was moved to another hour, and the meeting goes with it; or it is another room."""
    meeting = _in_room(event.booking_id)
    if meeting is None or meeting.room_booking is None:
        return
    if (meeting.starts_at, meeting.ends_at) != (event.starts_at, event.ends_at):
        following.follow_place(meeting=meeting, place=meeting.room_booking, now=event.at)
    elif event.resource_changed:
        following.tell_of_room(meeting=meeting, now=event.at)


def room_lost(event: booking_events.BookingCancelled) -> None:
    """Its physical room was given up elsewhere (a crisis, a page of bookings): it goes on without one.

    Nothing to do where the meeting itself gave it back.
    """
    meeting = _in_room(event.booking_id) if event.reason != GIVEN_BACK else None
    if meeting is not None:
        Meeting.objects.filter(pk=meeting.pk).update(room_booking=None)
        following.tell_of_room(meeting=meeting, now=event.at)


def _in_room(booking_id: int) -> Meeting | None:
    found = Meeting.objects.filter(room_booking_id=booking_id, state__in=rules.ALIVE)
    return found.select_related("organiser__entity", "provider__pool", "booking", "room_booking").first()


def seat_joined(event: SeatJoined) -> None:
    """The first person in the room is the check-in; an agent there has met with this tool."""
    seat = Seat.objects.select_related("user__agent").filter(pk=event.seat_id).first()
    meeting = (
        Meeting.objects.filter(live_room_id=event.room_id).select_related("provider", "booking", "room_booking").first()
    )
    if seat is None or meeting is None:
        return
    agent = getattr(seat.user, "agent", None) if seat.user is not None else None
    joining.note(meeting=meeting, guest=None, agent=agent, now=event.at)


def organiser_left(event: AgentDeactivated) -> None:
    """Who left organises nothing any more: their meetings to come are cancelled, and those invited are told."""
    now = clock.now()
    coming = Meeting.objects.filter(organiser_id=event.agent_id, state__in=rules.ALIVE, starts_at__gt=now)
    for meeting in coming.select_related("organiser", "booking", "room_booking"):
        try:
            planning.cancel(actor=None, meeting=meeting, now=now)
        except Conflict:
            continue
