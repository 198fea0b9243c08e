"""What a count and the list disagree on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.stocktake.models import Difference, Stocktake
from parvis.portal.stocktake.rules import MOVES, OUTCOMES, Known, Seen, differences

HERE = Known(here=True, room="B 204", counted=True)


def kinds(**arguments: object) -> list[tuple[str, int | None]]:
    return [(each.kind, each.asset) for each in differences(**arguments)]  # type: ignore[arg-type]


def test_seen_where_it_is_listed() -> None:
    assert kinds(expected=[1], seen=[Seen(1, "", "b 204", 0)], known={1: HERE}) == []
    assert kinds(expected=[1], seen=[Seen(1, "", "", 0)], known={1: HERE}) == []


def test_each_difference() -> None:
    known = {1: HERE, 2: Known(False, "A 1", True), 3: Known(True, "B 204", False)}
    seen = [Seen(1, "", "C 3", 0), Seen(2, "", "C 3", 1), Seen(3, "", "B 204", 2), Seen(None, "ABC", "C 3", 3)]
    assert kinds(expected=[1, 4], seen=seen, known=known) == [
        ("room", 1), ("elsewhere", 2), ("back", 3), ("unknown", None), ("missing", 4),
    ]  # fmt: skip


def test_the_last_sighting_wins_and_a_code_counts_once() -> None:
    seen = [Seen(1, "", "C 3", 5), Seen(1, "", "B 204", 9), Seen(None, "abc", "x", 1), Seen(None, "ABC", "y", 2)]
    found = differences(expected=[1], seen=seen, known={1: HERE})
    assert [(each.kind, each.room) for each in found] == [("unknown", "y")]


@given(
    st.sets(st.integers(1, 20)),
    st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 20)), st.sampled_from("abc"), st.sampled_from(["", "r"]))),
)
def test_nothing_is_told_twice_and_nothing_seen_is_missing(
    expected: set[int], sightings: list[tuple[int | None, str, str]]
) -> None:
    seen = [Seen(asset, code, room, order) for order, (asset, code, room) in enumerate(sightings)]
    known = {pk: Known(pk % 2 == 0, "r", pk % 3 != 0) for pk in range(1, 21)}
    found = differences(expected=expected, seen=seen, known=known)
    keys = [(each.asset, each.code if each.asset is None else "") for each in found]
    assert len(keys) == len(set(keys))
    met = {each.asset for each in seen}
    assert {each.asset for each in found if each.kind == "missing"} == {pk for pk in expected if pk not in met}


def test_the_tables_speak_of_the_models_values() -> None:
    assert set(MOVES) == set(Stocktake.State.values)
    assert set(OUTCOMES) == set(Difference.Kind.values)
    assert {outcome for outcomes in OUTCOMES.values() for outcome in outcomes} == set(Difference.Outcome.values) - {""}
