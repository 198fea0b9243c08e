"""Dates, durations and sizes as a person reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from parvis.portal.ui import formats

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 12:00 in Paris


def test_a_day() -> None:
    assert formats.day(date(2026, 11, 23)) == "lundi 23 novembre 2026"
    assert formats.day(date(2026, 12, 1)) == "mardi 1er décembre 2026"
    with override("en"):
        assert formats.day(date(2026, 12, 1)) == "Tuesday 1 December 2026"


def test_an_instant_is_in_paris() -> None:
    assert formats.instant(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "lundi 23 novembre 2026 à 00:30"
    assert formats.instant(datetime(2026, 7, 1, 12, 32, tzinfo=UTC)) == "mercredi 1er juillet 2026 à 14:32"


def test_since() -> None:
    assert formats.since(NOON - timedelta(hours=3, minutes=20), NOON) == "08:40"
    assert formats.since(NOON - timedelta(hours=20), NOON) == "hier à 16:00"
    assert formats.since(NOON - timedelta(days=3), NOON) == "vendredi 20 novembre 2026 à 12:00"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=59), "à l’instant"),
        (timedelta(seconds=-59), "à l’instant"),
        (timedelta(minutes=1), "il y a 1 minute"),
        (timedelta(minutes=59, seconds=59), "il y a 59 minutes"),
        (timedelta(hours=1), "il y a 1 heure"),
        (timedelta(days=1), "il y a 1 jour"),
        (timedelta(days=30), "il y a 30 jours"),
        (timedelta(days=31), "vendredi 23 octobre 2026"),
        (timedelta(hours=-2), "dans 2 heures"),
    ],
)
def test_ago(before: timedelta, text: str) -> None:
    assert formats.ago(NOON - before, NOON) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 o"),
        (999, "999 o"),
        (1000, "1 Ko"),
        (1500, "1,5 Ko"),
        (999_600, "1 Mo"),
        (2_340_000, "2,3 Mo"),
        (123_400_000, "123 Mo"),
        (5 * 10**15, "5000 To"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert formats.size(count) == text.replace(" ", formats.NARROW)


def test_sizes_in_english() -> None:
    with override("en"):
        assert formats.size(1500) == f"1.5{formats.NARROW}KB"
