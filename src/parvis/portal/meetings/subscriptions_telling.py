"""What guests are told when something happens: each event leaves a task, and a SEQUENCE that has grown."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef

from parvis.portal.meetings import letter_tasks
from parvis.portal.meetings.events import (
    GuestsChanged,
    MeetingCancelled,
    MeetingChanged,
    MeetingOpened,
    MeetingPlanned,
    ToolChanged,
)
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.tell_rules import NOTHING


def planned(event: MeetingPlanned) -> None:
    """Guests hear of it when it is ready: at once, or once what they join with is known."""
    letter_tasks.tell.enqueue(event.meeting_id)


def changed(event: MeetingChanged) -> None:
    """What was told is told anew."""
    _news(event.meeting_id, event.at)


def opened(event: MeetingOpened) -> None:
    """Who was told the time only hears how to join."""
    _news(event.meeting_id, event.at)


def tool_changed(event: ToolChanged) -> None:
    """The link and the number they have are no good any more."""
    _news(event.meeting_id, event.at)


def cancelled(event: MeetingCancelled) -> None:
    """Everybody who was told hears that it is off, and why."""
    Meeting.objects.filter(pk=event.meeting_id).update(cancel_reason=event.reason[:300])
    _news(event.meeting_id, event.at)


def guests_changed(event: GuestsChanged) -> None:
    """Who comes and who no longer does are told; the others are not troubled.

    A calendar takes a cancellation, or an invitation after one, only with a greater SEQUENCE.
    """
    known = Guest.objects.filter(pk__in=(*event.added, *event.removed), told_times__gt=0)
    if known.exists():
        Meeting.objects.filter(pk=event.meeting_id).update(sequence=F("sequence") + 1)
    letter_tasks.tell.enqueue(event.meeting_id)


def _news(meeting_id: int, at: datetime) -> None:
    """One more SEQUENCE where somebody has the present one, unless the publisher has counted already."""
    known = Guest.objects.filter(meeting=OuterRef("pk"), told_sequence=OuterRef("sequence")).exclude(
        told_sequence=NOTHING
    )
    rows = Meeting.objects.filter(pk=meeting_id)
    rows.filter(Exists(known)).update(sequence=F("sequence") + 1)
    rows.update(changed_at=at)
    letter_tasks.tell.enqueue(meeting_id)
