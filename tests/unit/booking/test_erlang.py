"""Erlang's formula: the published figures, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.booking import erlang


@pytest.mark.parametrize(("rooms", "traffic"), [(10, 4.46), (20, 12.03)])
def test_traffic_carried_at_one_percent(rooms: int, traffic: float) -> None:
    assert erlang.carried(rooms, 0.01) == pytest.approx(traffic, abs=0.005)


def test_two_pools_merged_refuse_less() -> None:
    assert erlang.blocking(6, 10) == pytest.approx(0.0431, abs=0.00005)
    assert erlang.blocking(12, 20) == pytest.approx(0.0098, abs=0.00005)


def test_by_the_formula_itself() -> None:
    # B(2, 3) = (8/6) / (1 + 2 + 2 + 8/6)
    assert erlang.blocking(2, 3) == pytest.approx((8 / 6) / (5 + 8 / 6))


@given(st.floats(0.01, 200), st.integers(0, 300))
def test_a_share(traffic: float, rooms: int) -> None:
    share = erlang.blocking(traffic, rooms)
    assert 0 <= share <= 1
    assert erlang.blocking(traffic, rooms + 1) <= share


@given(st.floats(0.01, 200), st.floats(0.001, 0.5))
def test_the_fewest(traffic: float, loss: float) -> None:
    rooms = erlang.rooms_needed(traffic, loss)
    assert erlang.blocking(traffic, rooms) <= loss
    assert rooms == 0 or erlang.blocking(traffic, rooms - 1) > loss


def test_nothing_wanted_nothing_needed() -> None:
    assert erlang.rooms_needed(0, 0.01) == 0
    assert erlang.blocking(0, 5) == 0
    assert erlang.carried(0, 0.01) == 0
