"""When something that repeats happens: RFC 5545 rules by Paris's wall clock. Pure, bounded.

Nine o'clock stays nine o'clock when the clocks change. A time that a night in March skips is read as if the clocks had
not moved yet (2:30 becomes 3:30); of one that a night in October has twice, the first is meant (RFC 5545, 3.3.5).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from dateutil.rrule import rrule, rrulestr

from parvis.portal.booking.rules import MOST_OCCURRENCES

LONGEST_RULE = 200
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"})
_PARTS_OF_DAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "WKST"})
"""Day by day, a rule that matches none would be followed through eight thousand years: seconds, not instants."""


class BadRule(ValueError):
    """Not a rule that can be followed; `code` is a key for words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def occurrences(rule: str, first: datetime, *, until: datetime, zone: tzinfo) -> list[datetime]:
    """The starts from `first` on, which is always one of them, up to `until`; in UTC.

    Raises:
        BadRule: `unreadable`, or `too_many` (more than `MOST_OCCURRENCES` where the rule itself says when it ends).
    """
    wall = first.astimezone(zone).replace(tzinfo=None)
    last = until.astimezone(zone).replace(tzinfo=None)
    parsed, most, ends_itself = _parse(rule, wall, last, zone)
    found = [wall]
    for moment in parsed:
        if len(found) == most:
            if ends_itself and most == MOST_OCCURRENCES and moment != wall:
                raise BadRule("too_many")
            break
        if moment != wall:
            found.append(moment)
    return [moment.replace(tzinfo=zone).astimezone(UTC) for moment in found]


def _parse(rule: str, wall: datetime, last: datetime, zone: tzinfo) -> tuple[rrule, int, bool]:
    """What it makes, how many at most, and whether it says itself on which day it ends."""
    text = rule.strip().upper().removeprefix("RRULE:")
    parts = {name: value for name, _equals, value in (part.partition("=") for part in text.split(";"))}
    if len(text) > LONGEST_RULE or not parts.keys() <= _PARTS or ("COUNT" in parts and "UNTIL" in parts):
        raise BadRule("unreadable")
    if parts.get("FREQ") == "DAILY" and not parts.keys() <= _PARTS_OF_DAYS:
        raise BadRule("unreadable")
    if not all(re.fullmatch(r"0?[1-9]|1[0-2]", month) for month in parts.get("BYMONTH", "1").split(",")):
        raise BadRule("unreadable")
    _number(parts.get("INTERVAL", "1"))
    most = _number(parts.pop("COUNT", str(MOST_OCCURRENCES)))
    if most > MOST_OCCURRENCES:
        raise BadRule("too_many")
    ends_itself = "UNTIL" in parts
    end = min(last, _until(parts.pop("UNTIL"), zone)) if ends_itself else last
    try:
        parsed = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=wall)
        bounded = parsed.replace(until=end) if isinstance(parsed, rrule) else None
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError, IndexError) as error:
        raise BadRule("unreadable") from error
    if bounded is None or parts.get("FREQ") not in FREQUENCIES:
        raise BadRule("unreadable")
    return bounded, most, ends_itself


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise BadRule("unreadable")
    return int(text)


def _until(text: str, zone: tzinfo) -> datetime:
    """A day (its end), a wall clock, or an instant in UTC: as a wall clock."""
    if not re.fullmatch(r"\d{8}(T\d{6}Z?)?", text):
        raise BadRule("unreadable")
    try:
        if "T" not in text:
            return datetime.strptime(text, "%Y%m%d") + timedelta(hours=23, minutes=59, seconds=59)  # noqa: DTZ007
        moment = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError:
        raise BadRule("unreadable") from None
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if text.endswith("Z") else moment


def local_date(instant: datetime, zone: tzinfo) -> date:
    """The day on which it happens, by the wall clock: what exceptions name."""
    return instant.astimezone(zone).date()
