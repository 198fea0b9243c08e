"""Pure rules: the life of a movement, what makes a bulk of arrivals, dates by default."""

from __future__ import annotations

from datetime import date, timedelta

PLANNED, OPEN, DONE, CANCELLED = "planned", "open", "done", "cancelled"

MOVES: dict[str, frozenset[str]] = {
    PLANNED: frozenset({OPEN, CANCELLED}),
    OPEN: frozenset({DONE, CANCELLED}),
    DONE: frozenset({OPEN}),
    CANCELLED: frozenset(),
}
"""The whole life of a movement: from each state, where it may go. A done one opens again when a step is taken back."""

LIVE = (PLANNED, OPEN)
"""States in which there is something to do."""

PLANNED_AHEAD = timedelta(days=30)
"""How long before the day a known arrival or departure is prepared."""

KEPT_AFTER_MOVE = timedelta(days=30)
"""A mover's roles and rights of before end this long after the move, unless somebody decides otherwise."""

LONGEST_KEPT = timedelta(days=366)
"""The farthest end of what a person decides to keep: then it is asked again."""

LEAVER_RIGHTS_END = timedelta(days=7)
"""What a leaver still has on paper (it opens nothing any more) is taken away this long after the departure."""

BULK_ARRIVALS = 50
"""More arrivals than this from sources, in one authority within `BULK_WINDOW`, are a load, not hirings."""

BULK_WINDOW = timedelta(hours=1)

REORGANISATION = 10
"""From so many moves between the same two departments within `BULK_WINDOW`, only who holds something gets a page."""

OLD_ARRIVAL = timedelta(days=60)
"""Who started longer ago than this has not just arrived: their record has."""

REMIND_EVERY = timedelta(days=7)
"""A late step is told again to its owner this often."""


def can_go(before: str, after: str) -> bool:
    """Whether a movement may go from one state to the other."""
    return after in MOVES.get(before, frozenset())


def is_bulk(arrivals: int, known_before: int) -> bool:
    """Whether this many arrivals from sources are a first import rather than hirings.

    More than `BULK_ARRIVALS`, or more than the authority had agents before: the first import of a small structure
    is a first import too.
    """
    return arrivals > BULK_ARRIVALS or arrivals > known_before


def progress(done: int, total: int) -> int:
    """Percent of the steps that are behind us; nothing to do is all done."""
    return 100 if total <= 0 else max(0, min(100, done * 100 // total))


def is_late(due: date | None, today: date, *, finished: bool) -> bool:
    """Whether a step's day is past and it is not done."""
    return due is not None and not finished and due < today


def due_date(effective: date, offset: int) -> date:
    """The day of a step, `offset` days after (before, if negative) the movement's."""
    return effective + timedelta(days=max(-366, min(366, offset)))


def reminder_due(due: date | None, reminded: date | None, today: date) -> bool:
    """Whether the owner of a late step is to be reminded today."""
    if due is None or due >= today:
        return False
    return reminded is None or today - reminded >= REMIND_EVERY


def kept_until_is_valid(until: date, today: date) -> bool:
    """Something kept has an end: from today on, within `LONGEST_KEPT`."""
    return today <= until <= today + LONGEST_KEPT
