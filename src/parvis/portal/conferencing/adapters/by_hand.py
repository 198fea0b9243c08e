"""Tools without an interface: the organiser books on their own page, and copies the address."""

from __future__ import annotations

from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.errors import Refused
from parvis.portal.conferencing.models import Provider


class ByHand:
    """No network."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """Nothing yet: see `Provider.booking_url`."""
        return Opened()

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """Nothing: the organiser changes it over there."""
        return Opened()

    def close(self, external_id: str) -> None:
        """Nothing: the organiser cancels it over there."""

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """What the organiser copied.

        Raises:
            Refused: nothing copied yet (`by_hand`).
        """
        if not opened.join_url:
            raise Refused("by_hand")
        return opened.join_url

    def check(self) -> None:
        """Nothing can be asked of it: whether people can book is known by its page's address being there."""
        if not self.provider.booking_url:
            raise Refused("incomplete", "no booking page")
