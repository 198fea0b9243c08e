"""How bookings look and read: the word, the colour, the icon; times; what the holder should know next."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.booking.models import Booking, Pool
from parvis.portal.booking.rules import EQUIPMENT
from parvis.portal.kernel.clock import PARIS
from parvis.portal.ui import formats
from parvis.portal.ui.templatetags.ui import state_badge

LOOKS = {
    Booking.State.WAITING: ("orange", "hourglass"),
    Booking.State.BOOKED: ("blue", "calendar-time"),
    Booking.State.IN_USE: ("green", "user-check"),
    Booking.State.DONE: ("secondary", "circle-check"),
    Booking.State.RELEASED: ("purple", "refresh"),
    Booking.State.CANCELLED: ("secondary", "x"),
}
ICONS = {
    Pool.Kind.PHONE_ROOM: "phone",
    Pool.Kind.HOST: "video",
    Pool.Kind.LICENCE: "certificate",
    Pool.Kind.ROOM: "building",
}


def state_of(booking: Booking) -> SafeString:
    """The state as a badge."""
    return state_badge(booking.get_state_display(), *LOOKS[Booking.State(booking.state)])


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """`10:00 – 11:30`, by Paris's wall clock."""
    first, last = starts_at.astimezone(PARIS), ends_at.astimezone(PARIS)
    if last.date() > first.date() and last.time() > datetime.min.time():
        return f"{first:%H:%M} – {formats.day(last.date())} {last:%H:%M}"
    return f"{first:%H:%M} – {last:%H:%M}"


def when(booking: Booking) -> str:
    """`lundi 23 novembre 2026, 10:00 – 11:30`."""
    day = formats.day(booking.starts_at.astimezone(PARIS).date())
    return f"{day}, {hours(booking.starts_at, booking.ends_at)}"


def lasts(minutes: int) -> str:
    """`1 h 30`, `45 min`."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return f"{rest}\u00a0min"
    return f"{whole}\u00a0h\u00a0{rest:02d}" if rest else f"{whole}\u00a0h"


def equipment_words(codes: list[str]) -> list[str]:
    """The equipment in words, in the order of `rules.EQUIPMENT`."""
    return [str(label) for code, label in EQUIPMENT.items() if code in codes]


def what_next(booking: Booking, now: datetime, before: int = 0) -> str:
    """One sentence: what the holder has, or waits for."""
    if booking.state == Booking.State.WAITING:
        if booking.ends_at <= now:
            return _("L’heure est passée sans qu’une place se libère.")
        first = _("Vous êtes le premier sur la liste d’attente.")
        others = ngettext(
            "%(n)d personne est avant vous sur la liste d’attente.",
            "%(n)d personnes sont avant vous sur la liste d’attente.",
            before,
        )
        return others % {"n": before} if before else first
    if booking.state == Booking.State.BOOKED and not booking.is_final:
        at = formats.instant(booking.starts_at - timedelta(hours=booking.pool.assign_hours))
        return _("Votre place est sûre. Le numéro ou la salle est attribué au plus tard %(at)s.") % {"at": at}
    if booking.state == Booking.State.BOOKED and booking.pool.check_in_minutes:
        return _("Signalez votre arrivée\u202f: sans personne %(n)d minutes après le début, la salle est libérée.") % {
            "n": booking.pool.check_in_minutes
        }
    return ""
