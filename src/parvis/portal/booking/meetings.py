"""Which bookings are a meeting's: asked of the room of meetings, above this one, by what the wiring provides."""

from __future__ import annotations

from collections.abc import Callable

Address = Callable[[int], str]
"""From a booking's id to the path of the page of its meeting; empty: it is none's."""


def _none(booking_id: int) -> str:
    return ""


_address: Address = _none


def provide(address: Address) -> None:
    """Set who knows. Called by the wiring."""
    global _address
    _address = address


def address_of(booking_id: int) -> str:
    """The path of the page of the meeting it was made for; empty: none."""
    return _address(booking_id)
