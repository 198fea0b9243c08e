"""The simulation: its clock, its desk, its worlds; what it says follows from what it was given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.portal.rollout.simulation import assumptions, figures
from parvis.portal.rollout.simulation.assumptions import DAY, DEFAULTS, STAGES, WEEK, Assumptions, Source, Unit
from parvis.portal.rollout.simulation.engine import Clock, Desk
from parvis.portal.rollout.simulation.people import Somebody, draw
from parvis.portal.rollout.simulation.worlds import REASONS, Outcome, by_hand, with_parvis

CERTAIN = {"stage_spread": 0.0, "takeup_spread": 0.0, "takeup_late": 0.0}
NO_TROUBLE = {f"{stage}_fails": 0.0 for stage in STAGES}


def numbers(**values: float) -> Assumptions:
    return Assumptions().but(values).settled()


def played(world: Callable[[Mapping[str, float], Sequence[Somebody]], Outcome], asked: Assumptions) -> Outcome:
    return world(asked, draw(int(asked["people"]), int(asked["loans"]), 1))


def test_events_happen_in_the_order_of_their_time_then_of_asking() -> None:
    clock, seen = Clock(), []
    clock.after(5, lambda: seen.append(("b", clock.now)))
    clock.after(1, lambda: clock.after(4, lambda: seen.append(("c", clock.now))))
    clock.after(0, lambda: seen.append(("a", clock.now)))
    clock.run()
    assert seen == [("a", 0.0), ("b", 5.0), ("c", 5.0)]


def test_who_calls_goes_before_what_waits_on_the_list() -> None:
    clock = Clock()
    desk, ended = Desk(clock, 1), []

    def work(name: str, minutes: float, *, call: bool = False) -> None:
        desk.do(name, minutes, lambda: ended.append((name, clock.now)), call=call)

    work("list 1", 10)
    work("list 2", 10)
    work("call 1", 5, call=True)
    work("call 2", 5, call=True)
    work("nothing", 0)
    clock.run()
    assert ended == [("nothing", 0.0), ("list 1", 10.0), ("call 1", 15.0), ("call 2", 20.0), ("list 2", 30.0)]
    assert desk.waits == [10.0, 15.0]
    assert desk.most_waiting == 2
    assert (sum(desk.minutes.values()), sum(desk.jobs.values())) == (30.0, 4)


def test_technicians_work_side_by_side() -> None:
    clock = Clock()
    desk, ended = Desk(clock, 3), []
    for _ in range(6):
        desk.do("open", 10, lambda: ended.append(clock.now), call=True)
    clock.run()
    assert ended == [10.0] * 3 + [20.0] * 3
    assert desk.most_waiting == 3


def test_people_are_the_same_for_the_same_seed_and_borrow_as_many() -> None:
    assert draw(50, 7, 3) == draw(50, 7, 3)
    assert draw(50, 7, 3) != draw(50, 7, 4)
    assert sum(person.needs_loan for person in draw(50, 7, 3)) == 7


def test_the_team_is_the_one_the_interviews_pace_asks_for() -> None:
    asked = numbers()
    assert asked.numbers["technicians"].source == Source.DERIVED
    needed = asked["per_week"] * assumptions.minutes_by_hand(asked) / WEEK
    assert needed <= asked["technicians"] < needed + 1
    assert numbers(technicians=9)["technicians"] == 9
    assert numbers(technicians=9).numbers["technicians"].source == Source.GIVEN


def test_the_average_by_hand_is_what_the_month_played_costs() -> None:
    asked = numbers(people=5000)
    found = played(by_hand, asked)
    assert sum(found.minutes.values()) / 5000 == pytest.approx(assumptions.minutes_by_hand(asked), rel=0.03)


def test_by_hand_keeps_the_pace_of_the_interview() -> None:
    """100 before; 300, 500, 700 at the end of the weeks but for the last callers, 800 in the fourth."""
    found = played(by_hand, numbers())
    for week in (1, 2, 3):
        at_end = sum(at <= week * WEEK for at in found.working_at)
        assert 170 * week <= at_end <= 200 * week
    assert max(found.working_at) < 4 * WEEK


def test_without_trouble_nor_loans_parvis_asks_nothing_of_technicians_but_the_campaign() -> None:
    asked = numbers(people=300, loans=0, **NO_TROUBLE, **CERTAIN)
    found = played(with_parvis, asked)
    assert found.minutes == {"open": asked["ours_prepare"]}
    assert found.without_technician == 300
    stages = sum(asked[f"{stage}_time"] for stage in STAGES) / 60
    assert found.working_at == [pytest.approx(asked["ours_prepare"] + asked["takeup"] + stages)] * 300


def test_so_many_are_invited_a_day() -> None:
    asked = numbers(people=300, loans=0, ours_per_day=100, **NO_TROUBLE, **CERTAIN)
    found = played(with_parvis, asked)
    first = min(found.working_at)
    assert sorted({round(at - first, 6) for at in found.working_at}) == [0.0, DAY, 2 * DAY]


def test_those_who_get_out_alone_cost_their_own_time_only() -> None:
    stuck = {"computer_fails": 1.0, "factor_fails": 0.0, "connection_fails": 0.0, "guide_fails": 0.0}
    alone = numbers(people=100, loans=0, computer_alone=1.0, **stuck, **CERTAIN)
    helped = alone.but({"computer_alone": 0.0})
    assert played(with_parvis, alone).minutes.keys() == {"open"}
    found = played(with_parvis, helped)
    assert found.minutes["help"] == 100 * helped["ours_help"]
    assert found.without_technician == 0
    assert len(found.waits) == 100


def test_a_loan_costs_its_preparing_in_both_worlds() -> None:
    asked = numbers(people=100, loans=10, **NO_TROUBLE)
    for world, hand_over in ((by_hand, "hand_loan"), (with_parvis, "ours_loan")):
        assert played(world, asked).minutes["loan"] == pytest.approx(10 * (asked["loan_prepare"] + asked[hand_over]))


def test_late_people_come_a_day_after() -> None:
    asked = numbers(people=100, loans=0, **NO_TROUBLE | CERTAIN | {"takeup_late": 1.0})
    soon = played(with_parvis, asked.but({"takeup_late": 0.0}))
    assert max(played(with_parvis, asked).working_at) == pytest.approx(max(soon.working_at) + DAY)


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries(
        {name: st.floats(0, 1) for name, number in DEFAULTS.items() if number.unit == Unit.SHARE}
        | {"people": st.integers(1, 40), "technicians": st.integers(1, 5), "per_week": st.integers(1, 50)}
        | {"ours_per_day": st.integers(1, 50), "hand_sort": st.floats(0, 500), "ours_help": st.floats(0, 500)}
    ),
    st.floats(0, 1),
)
def test_everybody_works_in_the_end_and_all_work_is_counted(values: dict[str, float], lent: float) -> None:
    asked = Assumptions().but(values | {"loans": int(lent * values["people"])}).settled()
    for world in (by_hand, with_parvis):
        found = played(world, asked)
        assert all(math.isfinite(at) and at >= 0 for at in found.working_at)
        assert set(found.minutes) <= set(REASONS)
        assert found.minutes.keys() == found.jobs.keys()
        assert 0 <= found.without_technician <= asked["people"]
        # A team cannot do more than its hours.
        assert sum(found.minutes.values()) <= asked["technicians"] * max(found.working_at) + 1e-6
        assert len(found.waits) == sum(count for reason, count in found.jobs.items() if reason in ("guiding", "help"))


@pytest.mark.parametrize(
    "values",
    [
        {"unknown": 1.0},
        {"people": -1.0},
        {"people": 10.5},
        {"people": math.nan},
        {"people": math.inf},
        {"computer_fails": 1.1},
        {"hand_help": 1e9},
        {"people": 0.0},
        {"per_week": 0.0},
        {"ours_per_day": 0.0},
        {"people": 10.0, "loans": 11.0},
    ],
)
def test_numbers_that_cannot_be_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Assumptions().but(values).settled()


def test_a_comparison_is_the_same_for_the_same_seed_and_says_its_spread() -> None:
    asked = Assumptions().but({"people": 60, "loans": 4, "per_week": 20})
    found, again = (figures.compare(asked, draws=4, seed=7) for _ in range(2))
    assert (found.results, found.variants) == (again.results, again.variants)
    assert found.results != figures.compare(asked, draws=4, seed=8).results
    assert set(found.results) == {"hand", "parvis"}
    assert set(found.variants) == set(figures.VARIANTS)
    for result in found.results.values():
        for each in result.figures.values():
            assert each.low <= each.mean <= each.high or each.low == pytest.approx(each.high)
    with pytest.raises(ValueError):
        figures.compare(asked, draws=0, seed=7)


def test_if_the_diagnosis_helped_nobody_technicians_would_work_more() -> None:
    found = figures.compare(Assumptions().but({"people": 200, "loans": 5}), draws=3, seed=1)
    usual = found.results["parvis"].figures["minutes_each"].mean
    alone = found.variants["nobody_alone"]["parvis"].figures["minutes_each"].mean
    assert alone > usual
    assert found.variants["help_twice"]["hand"] == found.results["hand"]  # by hand knows nothing of it


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.95, 4), (1.0, 4)])
def test_quantiles_are_of_the_values_there_are(share: float, value: float) -> None:
    assert figures.quantile([1, 2, 3, 4], share) == value
    assert figures.quantile([], share) == 0.0
