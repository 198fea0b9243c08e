"""Telephone rooms: the number and the PIN of the booked room are all there is."""

from __future__ import annotations

from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.errors import Refused
from parvis.portal.conferencing.models import Provider
from parvis.portal.kernel import ical


class Phone:
    """No network: nothing can fail but a room without number."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """The booked room's number and PIN."""
        if not wanted.phone_number:
            raise Refused("incomplete", "the booked room has no number")
        return Opened(phone_number=wanted.phone_number, pin=wanted.pin)

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """The same, of the room booked now."""
        return self.open(wanted)

    def close(self, external_id: str) -> None:
        """Nothing to do."""

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """Dials by itself on a telephone."""
        return ical.dial(opened.phone_number, opened.pin)

    def check(self) -> None:
        """At least one room in service has a number."""
        pool = self.provider.pool
        if pool is None or not pool.resources.filter(is_active=True).exclude(phone_number="").exists():
            raise Refused("incomplete", "no room in service with a number")
