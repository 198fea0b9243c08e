"""Days of loans: what may be asked for, spans as bits, runs of a calendar, weeks of a forecast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel import clock
from parvis.portal.loans import rules
from parvis.portal.loans.availability import HORIZON, Availability, Stock, span_mask
from parvis.portal.loans.forecast import Line, Week, monday_of, plot
from parvis.portal.loans.models import Offer, Part

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("starts", "ends", "wrong"),
    [
        (1, 5, None),
        (1, 1, None),
        (1, 14, None),
        (1, 15, ("ends_date", "too_long")),
        (0, 3, ("starts_date", "too_soon")),
        (-1, 3, ("starts_date", "past")),
        (5, 4, ("ends_date", "reversed")),
        (365, 366, None),
        (366, 367, ("starts_date", "too_far")),
    ],
)
def test_which_days_may_be_asked_for(starts: int, ends: int, wrong: tuple[str, str] | None) -> None:
    days = (TODAY + timedelta(days=starts), TODAY + timedelta(days=ends))
    assert rules.wrong_with_days(*days, today=TODAY, max_days=14, notice_days=1) == wrong


def test_both_ends_are_included() -> None:
    assert rules.days_between(TODAY, TODAY) == 1
    assert rules.latest_end(TODAY, 1) == TODAY
    assert rules.days_between(TODAY, rules.latest_end(TODAY, 30)) == 30


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),  # 23:59, the eve of summer time
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),  # the day of 23 hours ends an hour sooner
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),  # and that of 25 an hour later
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_days_are_those_of_paris_on_the_nights_the_clock_changes(instant: datetime, day: date) -> None:
    assert clock.today(instant) == day
    # A loan of that day and the next lasts two days, however many hours they have.
    assert rules.days_between(day, rules.latest_end(day, 2)) == 2


@given(st.integers(-50, HORIZON + 50), st.integers(-50, HORIZON + 50))
def test_a_span_is_its_days_one_bit_each(first: int, last: int) -> None:
    mask = span_mask(first, last)
    assert mask == sum(1 << day for day in range(max(first, 0), min(last, HORIZON - 1) + 1))


def stock(*taken: tuple[int, int], quantity: int = 1, optional: bool = False, label: str = "Portable") -> Stock:
    """An asset for each span of days it is taken."""
    part = Part(label=label, kind="laptop" if label == "Portable" else "accessory", quantity=quantity)
    part.is_optional = optional
    return Stock(part, [span_mask(*span) for span in taken])


def at(later: int) -> date:
    return TODAY + timedelta(days=later)


def test_an_asset_serves_only_if_it_is_free_on_all_the_days() -> None:
    """Two laptops, each free on other days: no loan over all of them, though one is free on each day."""
    found = Availability(Offer(), TODAY, [stock((0, 4), (5, 9))])
    assert found.kits(at(0), at(4)) == 1
    assert found.kits(at(5), at(9)) == 1
    assert found.kits(at(4), at(5)) == 0
    assert found.first_free(at(1), 5) == at(5)
    assert found.longest_from(at(2), 10) == 3


def test_a_kit_takes_what_there_is_least_of() -> None:
    laptops, bags = stock((90, 90), (90, 90), (90, 90)), stock((0, 1), (90, 90), label="Sacoche")
    phones = stock(label="Téléphone", optional=True)
    found = Availability(Offer(), TODAY, [laptops, bags, phones])
    assert found.kits(at(0), at(1)) == 1
    assert found.binding(at(0), at(1)) is bags
    assert found.kits(at(2), at(3)) == 2
    assert [each.part.label for each in found.short(at(90), at(90))] == ["Portable"]


def test_quantities_and_parts_of_one_kind_add_up() -> None:
    three = stock((90, 90), (90, 90), (90, 90), quantity=2)
    assert Availability(Offer(), TODAY, [three]).kits(at(0), at(1)) == 1
    assert Availability(Offer(), TODAY, [three, three]).kits(at(0), at(1)) == 0


def test_an_offer_without_part_lends_nothing() -> None:
    assert Availability(Offer(), TODAY, []).kits(at(0), at(1)) == 0


def test_the_plot_of_a_line_goes_below_zero() -> None:
    weeks = [Week(monday_of(TODAY) + timedelta(weeks=each), 3 - each, 1) for each in range(5)]
    line = Line(Part(label="Portable"), 4, weeks)
    assert [week.left for week in weeks] == [2, 1, 0, -1, -2]
    assert line.worst is weeks[4]
    assert line.missing == weeks[3:]
    drawn = plot(line)
    assert [bar.under for bar in drawn.bars] == [False, False, False, True, True]
    assert all(bar.y + bar.height <= drawn.zero + 1 for bar in drawn.bars[:3])
    assert all(bar.y == drawn.zero for bar in drawn.bars[3:])
