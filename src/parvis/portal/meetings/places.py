"""Which bookings are a meeting's: for the room of bookings, which tells the holders of the others."""

from __future__ import annotations

from parvis.portal.meetings.models import Meeting


def is_place(booking_id: int) -> bool:
    """Whether it is the place at a distance of a meeting: what happens to it, the meeting tells."""
    return Meeting.objects.filter(booking_id=booking_id).exists()


def is_room(booking_id: int) -> bool:
    """Whether it is the physical room of a meeting."""
    return Meeting.objects.filter(room_booking_id=booking_id).exists()
