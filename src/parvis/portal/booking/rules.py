"""Pure rules: how a booking goes on, what equipment is called, when one may be made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

from django.utils.translation import gettext_lazy as _

MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"booked", "cancelled"}),
    "booked": frozenset({"in_use", "done", "released", "cancelled", "waiting"}),
    "in_use": frozenset({"done"}),
    "done": frozenset(),
    "released": frozenset(),
    "cancelled": frozenset(),
}
"""From each state of a booking, the states it may go to. Booked → waiting: its resource broke, no other fits."""

HOLDING = frozenset({"booked", "in_use", "done"})
"""The states in which a booking keeps its resource from others, from `starts_at` to `free_at`."""
UNDER_WAY = frozenset({"booked", "in_use"})
"""It has a resource and is not over."""

EQUIPMENT = {
    "screen": _("Écran ou vidéoprojecteur"),
    "camera": _("Caméra pour la visioconférence"),
    "phone_octopus": _("Téléphone de conférence"),
    "whiteboard": _("Tableau blanc"),
    "accessible": _("Accessible en fauteuil roulant"),
    "hearing_loop": _("Boucle magnétique pour malentendants"),
    "computer": _("Ordinateur sur place"),
    "sound": _("Micros et haut-parleurs"),
    "toll_free": _("Numéro gratuit pour l’appelant"),
    "recording": _("Enregistrement"),
}
"""What a resource may have, by code."""

GIVEN_BACK = "given_back"
"""The reason of a cancellation by the meeting the booking was for, which needs it no more and tells who must know."""

LATE_START = timedelta(minutes=15)
"""How long ago a booking may begin at most: « from ten o’clock », said at five past."""
SHORTEST = timedelta(minutes=5)
EARLY_ARRIVAL = timedelta(minutes=15)
"""How long before its start one may check in."""
MOST_OCCURRENCES = 200
"""Of one series."""


def sources_of(state: str) -> frozenset[str]:
    """The states a booking may come from to be in `state`."""
    return frozenset(source for source, moves in MOVES.items() if state in moves)


def wrong_with_times(
    starts_at: datetime, ends_at: datetime, *, now: datetime, max_minutes: int, horizon_days: int
) -> tuple[str, str] | None:
    """Which field is wrong, and why (a key for words); None: the times may be asked for."""
    if ends_at <= starts_at:
        return "ends_at", "reversed"
    if starts_at < now - LATE_START or ends_at <= now:
        return "starts_at", "past"
    if starts_at - now > timedelta(days=horizon_days):
        return "starts_at", "too_far"
    if ends_at - starts_at < SHORTEST:
        return "ends_at", "too_short"
    if ends_at - starts_at > timedelta(minutes=max_minutes):
        return "ends_at", "too_long"
    return None


def is_assigned_at_once(*, is_fixed: bool, starts_at: datetime, assign_hours: int, now: datetime) -> bool:
    """Whether a booking made now learns at once which resource it has, for good."""
    return is_fixed or starts_at - now <= timedelta(hours=assign_hours)


def refusal_to_check_in(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Why one cannot say now « we are here » (a key for words); empty: one can."""
    if now < starts_at - EARLY_ARRIVAL:
        return "too_early"
    return "over" if now >= ends_at else ""


OPENS, CLOSES, SATURDAY = time(8, 0), time(19, 0), 5
"""The hours and the day of the week between and before which people meet, if they asked for such a time."""


def in_hours(starts_at: datetime, length: timedelta, zone: tzinfo) -> bool:
    """Whether it lies within a working day, by the wall clock."""
    start, end = starts_at.astimezone(zone), (starts_at + length).astimezone(zone)
    return start.weekday() < SATURDAY and start.date() == end.date() and start.time() >= OPENS and end.time() <= CLOSES


def in_hours_from(start: datetime, length: timedelta, like: datetime, zone: tzinfo) -> datetime:
    """`start`, or the next working day at the hour of `like` where nobody would want to meet then.

    Who asked for an evening or a Sunday (`like`) gets any time.
    """
    if in_hours(start, length, zone) or not in_hours(like, length, zone):
        return start
    wall, day = like.astimezone(zone).time(), start.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, wall, zone)
        if moment > start and in_hours(moment, length, zone):
            return moment
        day += timedelta(days=1)
