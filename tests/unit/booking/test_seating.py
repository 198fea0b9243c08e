"""Seating is exact: it says no only where brute force finds nothing either, and never seats two on one resource."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.portal.booking import seating
from parvis.portal.booking.seating import Demand

BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RESOURCES = (1, 2, 3)
NEWCOMER = 0


def hour(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


def clash(where: dict[int, int], demands: list[Demand]) -> bool:
    return any(
        where[one.id] == where[other.id] and one.touches(other) for one, other in itertools.combinations(demands, 2)
    )


def by_brute_force(newcomer: Demand, seated: list[Demand]) -> bool:
    """Whether any seating at all takes the newcomer in: every combination is tried."""
    everybody = [newcomer, *seated]
    choices = [sorted(each.fits) if not each.is_fixed else [each.at] for each in everybody]
    return any(
        not clash(dict(zip([each.id for each in everybody], chosen, strict=True)), everybody)  # type: ignore[arg-type]
        for chosen in itertools.product(*choices)
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Demand, list[Demand]]:
    """A newcomer, and up to five seated without overlap: some for good, with needs of their own."""
    fits = st.frozensets(st.sampled_from(RESOURCES), min_size=1)
    seated: list[Demand] = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        start = draw(st.integers(0, 8))
        demand = Demand(
            number,
            hour(start),
            hour(start + draw(st.integers(1, 4))),
            wanted := draw(fits),
            draw(st.sampled_from(sorted(wanted))),
            draw(st.booleans()),
        )
        if not any(demand.at == each.at and demand.touches(each) for each in seated):
            seated.append(demand)
    start = draw(st.integers(0, 8))
    return Demand(NEWCOMER, hour(start), hour(start + draw(st.integers(1, 4))), draw(fits)), seated


@settings(max_examples=300)
@given(worlds())
def test_as_brute_force_says(world: tuple[Demand, list[Demand]]) -> None:
    newcomer, seated = world
    found = seating.seat(newcomer, seated, {})
    assert (found is not None) == by_brute_force(newcomer, seated)
    if found is None:
        return
    where = {each.id: found.get(each.id, each.at) for each in seated} | {NEWCOMER: found[NEWCOMER]}
    assert not clash(where, [newcomer, *seated])  # type: ignore[arg-type]
    for each in [newcomer, *seated]:
        assert where[each.id] in each.fits
        assert not each.is_fixed or where[each.id] == each.at


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=40), st.integers(1, 6))
def test_alike_rooms_are_refused_only_at_the_peak(spans: list[tuple[int, int]], rooms: int) -> None:
    """Interchangeable and not told yet: as many as overlap at once, never one more."""
    every = frozenset(range(rooms))
    seated: dict[int, Demand] = {}
    for number, (start, length) in enumerate(spans, start=1):
        newcomer = Demand(number, hour(start), hour(start + length), every)
        together = [newcomer, *seated.values()]
        peak = max(sum(each.starts <= moment.starts < each.ends for each in together) for moment in together)
        found = seating.seat(newcomer, list(seated.values()), {})
        assert (found is not None) == (peak <= rooms)
        for pk, resource in (found or {}).items():
            old = seated.get(pk, newcomer)
            seated[pk] = Demand(pk, old.starts, old.ends, every, resource)
        assert not clash({each.id: each.at for each in seated.values()}, list(seated.values()))  # type: ignore[misc]


def test_nobody_moves_without_need() -> None:
    one = Demand(1, hour(1), hour(3), frozenset({1, 2}), 1)
    assert seating.seat(Demand(NEWCOMER, hour(2), hour(4), frozenset({1, 2})), [one], {}) == {NEWCOMER: 2}


def test_the_smallest_and_then_the_tightest() -> None:
    rank = {1: (50,), 2: (10,), 3: (10,)}
    seated = [
        Demand(1, hour(0), hour(1), frozenset({2}), 2),
        Demand(2, hour(0), hour(2), frozenset({3}), 3),
    ]
    newcomer = Demand(NEWCOMER, hour(2), hour(3), frozenset({1, 2, 3}))
    assert seating.seat(newcomer, seated, rank) == {NEWCOMER: 3}


def test_a_crowded_day_is_answered_within_the_steps() -> None:
    """Twenty rooms of three kinds, eight meetings each, some for good: no and yes are both found."""
    kinds = [frozenset(range(20)), frozenset(range(8, 20)), frozenset(range(15, 20))]
    seated = []
    for room in range(20):
        mine = [kind for kind in kinds if room in kind]
        for slot in range(8):
            number = room * 8 + slot
            start = BEGIN + timedelta(minutes=60 * slot + 7 * (room % 5))
            demand = Demand(
                number + 1, start, start + timedelta(minutes=60), mine[number % len(mine)], room, number % 7 == 0
            )
            seated.append(demand)
    assert seating.seat(Demand(NEWCOMER, hour(3), hour(4), kinds[2]), seated, {}) is None
    fewer = [each for each in seated if each.id != 19 * 8 + 4]
    gone = next(each for each in seated if each.id == 19 * 8 + 4)
    assert seating.seat(Demand(NEWCOMER, gone.starts, gone.ends, kinds[0]), fewer, {}) is not None


def test_a_refusal_is_seen_without_a_search() -> None:
    """Twenty rooms, each with other bookings later in the week, and twenty people in them: no room, at once."""
    every = frozenset(range(20))
    now = [Demand(room + 1, hour(1), hour(2), every, room) for room in every]
    later = [Demand(100 + room, hour(30 + room), hour(31 + room), every, room, is_fixed=True) for room in every]
    newcomer = Demand(NEWCOMER, hour(1), hour(2), every)
    assert seating.seat(newcomer, [*now, *later], {}) is None
    search = seating.Search([newcomer, *now], later, {})
    assert not search.may_be()
    assert search.solve() is None
    assert search.steps <= len(every) + 1  # those alike are tried once


def test_rooms_that_differ_by_what_is_fixed_on_them_are_told_apart() -> None:
    """One room is free later, the other is not: who lasts longer gets the first, whoever sits there now."""
    both = frozenset({1, 2})
    fixed = Demand(9, hour(3), hour(5), both, 2, is_fixed=True)
    short = Demand(1, hour(1), hour(2), both, 1)
    assert seating.seat(Demand(NEWCOMER, hour(1), hour(4), both), [short, fixed], {}) == {NEWCOMER: 1, 1: 2}
