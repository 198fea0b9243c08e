"""Pure rules of waves: their hours, when somebody is reminded, when those left behind are caught up with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
OPENS_AT = time(8, 0)
"""When a wave opens if nobody says otherwise."""
CLOSES_AT = time(18, 0)
WEEK = timedelta(days=7)

RETRY = timedelta(hours=1)
"""How long after a failure what a wave could not open, or lend, is tried again."""

TOLD_LONG_AGO = timedelta(days=2)
"""Who was invited later than that before the opening is not reminded on its eve."""
MOST_CATCH_UPS = 2
"""Who has missed that many catch-up waves is called by somebody: one more mail changes nothing."""


class Standing(StrEnum):
    """How far somebody is in a wave, as the board counts them."""

    TOLD = "told"
    """Invited, or about to be; the wave has not opened for them."""
    FAILED = "failed"
    """The wave has opened, not for them: something of the IT team's is missing."""
    INVITED = "invited"
    """Open; they have not begun."""
    UNDER_WAY = "under_way"
    BLOCKED = "blocked"
    ENROLLED = "enrolled"
    WORKING = "working"


FINISHED = frozenset({Standing.ENROLLED, Standing.WORKING})
REMINDED = frozenset({Standing.INVITED, Standing.UNDER_WAY, Standing.BLOCKED})
"""Who is reminded: it is open to them and not finished."""


def monday_of(first: date, week: int) -> date:
    """The Monday of a campaign's week, the first being 0."""
    return first + week * WEEK


def end_of(starts_at: datetime, zone: tzinfo) -> datetime:
    """When a wave is over: Friday evening of its week; a wave begun after that, the evening of the day after."""
    local = starts_at.astimezone(zone)
    friday = local.date() + timedelta(days=FRIDAY - local.weekday())
    end = datetime.combine(friday, CLOSES_AT, zone)
    if end <= local:
        end = datetime.combine(local.date() + timedelta(days=1), CLOSES_AT, zone)
    return end


def same_time_later(starts_at: datetime, weeks: int, zone: tzinfo) -> datetime:
    """The same weekday and hour of the clock, weeks later: a change of the clock between changes nothing."""
    local = starts_at.astimezone(zone)
    return datetime.combine(local.date() + weeks * WEEK, local.time(), zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """The week of a catch-up, and when it opens."""

    week: int
    starts_at: datetime


def catch_up_of(
    *,
    week: int,
    starts_at: datetime,
    first: date,
    now: datetime,
    away: Collection[str],
    taken: Collection[int],
    zone: tzinfo,
    most_weeks: int = 52,
) -> CatchUp | None:
    """Where somebody whom a wave left behind goes: the same hour, the first week still to come that suits them.

    `away`: Mondays on which they cannot, ISO dates; `taken`: weeks whose catch-up is over. None: no week is left.
    """
    for later in range(1, most_weeks):
        at = same_time_later(starts_at, later, zone)
        monday = monday_of(first, week + later).isoformat()
        if at > now and monday not in away and week + later not in taken:
            return CatchUp(week=week + later, starts_at=at)
    return None


def eve_from(now: datetime, zone: tzinfo) -> datetime:
    """Waves that open before this instant are spoken of again now: tomorrow's, and on a Friday Monday's too."""
    local = now.astimezone(zone)
    days = 2 + (SUNDAY - local.weekday() if local.weekday() >= FRIDAY else 0)
    return datetime.combine(local.date() + timedelta(days=days), time(0, 0), zone)


def is_telling_time(now: datetime, zone: tzinfo) -> bool:
    """Monday to Friday, from 7 to 19."""
    local = now.astimezone(zone)
    return local.weekday() < SATURDAY and 7 <= local.hour < 19


def wrong_start(starts_at: datetime, *, monday: date, now: datetime, zone: tzinfo) -> str:
    """Why a wave cannot open then (a key for words); empty: it can."""
    day = starts_at.astimezone(zone).date()
    if starts_at < now - timedelta(minutes=1):
        return "past"
    return "" if monday <= day < monday + WEEK else "other_week"


def may_be_lent_from(starts_at: datetime, now: datetime, zone: tzinfo) -> date:
    """The first day of a loan for a wave: the wave's, or today if it has begun."""
    return max(starts_at.astimezone(zone).date(), now.astimezone(zone).date())
