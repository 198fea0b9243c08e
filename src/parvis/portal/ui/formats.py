"""Dates, durations and sizes as people read them, in French or English. Pure but for the active language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.translation import get_language, gettext, ngettext

from parvis.portal.kernel.clock import PARIS

NARROW = "\u202f"
"""Narrow no-break space: before : ; ? ! and between a number and its unit in French."""

_UNITS = ("o", "Ko", "Mo", "Go", "To")


def day(value: date) -> str:
    """`lundi 23 novembre 2026`; the first of the month is `1er`. An instant is read in Paris."""
    value = _paris(value).date() if isinstance(value, datetime) else value
    if _french():
        number = "1er" if value.day == 1 else str(value.day)
        return f"{formats.date_format(value, 'l')} {number} {formats.date_format(value, 'F Y')}"
    return formats.date_format(value, "l j F Y")


def instant(value: datetime) -> str:
    """`lundi 23 novembre 2026 à 14:32`, in Paris."""
    local = _paris(value)
    return gettext("%(day)s à %(time)s") % {"day": day(local), "time": f"{local:%H:%M}"}


def since(value: datetime, now: datetime) -> str:
    """`08:40` today, `hier à 08:40`, else the whole instant: what follows « depuis »."""
    local, today = _paris(value), _paris(now).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return gettext("hier à %(time)s") % {"time": f"{local:%H:%M}"}
    return instant(value)


def ago(value: datetime, now: datetime) -> str:
    """`il y a 5 minutes`, `dans 2 heures`; the day when it is further than a month."""
    seconds = int((now - value).total_seconds())
    future, seconds = seconds < 0, abs(seconds)
    if seconds < 60:
        return gettext("à l’instant")
    if seconds >= 31 * 86400:
        return day(value)
    text = _duration(seconds)
    return (gettext("dans %(duration)s") if future else gettext("il y a %(duration)s")) % {"duration": text}


def size(count: int) -> str:
    """Bytes in the closest unit, powers of 1000: `1,5 Mo`."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    text = f"{value:.0f}" if unit == "o" or value >= 100 else f"{value:.1f}".removesuffix(".0")
    if _french():
        return f"{text.replace('.', ',')}{NARROW}{unit}"
    return f"{text}{NARROW}{unit.replace('o', 'B')}"


def euros(amount: Decimal | int) -> str:
    """`1 234,50 €`, cents only if there are any: `1 234 €`; in English `€1,234.50`."""
    whole = amount == int(amount)
    text = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    if _french():
        return text.replace(",", NARROW).replace(".", ",") + f"{NARROW}€"
    return f"−€{text[1:]}" if text.startswith("-") else f"€{text}"


def _duration(seconds: int) -> str:
    if seconds < 3600:
        return ngettext("%(count)d minute", "%(count)d minutes", seconds // 60) % {"count": seconds // 60}
    if seconds < 86400:
        return ngettext("%(count)d heure", "%(count)d heures", seconds // 3600) % {"count": seconds // 3600}
    return ngettext("%(count)d jour", "%(count)d jours", seconds // 86400) % {"count": seconds // 86400}


def _paris(value: datetime) -> datetime:
    return value.astimezone(PARIS)


def _french() -> bool:
    return (get_language() or "fr").startswith("fr")
