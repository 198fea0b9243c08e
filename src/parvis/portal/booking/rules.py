"""Pure rules: how a booking goes on, what equipment is called, when one may be made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"booked", "cancelled"}),
    "booked": frozenset({"in_use", "done", "released", "cancelled", "waiting"}),
    "in_use": frozenset({"done", "waiting"}),
    "done": frozenset(),
    "released": frozenset(),
    "cancelled": frozenset(),
}
"""From each state of a booking, the states it may go to. Booked → waiting: its resource broke, no other fits."""

HOLDING = frozenset({"booked", "in_use", "done"})
"""The states in which a booking keeps its resource from others, from `starts_at` to `free_at`."""
UNDER_WAY = frozenset({"booked", "in_use"})
"""It has a resource and is not over."""

EQUIPMENT: Mapping[str, Promise] = {
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
