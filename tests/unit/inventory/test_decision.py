"""Points and the table of decisions: what must never merge, whatever the values."""

from __future__ import annotations

from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.portal.inventory import rules
from parvis.portal.inventory.rules import AGAINST, POINTS, Key, Known, Weighing, decide, weigh

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine, slowness says nothing of the rules."""

VALUES = st.sampled_from("ABCD")
KEYS = st.frozensets(st.tuples(st.sampled_from(get_args(rules.Kind)), VALUES), max_size=8)
SERIALS = st.frozensets(st.tuples(st.just("serial"), VALUES), min_size=1, max_size=2)


def known(keys: frozenset[Key], asset_id: int = 1, **more: object) -> Known:
    return Known(asset_id, keys, **more)  # type: ignore[arg-type]


def without(keys: frozenset[Key], kind: str) -> frozenset[Key]:
    return frozenset(key for key in keys if key[0] != kind)


def test_every_kind_has_points() -> None:
    assert set(POINTS) == set(get_args(rules.Kind))
    assert set(AGAINST) <= set(POINTS)


@calmly
@given(KEYS, KEYS)
def test_the_same_sides_give_the_same_score(ours: frozenset[Key], theirs: frozenset[Key]) -> None:
    assert weigh(ours, known(theirs), holders={}).score == weigh(theirs, known(ours), holders={}).score


@calmly
@given(KEYS, KEYS, st.sampled_from(["A", "B"]), st.booleans())
def test_two_serials_are_two_machines(
    ours: frozenset[Key], theirs: frozenset[Key], serial: str, same_body: bool
) -> None:
    """The probe's identifier, the name, a board and all cards in common do not make up for it."""
    mine = without(without(ours, "serial"), "uuid") | {("serial", serial)}
    other = without(theirs, "serial") | {("serial", "Z")}
    weighed = weigh(mine, known(other, same_body=same_body), holders={})
    assert decide(mine, [weighed]).outcome != "apply"


@calmly
@given(KEYS, KEYS, st.sampled_from(sorted(rules.SHAREABLE)), VALUES)
def test_a_shared_value_adds_nothing(ours: frozenset[Key], theirs: frozenset[Key], kind: str, value: str) -> None:
    """What several assets hold cannot lift a score: it is as if it were not compared."""
    key: Key = (kind, value)  # type: ignore[assignment]
    mine, other = without(ours, kind) | {key}, without(theirs, kind) | {key}
    with_it = weigh(mine, known(other), holders={key: 2})
    without_it = weigh(without(ours, kind), known(without(theirs, kind)), holders={})
    assert with_it.score == without_it.score
    assert with_it.why[f"{kind}_shared"] == 0


@calmly
@given(KEYS, st.lists(st.integers(-100, 250), max_size=6), st.randoms())
def test_the_order_of_candidates_does_not_matter(keys: frozenset[Key], scores: list[int], chance: object) -> None:
    weighings = [Weighing(number, score) for number, score in enumerate(scores, 1)]
    mixed = list(weighings)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert decide(keys, mixed) == decide(keys, weighings)


@calmly
@given(KEYS, st.lists(st.integers(-100, 250), max_size=6))
def test_the_table_of_decisions(keys: frozenset[Key], scores: list[int]) -> None:
    verdict = decide(keys, [Weighing(number, score) for number, score in enumerate(scores, 1)])
    best = sorted(scores, reverse=True)
    if verdict.outcome == "apply":
        assert best[0] >= rules.APPLY_FROM
        assert len(best) == 1 or best[0] - best[1] >= rules.AHEAD_BY
        assert verdict.asset_id == scores.index(best[0]) + 1
    elif verdict.outcome == "create":
        assert not best or best[0] < rules.DOUBT_FROM
        assert any(key[0] in rules.OWN for key in keys)
    else:
        assert verdict.problem in rules.PROBLEMS


def test_the_named_traps() -> None:
    """The table of `docs/explanation`: what each situation scores, and what is decided."""
    case: frozenset[Key] = frozenset({("serial", "S1"), ("uuid", "U1"), ("board", "B1"), ("mac", "M1"), ("mac", "M2")})
    pc = case | {("device", "D1"), ("name", "PC1")}
    swapped = frozenset({("serial", "S1"), ("uuid", "U2"), ("board", "B2"), ("mac", "M2"), ("name", "PC1")})
    clone = frozenset({("serial", "S9"), ("uuid", "U9"), ("mac", "M9"), ("device", "D1"), ("name", "PC1")})
    renamed = case | {("device", "D7"), ("name", "PC7")}
    dock = frozenset({("serial", "S5"), ("mac", "M1"), ("name", "PC5")})
    reinstalled = frozenset({("mac", "M1"), ("mac", "M2"), ("name", "NEW"), ("device", "D8")})
    outcomes = {
        label: decide(keys, [weigh(keys, known(pc), holders={})]).outcome
        for label, keys in {
            "again": pc,
            "motherboard": frozenset(swapped),
            "clone": frozenset(clone),
            "renamed": renamed,
            "dock": frozenset(dock),
            "reinstalled": frozenset(reinstalled),
        }.items()
    }
    assert outcomes == {
        "again": "apply",
        "motherboard": "apply",
        "clone": "create",
        "renamed": "apply",
        "dock": "create",
        "reinstalled": "quarantine",
    }


def test_what_a_person_settled_counts() -> None:
    weak: frozenset[Key] = frozenset({("device", "D1"), ("name", "PC1")})
    assert decide(weak, [weigh(weak, known(weak), holders={})]).outcome == "quarantine"
    assert decide(weak, [weigh(weak, known(weak, confirmed=weak), holders={})]).outcome == "apply"
