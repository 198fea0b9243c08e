"""The life of an asset as a table, who may write a field, ages in months."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.parc import rules

STATES = frozenset(rules.ASSET_MOVES)


def test_every_life_can_end_and_ends_for_good() -> None:
    assert not rules.ASSET_MOVES["disposed"]
    for start in STATES - {"disposed"}:
        reached, edge = {start}, {start}
        while edge:
            edge = {to for state in edge for to in rules.ASSET_MOVES[state]} - reached
            reached |= edge
        assert "disposed" in reached, start


def test_moves_go_between_known_states_and_never_stand_still() -> None:
    for state, moves in rules.ASSET_MOVES.items():
        assert moves <= STATES
        assert state not in moves
        assert all(state in rules.asset_sources_of(to) for to in moves)
    assert rules.NOBODYS <= STATES
    assert {"deployed", "repair"} == STATES - rules.NOBODYS


@pytest.mark.parametrize(
    ("name", "origin", "current", "may"),
    [
        ("serial", "probe", "OLD", True),
        ("serial", None, "", True),
        ("serial", None, "OLD", False),
        ("serial", "human", "", False),
        ("serial", "import", "OLD", False),
        ("site", "probe", "", False),
        ("entity", None, "", False),
    ],
)
def test_a_probe_never_undoes_a_decision(name: str, origin: str | None, current: str, may: bool) -> None:
    assert rules.probe_may_write(name, origin=origin, current=current) is may


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 0),
        (date(2026, 1, 15), date(2026, 2, 15), 1),
        (date(2026, 1, 15), date(2027, 1, 14), 11),
        (date(2026, 2, 15), date(2026, 1, 15), -1),
        (date(2026, 2, 15), date(2026, 1, 20), 0),
        (date(2026, 5, 1), date(2026, 5, 31), 0),
    ],
)
def test_whole_months(start: date, end: date, months: int) -> None:
    assert rules.months_between(start, end) == months


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_months_there_and_back_are_close_and_days_agree(one: date, other: date) -> None:
    months = rules.months_between(one, other)
    assert abs(months + rules.months_between(other, one)) <= 1
    if months > 0:
        assert (other - one).days >= months * 28
