"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlanned(Event):
    """A meeting exists: its guests are to be told when what they join with is known."""

    meeting_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlanned(Event):
    """All meetings of a series exist: `MeetingPlanned` was published for each before."""

    series_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingChanged(Event):
    """Something that concerns the guests changed: time, title, agenda, place, who comes. `sequence` is one more."""

    meeting_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCancelled(Event):
    """It will not take place."""

    meeting_id: int
    actor_id: int | None
    reason: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOpened(Event):
    """What to join with is known: an address, a number and its PIN."""

    meeting_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChanged(Event):
    """The tool failed, or was changed: another takes over. `old` is the name of the one before."""

    meeting_id: int
    old: str
    failed: bool
    """True: it did not answer; False: somebody chose another."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestsChanged(Event):
    """People were invited or removed; nothing else changed: only they are to be told."""

    meeting_id: int
    added: tuple[int, ...]
    removed: tuple[int, ...]
    """Ids of guests."""
    at: datetime
