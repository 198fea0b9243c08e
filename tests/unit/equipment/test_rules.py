"""Who has which profile, and what of it is there: the matching is as good as trying everything."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.equipment import rules
from parvis.portal.equipment.rules import (
    FINE,
    LACKING,
    MISSING,
    NO,
    OLD,
    REPLACE,
    THERE,
    YES,
    Ageing,
    Condition,
    Kit,
    Line,
    Thing,
    Who,
)

MONTH = 2026 * 12 + 10
KINDS = ("office", "laptop", "screen")


def kit(number: int, path: str = "", rank: int = 100, *tests: Condition) -> Kit:
    return Kit(number, f"Profil {number}", path, rank, tests or (Condition(),), ())


def line(*kinds: str, quantity: int = 1, price: int = 100, **more: object) -> Line:
    return Line(kinds, kinds[0], quantity, Decimal(price), **more)  # type: ignore[arg-type]


# Who has which profile


@pytest.mark.parametrize(
    ("job", "word", "holds"),
    [
        ("agente d'accueil", "agent", True),
        ("reagent", "agent", False),
        ("chargee d'accueil", "accueil", True),
        ("responsable de secteur", "responsable de secteur", True),
        ("", "agent", False),
    ],
)
def test_words_are_found_at_the_beginning_of_a_word(job: str, word: str, holds: bool) -> None:
    assert Condition(words=(word,)).holds(Who("1.", job, False)) is holds


def test_words_are_folded_and_separated_by_commas() -> None:
    assert rules.words_of(" Élève-stagiaire, Cœur de métier ,,") == ("eleve-stagiaire", "coeur de metier")


def test_all_that_a_condition_says_must_hold() -> None:
    test = Condition(("agent",), "1.2.", YES)
    assert test.holds(Who("1.2.3.", "agent", True))
    assert not test.holds(Who("1.2.3.", "agent", False))
    assert not test.holds(Who("1.3.", "agent", True))
    assert not test.holds(Who("1.2.", "comptable", True))
    assert Condition(telework=NO).holds(Who("1.", "", False))


def test_the_most_local_profile_wins_then_the_rank() -> None:
    kits = rules.in_order([kit(1, "1.", 1), kit(2, "1.2.", 50), kit(3, "1.2.", 10), kit(4, "1.3.", 1)])
    who = Who("1.2.9.", "agent", False)
    local = rules.kit_for(who, kits)
    assert local is not None
    assert local[0].id == 3
    found = rules.kit_for(Who("1.4.", "", False), kits)
    assert found is not None
    assert found[0].id == 1
    assert rules.kit_for(Who("2.", "", False), kits) is None


def test_the_condition_that_holds_is_told() -> None:
    tests = (Condition(("police",)), Condition(("agent",)))
    assert rules.kit_for(Who("1.", "agent", False), [kit(1, "", 1, *tests)]) == (kit(1, "", 1, *tests), 1)


# What is there


def states(lines: list[Line], things: list[Thing], ageing: Ageing | None = None) -> list[str]:
    return [slot.state for slot in rules.level_of(lines, things, month=MONTH, ageing=ageing or Ageing())]


def test_what_is_too_old_is_told_apart_as_the_settings_say() -> None:
    worn = [Thing("office", bought=MONTH - 60)]
    assert states([line("office")], worn) == [OLD]
    assert states([line("office")], [Thing("office", bought=MONTH - 59)]) == [THERE]
    assert states([line("office")], worn, Ageing(old_means=MISSING)) == [LACKING]
    assert states([line("office")], worn, Ageing(old_means=FINE)) == [THERE]
    assert states([line("office")], [Thing("office")]) == [THERE]
    assert states([line("office", max_months=12)], [Thing("office", bought=MONTH - 12)]) == [OLD]


def test_a_shared_thing_fills_only_what_may_be_shared() -> None:
    shared = [Thing("office", shared=True)]
    assert states([line("office")], shared) == [LACKING]
    assert states([line("office", shared_will_do=True)], shared) == [THERE]


def test_only_accepted_models_count() -> None:
    wanted = line("laptop", models=frozenset({7}))
    assert states([wanted], [Thing("laptop", 8), Thing("laptop")]) == [LACKING]
    assert states([wanted], [Thing("laptop", 7)]) == [THERE]


def test_the_only_laptop_goes_where_nothing_else_will_do() -> None:
    lines = [line("office", "laptop"), line("laptop")]
    assert states(lines, [Thing("laptop"), Thing("office")]) == [THERE, THERE]


things_ = st.lists(
    st.builds(
        Thing,
        st.sampled_from(KINDS),
        st.sampled_from([None, 1]),
        st.one_of(st.none(), st.integers(MONTH - 120, MONTH)),
        st.booleans(),
    ),
    max_size=4,
)
lines_ = st.lists(
    st.builds(
        Line,
        st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True).map(tuple),
        st.just("x"),
        st.integers(1, 2),
        st.integers(0, 900).map(Decimal),
        st.sampled_from([frozenset(), frozenset({1})]),
        st.sampled_from([None, 24]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=3,
)


def most_good(lines: list[Line], things: list[Thing]) -> tuple[int, int]:
    """The most required slots, then slots of any sort, that good things can fill: by trying everything."""
    slots = [each for each in lines for _n in range(each.quantity)]
    best = (0, 0)
    numbers = [*range(len(things)), *[None] * len(slots)]
    for chosen in set(itertools.permutations(numbers, len(slots))):
        pairs = [(slot, things[at]) for slot, at in zip(slots, chosen, strict=True) if at is not None]
        if all(rules._fits(s, t) and not rules._is_old(s, t, MONTH, Ageing()) for s, t in pairs):
            best = max(best, (sum(s.required for s, _t in pairs), len(pairs)))
    return best


@given(lines_.filter(lambda lines: sum(each.quantity for each in lines) <= 4), things_)
def test_nothing_better_could_be_made_of_the_things(lines: list[Line], things: list[Thing]) -> None:
    slots = rules.level_of(lines, things, month=MONTH, ageing=Ageing())
    good = [slot for slot in slots if slot.state == THERE]
    assert (sum(slot.line.required for slot in good), len(good)) == most_good(lines, things)


@given(lines_, things_, st.sampled_from([REPLACE, MISSING, FINE]))
def test_a_thing_fills_one_slot_and_only_one_it_fits(lines: list[Line], things: list[Thing], old: str) -> None:
    slots = rules.level_of(lines, things, month=MONTH, ageing=Ageing(old_means=old))
    used = [slot.thing for slot in slots if slot.thing is not None]
    assert len(used) == len(set(used))
    assert len(slots) == sum(each.quantity for each in lines)
    for slot in slots:
        assert (slot.state in {THERE, OLD}) <= (slot.thing is not None)
        assert slot.thing is None or rules._fits(slot.line, things[slot.thing])
        assert old == REPLACE or slot.state != OLD


@given(lines_, things_, things_)
def test_one_thing_more_never_costs_more(lines: list[Line], things: list[Thing], more: list[Thing]) -> None:
    def gap(held: list[Thing]) -> int:
        return rules.tally(rules.level_of(lines, held, month=MONTH, ageing=Ageing())).there

    assert gap([*things, *more]) >= gap(things)


@given(lines_, things_)
def test_the_tally_counts_each_required_slot_once(lines: list[Line], things: list[Thing]) -> None:
    slots = rules.level_of(lines, things, month=MONTH, ageing=Ageing())
    found = rules.tally(slots)
    assert found.there + found.old + found.lacking == found.wanted == sum(s.line.required for s in slots)
    assert found.cost == sum(s.line.price for s in slots if s.line.required and s.state != THERE)
    total = rules.Tally()
    total.add(found, 3)
    assert (total.agents, total.cost, total.percent) == (3, found.cost * 3, found.percent)


def test_an_agent_without_profile_is_counted_apart() -> None:
    found = rules.tally(None)
    assert (found.agents, found.without_profile, found.complete, found.percent) == (1, 1, 0, 100)
