"""Pure rules of telling: who must hear what, when a mail is tried again, when a reminder is due. No database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum

from dateutil.rrule import rrulestr

from parvis.portal.meetings.rules import CANCELLED, PARIS, PLANNED, PREPARING

NOTHING = -1
"""`told_sequence` of who knows nothing of the meeting, or was told that it is off."""
PATIENCE = timedelta(minutes=10)
"""How long guests wait for what they join with; past it they are told the time, and the rest later."""
CLAIM = timedelta(minutes=30)
"""How long a worker has one person's letter to itself."""
RETRIES = tuple(timedelta(minutes=each) for each in (2, 5, 15, 60, 180, 360))
SOON = timedelta(minutes=15)
EVE = timedelta(days=1)
EVE_UNTIL = timedelta(hours=1)
"""The reminder of the day before does not leave so close to the start."""
JUST_TOLD = timedelta(hours=12)
"""Who was told so lately needs no reminder of the day before."""
OUTSIDE_PER_MEETING = 100
OUTSIDE_PER_DAY = 300
"""Letters to people from outside, for one organiser in 24 hours: a meeting is no mail cannon."""
OUTSIDE_PER_GUEST = 30
"""Letters of one meeting to one person from outside."""


class Need(Enum):
    """What one guest must hear of one meeting."""

    INVITE = "invite"
    CANCEL = "cancel"


class Kind(Enum):
    """Which letter it is."""

    INVITATION = "invitation"
    NUMBER = "number"
    """What to join with, where it was to come."""
    TOOL = "tool"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    NOTHING = "nothing"
    """Nothing of what they know has changed."""


def need(*, state: str, ready_at: datetime, sequence: int, told: int, is_removed: bool, now: datetime) -> Need | None:
    """What a guest who was told `told` must hear. `ready_at`: when a meeting in preparation waits no longer."""
    if is_removed or state == CANCELLED:
        return Need.CANCEL if told != NOTHING else None
    ready = state == PLANNED or (state == PREPARING and ready_at <= now)
    return Need.INVITE if ready and told < sequence else None


def kind(before: Mapping[str, object], after: Mapping[str, object]) -> Kind:
    """Which letter says the way from what was told to what is true."""
    if not before:
        return Kind.INVITATION
    changed = differing(before, after)
    if not changed:
        return Kind.NOTHING
    if changed <= {"join", "link"} and not before.get("join") and not before.get("link"):
        return Kind.NUMBER
    return Kind.TOOL if changed <= {"join", "link", "tool"} and "tool" in changed else Kind.CHANGED


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Which facts changed."""
    return {name for name in after if before.get(name) != after[name]}


def try_again_at(failed_times: int, now: datetime) -> datetime:
    """When a letter is tried again after its `failed_times`th refusal in a row."""
    return now + RETRIES[min(failed_times, len(RETRIES)) - 1]


def is_eve(starts_at: datetime, told_at: datetime | None, now: datetime) -> bool:
    """Whether the reminder of the day before may leave."""
    if told_at is None or not starts_at - EVE <= now < starts_at - EVE_UNTIL:
        return False
    return told_at <= starts_at - EVE or now - told_at >= JUST_TOLD


def is_soon(starts_at: datetime, now: datetime) -> bool:
    """Whether the reminder just before may leave: never after the start."""
    return starts_at - SOON <= now < starts_at


def shortened(rule: str, starts: list[datetime]) -> tuple[str, list[datetime]] | None:
    """The rule that gives exactly these starts, with the dates to leave out; None: it does not give them all.

    Whoever is invited to some of a series gets those: its rule from their first to their last, less the others.
    """
    first, last = min(starts).astimezone(PARIS), max(starts).astimezone(PARIS)
    parts = [part for part in rule.removeprefix("RRULE:").split(";") if part.split("=")[0] not in ("COUNT", "UNTIL")]
    bare = ";".join(parts)
    try:
        rule_set = rrulestr(bare, dtstart=first.replace(tzinfo=None))
    except ValueError:
        return None
    days = rule_set.between(first.replace(tzinfo=None), last.replace(tzinfo=None), inc=True)
    given = [day.replace(tzinfo=PARIS) for day in days]
    wanted = {each.astimezone(UTC) for each in starts}
    if not wanted <= {each.astimezone(UTC) for each in given}:
        return None
    until = last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{bare};UNTIL={until}", [each for each in given if each.astimezone(UTC) not in wanted]
