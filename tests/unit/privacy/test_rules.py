"""Windows of the trail, bounds, retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.privacy import rules


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000), st.none() | st.integers(1, 100_000))
def test_windows_are_seamless_and_within_their_budget(newest: int, oldest: int, budget: int | None) -> None:
    found = list(rules.windows(newest, oldest, budget))
    assert (not found) == (newest < oldest)
    if not found:
        return
    assert found[0][1] == newest
    assert all(low <= high for low, high in found)
    assert all(below[1] == above[0] - 1 for above, below in pairwise(found))
    looked_at = sum(high - low + 1 for low, high in found)
    if budget is None or budget >= newest - oldest + 1:
        assert found[-1][0] == oldest
    else:
        assert looked_at == budget
    assert len(found) <= 12


def test_a_million_records_are_few_windows() -> None:
    assert len(list(rules.windows(1_000_000, 1))) == 6


@given(st.integers(1, 120))
def test_more_months_keep_more(months: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert rules.kept_since(now, months + 1) < rules.kept_since(now, months) < now - timedelta(days=27 * months)


def test_bounds_are_included() -> None:
    assert rules.within_bounds(3, 3, 36)
    assert rules.within_bounds(36, 3, 36)
    assert not rules.within_bounds(2, 3, 36)
