"""The time, read in one place so that tests can set it.

Views, tasks and commands read the clock; services take `now` from them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today(instant: datetime | None = None) -> date:
    """The day in Paris at `instant` (now if not given)."""
    return (instant or now()).astimezone(PARIS).date()
