"""The gauge on made-up weeks whose answer is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.booking import gauge
from parvis.portal.booking.gauge import Span

FIRST = date(2026, 8, 31)
TODAY = date(2026, 11, 23)
WEEKS = 12
START = datetime(2026, 8, 31, 8, 0, tzinfo=UTC)


def span(week: int, hours: float = 1, day: int = 0, hour: float = 0) -> Span:
    starts = START + timedelta(weeks=week, days=day, hours=hour)
    return Span(starts, starts + timedelta(hours=hours))


def measured(rooms: int, spans: list[Span], refused: list[Span] | None = None) -> gauge.Gauge:
    refusals = [(each.starts_at - timedelta(days=1), each) for each in refused or []]
    # The same instant twice is one person who tries again: these are different people.
    refusals = [(at + timedelta(hours=number), each) for number, (at, each) in enumerate(refusals)]
    return gauge.measure(
        rooms=rooms, spans=spans, refusals=refusals, coming=[], absent=0, first=FIRST, today=TODAY
    )  # fmt: skip


def test_never_more_than_eight_of_twenty_gives_back_ten() -> None:
    spans = [span(week) for week in range(WEEKS) for _room in range(3)] + [span(5) for _room in range(5)]
    found = measured(20, spans)
    assert (found.most, found.missing, found.spare) == (8, 0, 10)
    assert found.is_enough


def test_refusals_ask_for_more_rooms() -> None:
    taken = [span(week) for week in range(WEEKS) for _room in range(4)]
    refused = [span(week) for week in range(WEEKS) for _room in range(2)]
    found = measured(4, taken, refused)
    assert found.by_replay == 6
    assert found.missing == found.needed - 4 >= 2
    assert found.spare == 0
    assert (found.booked, found.refused) == (48, 24)


def test_a_busy_pool_and_a_quiet_one_refuse_nobody_together() -> None:
    busy = measured(
        2, [span(week) for week in range(WEEKS) for _room in range(2)], [span(week) for week in range(WEEKS)]
    )
    quiet = measured(3, [span(week) for week in range(WEEKS)])
    assert busy.refused == WEEKS
    assert gauge.refused_if_merged([busy]) == WEEKS
    assert gauge.refused_if_merged([busy, quiet]) == 0


def test_too_little_says_nothing() -> None:
    found = measured(20, [span(0), span(1)])
    assert not found.is_enough
    assert (found.missing, found.spare) == (0, 0)


def test_who_insists_counts_once() -> None:
    wish = span(1)
    at = wish.starts_at - timedelta(days=2)
    again = [(at, wish), (at + timedelta(minutes=3), wish), (at + timedelta(minutes=9), wish)]
    assert gauge.once_each(again) == [wish]
    assert len(gauge.once_each([*again, (at + timedelta(hours=5), wish)])) == 2


def test_one_may_begin_when_another_ends() -> None:
    assert gauge.at_once([span(0, 1), span(0, 1, hour=1)]) == 1
    assert gauge.at_once([]) == 0


def test_hours_of_the_week_follow_the_wall_clock() -> None:
    # 08:00 UTC is 10:00 in Paris in August; after the clocks change, 09:00.
    grid = gauge.by_hour([span(0, 1.5), span(11, 0.5)], 2)
    assert (grid[0][10], grid[0][11], grid[0][9]) == (0.5, 0.25, 0.25)
    assert sum(map(sum, grid)) == 1


def test_the_forecast_holds_the_past_and_what_is_booked() -> None:
    steady = gauge.foresee([5] * 12, [], TODAY)
    assert [round(week.likely) for week in steady] == [5] * gauge.AHEAD
    assert all(week.low < week.likely < week.high for week in steady)
    monday = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    kept = gauge.foresee([5] * 12, [Span(monday, monday + timedelta(hours=1))] * 9, TODAY)
    assert (kept[0].kept, kept[0].likely, kept[0].low) == (9, 9, 9)
    assert gauge.foresee([3, 4], [], TODAY) == []
    assert kept[1].kept == 0


def test_a_growing_use_is_seen_to_grow() -> None:
    growing = gauge.foresee(list(range(1, 13)), [], TODAY)
    assert [round(week.likely) for week in growing] == [13, 14, 15, 16]


SPANS = st.lists(
    st.builds(lambda at, minutes: Span(START + timedelta(minutes=at), START + timedelta(minutes=at + minutes)),
              st.integers(0, 3000), st.integers(5, 300)), max_size=40,
)  # fmt: skip


@given(SPANS)
def test_as_many_rooms_as_overlap_refuse_nobody(spans: list[Span]) -> None:
    spans = sorted(spans)
    most = gauge.at_once(spans)
    assert gauge.refused_with(most, spans) == 0
    if most:
        assert gauge.refused_with(most - 1, spans) > 0
    assert gauge.rooms_by_replay(spans, 0) == most
