"""Pure rules: which moves a meeting may make, when one may join, which days a series has. No database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.utils.translation import gettext_lazy as _

PARIS = ZoneInfo("Europe/Paris")
PREPARING, PLANNED, WAITING, CANCELLED = "preparing", "planned", "waiting", "cancelled"
MOVES: Mapping[str, frozenset[str]] = {
    PREPARING: frozenset({PLANNED, WAITING, CANCELLED}),
    WAITING: frozenset({PREPARING, PLANNED, CANCELLED}),
    PLANNED: frozenset({PREPARING, WAITING, CANCELLED}),
    CANCELLED: frozenset(),
}
"""From where to where. A changed meeting is prepared again."""
ALIVE = (PREPARING, PLANNED, WAITING)

NEEDS = {
    "no_webcam": _("Sans caméra"),
    "no_install": _("Rien à installer"),
    "share": _("Montrer des documents"),
    "record": _("Enregistrer"),
    "video": _("Se voir"),
    "lobby": _("Salle d’attente"),
}
"""What a meeting may ask of its tool besides its people."""

OPENS_BEFORE = timedelta(minutes=15)
STAYS_AFTER = timedelta(minutes=30)
"""One may still come back so long after the planned end."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=12)
AHEAD = timedelta(days=400)
LATE = timedelta(minutes=10)
"""A start so little in the past is « now »."""
MOST_GUESTS = 500
MOST_OUTSIDE = 100
MOST_OCCURRENCES = 104
MOST_IN_SERIES = 10_000
"""Invitations to all dates of a series: they are written in one go, and everybody else waits meanwhile."""
PEOPLE_AT_MOST = 5000

WHENS = ("now", "soon", "afternoon", "tomorrow_9", "tomorrow_14")
REPEATS = {
    "": _("Une seule fois"),
    "daily": _("Chaque jour ouvré"),
    "weekly": _("Chaque semaine"),
    "fortnightly": _("Toutes les deux semaines"),
    "monthly": _("Chaque mois, le même jour de la semaine"),
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether one may join now."""
    return starts_at - OPENS_BEFORE <= now <= ends_at + STAYS_AFTER


def wrong_with_time(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[str, str] | None:
    """The form's field and a word for why, if these times cannot be; else None."""
    if starts_at < now - LATE:
        return "starts", "past"
    if starts_at > now + AHEAD:
        return "starts", "too_far"
    if ends_at - starts_at < SHORTEST:
        return "minutes", "too_short"
    if ends_at - starts_at > LONGEST:
        return "minutes", "too_long"
    return None


def start_of(when: str, now: datetime) -> datetime:
    """The instant a chip of the form stands for: minutes are multiples of five, weekends are passed over."""
    local = now.astimezone(PARIS).replace(second=0, microsecond=0)
    if when == "now":
        return _up_to_five(local).astimezone(UTC)
    if when == "soon":
        return _up_to_five(local + timedelta(minutes=30)).astimezone(UTC)
    if when == "afternoon":
        afternoon = local.replace(hour=14, minute=0)
        return (afternoon if afternoon > local else _up_to_five(local + timedelta(minutes=15))).astimezone(UTC)
    day = _next_working_day(local.date())
    hour = 14 if when == "tomorrow_14" else 9
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC)


def _up_to_five(local: datetime) -> datetime:
    return local + timedelta(minutes=-local.minute % 5)


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def rule_for(repeat: str, first: date, until: date) -> str:
    """The RFC 5545 RRULE of a choice of `REPEATS`, from the day `first` to the day `until`, without DTSTART."""
    weekday = _WEEKDAYS[first.weekday()]
    # A UTC end one day later would let one more in where Paris is ahead: the end of that very day, in Paris.
    end = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=PARIS).astimezone(UTC)
    last = f"UNTIL={end:%Y%m%dT%H%M%SZ}"
    rank = (first.day - 1) // 7 + 1
    by = {
        "daily": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "weekly": f"FREQ=WEEKLY;BYDAY={weekday}",
        "fortnightly": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={weekday}",
        # The fifth Tuesday does not come every month: the last one does.
        "monthly": f"FREQ=MONTHLY;BYDAY={-1 if rank > 4 else rank}{weekday}",
    }
    return f"{by[repeat]};{last}"


def occurrences(starts_at: datetime, rule: str) -> list[datetime]:
    """The starts of a series, by the wall clock of Paris: 9:00 stays 9:00 when the clocks change. At most 104.

    An hour the clocks leap over (2:30 in March) is the instant it would have been.
    """
    local = starts_at.astimezone(PARIS).replace(tzinfo=None)
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if "UNTIL" in parts:
        end = datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(PARIS)
        parts["UNTIL"] = f"{end:%Y%m%dT%H%M%S}"
    floating = ";".join(f"{key}={value}" for key, value in parts.items())
    found: list[datetime] = []
    for each in rrulestr(floating, dtstart=local):
        if len(found) == MOST_OCCURRENCES:
            break
        found.append(each.replace(tzinfo=PARIS).astimezone(UTC))
    return found
