"""What becomes of a meeting when one of its places changes elsewhere: by consent, by a crisis, by a broken room."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from parvis.portal.booking.models import Booking
from parvis.portal.booking.services import placing
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.meetings import tasks_opening
from parvis.portal.meetings.events import MeetingChanged
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import planning


@transaction.atomic
def follow_place(*, meeting: Meeting, place: Booking, now: datetime) -> None:
    """One of its two places was moved, with consent: the meeting goes with it, and the other place if it can.

    A room that is not free then is given back; a tool that is not is replaced by another.
    """
    row = Meeting.objects.filter(pk=meeting.pk)
    # First, so that who hears of the other place finds that the meeting has moved already.
    row.update(starts_at=place.starts_at, ends_at=place.ends_at, sequence=F("sequence") + 1)
    row.exclude(external_id="").update(is_current=False)
    room, tool = meeting.room_booking, meeting.booking
    if room is not None and room.pk != place.pk and not _moved(room, place, now):
        row.update(room_booking=None)
        planning.give_back(room, now)
    if tool is not None and tool.pk != place.pk and not _moved(tool, place, now):
        row.update(is_opened=False, state=Meeting.State.PREPARING)
        planning.give_back(tool, now)
        tasks_opening.replace_place.enqueue(meeting.pk)
    meeting.refresh_from_db()
    audit.record(actor=None, action="meetings.meeting_changed", target=meeting, now=now, data={"seq": meeting.sequence})
    events.publish(MeetingChanged(meeting_id=meeting.pk, actor_id=None, at=now))
    tasks_opening.open_meeting.enqueue(meeting.pk)


def _moved(other: Booking, place: Booking, now: datetime) -> bool:
    try:
        with transaction.atomic():
            placing.move(actor=None, booking=other, starts_at=place.starts_at, ends_at=place.ends_at, now=now)
    except (Conflict, Invalid):
        return False
    return True


@transaction.atomic
def tell_of_room(*, meeting: Meeting, now: datetime) -> None:
    """Its physical room is another, or none for now, by no act of who runs it: its guests hear of it."""
    Meeting.objects.filter(pk=meeting.pk).update(sequence=F("sequence") + 1)
    events.publish(MeetingChanged(meeting_id=meeting.pk, actor_id=None, at=now))
