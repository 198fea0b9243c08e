"""Devices are spread over the period, and stay where they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.inventory.frequency import hours_until_next

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@given(st.text(max_size=40), st.integers(1, 10**9), st.integers(1, 720), st.datetimes(timezones=st.just(UTC)))
def test_between_half_a_period_and_one_and_a_half(device: str, token: int, period: int, now: datetime) -> None:
    hours = hours_until_next(device_id=device, token_id=token, period_hours=period, now=now)
    assert 1 <= hours <= -(-period * 3 // 2)
    assert hours >= period // 2


def test_a_town_hall_switched_on_at_eight_is_spread_over_the_day() -> None:
    moments = Counter(
        (EIGHT + timedelta(hours=hours_until_next(device_id=f"pc-{n}", token_id=1, period_hours=24, now=EIGHT))).hour
        for n in range(2400)
    )
    assert len(moments) == 24
    assert max(moments.values()) < 160


@pytest.mark.parametrize("period", [4, 24, 168])
def test_it_is_once_a_period_and_the_moment_stays(period: int) -> None:
    now, moments = EIGHT, []
    for _ in range(20):
        now += timedelta(hours=hours_until_next(device_id="pc-7", token_id=1, period_hours=period, now=now))
        moments.append(now)
    assert moments[-1] - moments[0] == timedelta(hours=19 * period)
