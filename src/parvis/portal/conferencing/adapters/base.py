"""The small interface all tools are behind.

The caller's duties: no open transaction around a call (it goes over the network), and every call may be made again
with the same `Wanted.uid`: nothing is then made twice, where the provider gives the means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A meeting, as far as a provider must know it. No agenda, no list of guests."""

    uid: str
    """Of the calendar: the same for life, unknown to outsiders."""
    title: str
    starts_at: datetime
    ends_at: datetime
    people: int = 2
    organiser_name: str = ""
    organiser_email: str = ""
    host_ref: str = ""
    """The booked host account (`Resource.account_ref`)."""
    phone_number: str = ""
    pin: str = ""
    """Of the booked telephone room; or a PIN to keep when something is changed."""
    entity_id: int = 0
    mode: str = "meeting"
    """`meeting` or `sitting`."""
    lobby: bool = True

    @property
    def minutes(self) -> int:
        """How long it lasts, at least one."""
        return max(1, round((self.ends_at - self.starts_at).total_seconds() / 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the provider gave for one meeting. What is empty does not exist, or is made at the last moment."""

    external_id: str = ""
    join_url: str = ""
    phone_number: str = ""
    pin: str = ""
    host_url: str = ""
    """A secret of the host's, never kept: ask `Adapter.link_for` again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who joins."""

    name: str
    email: str = ""
    is_host: bool = False
    ref: str = ""
    """Tells two people of the same name apart; means nothing to the provider."""


class Adapter(Protocol):
    """One kind of tool.

    Every method raises `kernel.errors.Unavailable` (no answer, or a broken one: try again or take another tool),
    `Invalid` (it said no, and will again) or, for `change` and `link_for`, `NotFound` (it does not know the meeting).
    """

    def open(self, wanted: Wanted) -> Opened:
        """Make the meeting, or find it again."""

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """Tell the provider the new title and time."""

    def close(self, external_id: str) -> None:
        """Give it up; one that is gone already is fine."""

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The address by which this person joins now; may be a secret of theirs: not to be kept or logged."""

    def check(self) -> None:
        """Whether it answers and knows us. Changes nothing there."""
