"""Replacement plans: every thing once, never above the budget, the oldest first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.equipment import ageing
from parvis.portal.equipment.ageing import Lot

FIRST = 2027


@pytest.mark.parametrize(
    ("bought", "found"),
    [
        (None, ageing.UNKNOWN),
        (date(2026, 11, 22), 0),
        (date(2025, 11, 23), 0),
        (date(2025, 11, 22), 1),
        (date(2027, 1, 1), 0),
        (date(2001, 1, 1), ageing.OLDEST),
    ],
)
def test_age_classes(bought: date | None, found: int) -> None:
    assert ageing.age_class(bought, date(2026, 11, 22)) == found


def test_the_budget_being_prepared_is_next_years_from_july_on() -> None:
    assert ageing.first_year(date(2026, 6, 30)) == 2026
    assert ageing.first_year(date(2026, 7, 1)) == 2027


lots_ = st.lists(
    st.builds(
        Lot,
        st.sampled_from(["office", "laptop", "screen"]),
        st.integers(2018 * 12, 2033 * 12),
        st.integers(0, 40),
        st.integers(0, 1500).map(Decimal),
    ),
    max_size=12,
)


def due_within(lots: list[Lot]) -> list[Lot]:
    return [lot for lot in lots if lot.due // 12 < FIRST + ageing.YEARS]


@given(lots_)
def test_as_due_everything_is_in_its_year(lots: list[Lot]) -> None:
    plan = ageing.as_due(lots, FIRST)
    assert plan.number == sum(lot.count for lot in due_within(lots))
    assert plan.cost == sum(lot.count * lot.price for lot in due_within(lots))
    assert not any(year.early or year.late for year in plan.years)
    overdue = sum(lot.count for lot in lots if lot.due // 12 <= FIRST)
    assert plan.years[0].number == overdue


@given(lots_)
def test_levelled_nothing_is_lost_and_years_cost_alike(lots: list[Lot]) -> None:
    plan = ageing.levelled(lots, FIRST)
    assert plan.number == sum(lot.count for lot in due_within(lots))
    whole = sum((lot.count * lot.price for lot in due_within(lots)), Decimal(0))
    assert plan.cost == whole
    dearest = max((lot.price for lot in due_within(lots)), default=Decimal(0))
    for year in plan.years:
        assert abs(year.cost - whole / ageing.YEARS) <= 2 * dearest


@given(lots_, st.integers(0, 30_000).map(Decimal))
def test_no_year_costs_more_than_its_budget_and_the_rest_is_told(lots: list[Lot], budget: Decimal) -> None:
    plan = ageing.within_budget(lots, FIRST, budget)
    assert all(year.cost <= budget for year in plan.years)
    assert plan.number + plan.postponed == sum(lot.count for lot in due_within(lots))
    assert plan.cost + plan.postponed_cost == sum(lot.count * lot.price for lot in due_within(lots))


def test_with_money_enough_all_is_done_in_the_first_year_and_said_to_be_early() -> None:
    plan = ageing.within_budget([Lot("office", 2029 * 12, 3, Decimal(100))], FIRST, Decimal(1000))
    assert plan.years[0].numbers == {"office": 3}
    assert plan.years[0].early == 3


def test_what_waits_is_said_to_be_late() -> None:
    plan = ageing.within_budget([Lot("office", 2020 * 12, 3, Decimal(100))], FIRST, Decimal(100))
    assert [year.late for year in plan.years] == [0, 1, 1]
