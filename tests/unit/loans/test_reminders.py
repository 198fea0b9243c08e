"""When a loan is spoken of again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from parvis.portal.loans import rules

END = date(2026, 11, 20)
LONG_AGO = END - timedelta(days=20)


def due(days: int, out_date: date = LONG_AGO) -> str:
    return rules.reminder_due(ends_date=END, out_date=out_date, today=END + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "kind"),
    [(-4, ""), (-3, "before"), (-1, "before"), (0, "today"), (1, "late-0"), (7, "late-0"), (8, "late-1"),
     (14, "late-1"), (15, "late-2"), (71, "late-10")],
)  # fmt: skip
def test_each_day_wants_one(days: int, kind: str) -> None:
    assert due(days) == kind


def test_a_short_loan_is_not_reminded_of_what_was_just_said() -> None:
    assert due(-2, out_date=END - timedelta(days=2)) == ""
    assert due(-3, out_date=END - timedelta(days=3)) == ""
    assert due(0, out_date=END) == ""
    assert due(1, out_date=END) == "late-0"


def test_the_head_hears_of_it_after_a_week() -> None:
    told = [days for days in range(-4, 30) if rules.head_is_told(due(days))]
    assert told == list(range(8, 30))


def test_what_was_lost_may_be_found_and_what_is_back_stays() -> None:
    assert rules.ITEM_MOVES["lost"] == rules.ITEM_MOVES["stolen"] == {"back"}
    assert not rules.ITEM_MOVES["back"]
    assert set(rules.ITEM_MOVES) == {state for moves in rules.ITEM_MOVES.values() for state in moves} | {"reserved"}
