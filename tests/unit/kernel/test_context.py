"""The correlation id: kept if it has the form of one, else a fresh one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel import clock, context

GOOD = "0123456789abcdef0123456789abcdef"


def test_a_proposed_one_is_kept_and_current() -> None:
    assert context.new_correlation(GOOD) == GOOD == context.correlation.get()


@pytest.mark.parametrize("bad", ["", GOOD[:-1], GOOD + "0", GOOD.upper(), GOOD[:-1] + "\n", f"{GOOD}\n", "../" * 11])
def test_anything_else_is_replaced(bad: str) -> None:
    fresh = context.new_correlation(bad)
    assert fresh != bad
    assert len(fresh) == 32


@given(st.text(max_size=40))
def test_what_enters_the_logs_always_has_the_form(proposed: str) -> None:
    assert context._FORM.match(context.new_correlation(proposed))


def test_the_day_is_that_of_paris() -> None:
    from datetime import UTC, date, datetime

    assert clock.today(datetime(2026, 7, 14, 22, 30, tzinfo=UTC)) == date(2026, 7, 15)
    assert clock.today(datetime(2026, 1, 14, 22, 30, tzinfo=UTC)) == date(2026, 1, 14)
    assert clock.now().tzinfo is UTC
