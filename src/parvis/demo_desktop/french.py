"""Dates, times and numbers as the French write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")
_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_SHORT_MONTHS: Final = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip


def paris(now: float) -> datetime:
    """Unix seconds as the time in Paris."""
    return datetime.fromtimestamp(now, PARIS)


def long_date(day: date) -> str:
    """« samedi 21 novembre 2026 »"""
    return f"{_DAYS[day.weekday()]} {_ordinal(day.day)} {_MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """« sam. 21 nov. 2026 »"""
    return f"{_DAYS[day.weekday()][:3]}. {_ordinal(day.day)} {_SHORT_MONTHS[day.month - 1]} {day.year}"


def clock(now: float) -> str:
    """« sam. 21 nov. 2026 14:32:07 »"""
    moment = paris(now)
    return f"{short_date(moment.date())} {moment:%H:%M:%S}"


def euros(amount: int) -> str:
    """« 12 500 € » with the spaces French typography wants."""
    return f"{amount:,}".replace(",", "\u202f") + "\u00a0€"


def capitalised(text: str) -> str:
    """With a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def _ordinal(day: int) -> str:
    return "1er" if day == 1 else str(day)
