"""The life of a movement, loads of arrivals, dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.movements import rules

DAY = date(2026, 11, 23)


def test_only_the_moves_of_the_table() -> None:
    allowed = {(a, b) for a in rules.MOVES for b in rules.MOVES if rules.can_go(a, b)}
    assert allowed == {
        ("planned", "open"), ("planned", "cancelled"), ("open", "done"), ("open", "cancelled"), ("done", "open"),
    }  # fmt: skip
    assert not rules.can_go("unheard of", "open")


@pytest.mark.parametrize(
    ("arrivals", "known", "load"),
    [(1, 0, True), (1, 1, False), (3, 2, True), (7, 400, False), (50, 400, False), (51, 400, True), (2200, 3, True)],
)
def test_a_first_import_is_a_load_whatever_its_size(arrivals: int, known: int, load: bool) -> None:
    assert rules.is_bulk(arrivals, known) is load


@given(st.integers(-5, 300), st.integers(-5, 300))
def test_progress_is_a_percentage(done: int, total: int) -> None:
    assert 0 <= rules.progress(done, total) <= 100


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-5000, 5000))
def test_no_step_is_due_more_than_a_year_off(day: date, offset: int) -> None:
    assert abs(rules.due_date(day, offset) - day) <= timedelta(days=366)


def test_late_is_the_day_after() -> None:
    assert not rules.is_late(DAY, DAY, finished=False)
    assert rules.is_late(DAY, DAY + timedelta(days=1), finished=False)
    assert not rules.is_late(DAY, DAY + timedelta(days=1), finished=True)
    assert not rules.is_late(None, DAY, finished=False)


def test_reminders_come_once_a_week() -> None:
    due = DAY - timedelta(days=1)
    assert rules.reminder_due(due, None, DAY)
    assert not rules.reminder_due(due, DAY - timedelta(days=6), DAY)
    assert rules.reminder_due(due, DAY - timedelta(days=7), DAY)
    assert not rules.reminder_due(DAY, None, DAY)


def test_what_is_kept_has_an_end_within_a_year() -> None:
    assert rules.kept_until_is_valid(DAY, DAY)
    assert not rules.kept_until_is_valid(DAY - timedelta(days=1), DAY)
    assert not rules.kept_until_is_valid(DAY + timedelta(days=367), DAY)
