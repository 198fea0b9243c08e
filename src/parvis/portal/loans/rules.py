"""Pure rules: how a loan goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

LOAN_MOVES: Mapping[str, frozenset[str]] = {
    "requested": frozenset({"approved", "refused", "cancelled"}),
    "approved": frozenset({"prepared", "out", "cancelled"}),
    "prepared": frozenset({"approved", "out", "cancelled"}),
    "out": frozenset({"back", "closed"}),
    "back": frozenset({"closed"}),
    "closed": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}
"""From each state of a loan, the states it may go to. Out → closed: nothing has to be put back in order."""

ITEM_MOVES: Mapping[str, frozenset[str]] = {
    "reserved": frozenset({"out", "released"}),
    "out": frozenset({"back", "lost", "stolen"}),
    "back": frozenset(),
    "lost": frozenset({"back"}),
    "stolen": frozenset({"back"}),
    "released": frozenset(),
}
"""From each state of an item, the states it may go to. What was lost may be found."""

HOLDING = frozenset({"reserved", "out"})
"""The states in which an item keeps its asset from others, on its days; out, until it is back, whatever the day."""

BEFORE = timedelta(days=3)
"""How long before its last day a loan is first spoken of."""

WEEK = timedelta(days=7)


def reminder_due(*, ends_date: date, out_date: date, today: date) -> str:
    """The reminder this day wants: `before`, `today`, `late-0` (the day after), `late-1` (a week later)…; or none.

    Days without a sweep make no difference: what is due is said at the next one, and only the newest of it. Who has
    had the thing for less than `BEFORE` is not reminded before the end.
    """
    left = ends_date - today
    if left > BEFORE:
        return ""
    if left > timedelta(0):
        return "before" if out_date < ends_date - BEFORE else ""
    if not left:
        return "today" if out_date < today else ""
    return f"late-{(-left - timedelta(days=1)) // WEEK}"


def head_is_told(kind: str) -> bool:
    """Whether the agent's head hears of it too: from a week late on."""
    return kind.startswith("late-") and kind != "late-0"


MOST_AHEAD = 365
"""Days from today at most to the first day of a loan."""


def loan_sources_of(state: str) -> frozenset[str]:
    """The states a loan may come from to be in `state`."""
    return frozenset(source for source, moves in LOAN_MOVES.items() if state in moves)


def days_between(starts: date, ends: date) -> int:
    """How many days a loan lasts: both ends included."""
    return (ends - starts).days + 1


def wrong_with_days(
    starts: date, ends: date, *, today: date, max_days: int, notice_days: int
) -> tuple[str, str] | None:
    """Which field is wrong, and why (a key for words); None: the days may be asked for.

    `notice_days`: how many days the IT team needs before the first; 0 for the team itself.
    """
    if starts < today:
        return "starts_date", "past"
    if (starts - today).days < notice_days:
        return "starts_date", "too_soon"
    if (starts - today).days > MOST_AHEAD:
        return "starts_date", "too_far"
    if ends < starts:
        return "ends_date", "reversed"
    if days_between(starts, ends) > max_days:
        return "ends_date", "too_long"
    return None


def earliest(today: date, notice_days: int) -> date:
    """The first day that may be asked for."""
    return today + timedelta(days=notice_days)


def latest_end(starts: date, max_days: int) -> date:
    """The last day of the longest loan that begins on `starts`; the calendar's last where that is beyond it."""
    return starts + min(timedelta(days=max_days - 1), date.max - starts)
