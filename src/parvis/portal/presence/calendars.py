"""Public holidays and school breaks of France: computed and offline, no network.

Public holidays: article L3133-1 of the Code du travail (library `holidays`); Alsace-Moselle adds Good Friday and
26 December (ordonnance of 16 August 1892). School zones: the calendar of the ministry of education as shipped by
`vacances-scolaires-france`; a year it does not know yet has no break.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays
from django.utils.translation import get_language
from vacances_scolaires_france import SchoolHolidayDates

ZONES = ("A", "B", "C")
_MOSELLE = "57"
"""The library's name for the local law of Alsace-Moselle."""


def holiday_name(day: date, *, alsace_moselle: bool = False) -> str:
    """The public holiday's name in the active language, or empty."""
    language = "fr" if (get_language() or "fr").startswith("fr") else "en_US"
    return _of_year(day.year, alsace_moselle, language).get(day, "")


def school_break(day: date, zone: str) -> str:
    """The school break under way in a zone (`A`, `B`, `C`), or empty."""
    row = _school().get(day)
    if row is None or zone not in ZONES or not row[f"vacances_zone_{zone.lower()}"]:
        return ""
    return str(row["nom_vacances"]).replace("'", "’")


@lru_cache(maxsize=64)
def _of_year(year: int, alsace_moselle: bool, language: str) -> dict[date, str]:
    found = holidays.country_holidays(
        "FR", subdiv=_MOSELLE if alsace_moselle else None, years=[year], language=language
    )
    return {day: name.replace("'", "’") for day, name in found.items()}


@lru_cache(maxsize=1)
def _school() -> dict[date, dict[str, object]]:
    data: dict[date, dict[str, object]] = SchoolHolidayDates().data
    return data
