"""Which bookings are a meeting's: for the room of bookings, which tells the holders of the others."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from parvis.portal.meetings.models import Meeting


def address_of(booking_id: int) -> str:
    """The page of the meeting whose place at a distance, or physical room, this is; empty: it is none's.

    What becomes of it, the meeting tells.
    """
    held = Meeting.objects.filter(Q(booking_id=booking_id) | Q(room_booking_id=booking_id))
    key = held.values_list("key", flat=True).first()
    return reverse("meetings:meeting", args=[key]) if key else ""
