"""Who must hear what, and when: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel.clock import PARIS
from parvis.portal.meetings import tell_rules
from parvis.portal.meetings.tell_rules import Kind, Need

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FACTS = {"title": "a", "starts": "1", "tool": "x", "join": "", "link": "", "room": ""}


def need(**given: object) -> Need | None:
    values = {"state": "planned", "ready_at": NOW, "sequence": 0, "told": -1, "is_removed": False, "now": NOW}
    return tell_rules.need(**(values | given))  # type: ignore[arg-type]


def test_the_table_of_needs() -> None:
    assert need() is Need.INVITE
    assert need(told=0) is None
    assert need(told=0, sequence=1) is Need.INVITE
    assert need(is_removed=True) is None
    assert need(is_removed=True, told=0) is Need.CANCEL
    assert need(state="cancelled") is None
    assert need(state="cancelled", told=3, sequence=3) is Need.CANCEL
    assert need(state="waiting") is None
    assert need(state="preparing", ready_at=NOW + timedelta(seconds=1)) is None
    assert need(state="preparing") is Need.INVITE


@given(
    st.sampled_from(["planned", "preparing", "waiting", "cancelled"]),
    st.integers(0, 5),
    st.integers(-1, 5),
    st.booleans(),
)
def test_once_told_there_is_nothing_more_to_hear(state: str, sequence: int, told: int, is_removed: bool) -> None:
    found = need(state=state, sequence=sequence, told=told, is_removed=is_removed)
    after = {Need.INVITE: sequence, Need.CANCEL: -1, None: told}[found]
    assert need(state=state, sequence=sequence, told=after, is_removed=is_removed) is None


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ({}, {}, Kind.INVITATION),
        (FACTS, {}, Kind.NOTHING),
        (FACTS, {"join": "n"}, Kind.NUMBER),
        (FACTS, {"link": "1"}, Kind.NUMBER),
        (FACTS | {"join": "n"}, {"join": "m"}, Kind.CHANGED),
        (FACTS | {"join": "n"}, {"join": "m", "tool": "y"}, Kind.TOOL),
        (FACTS, {"tool": "y", "starts": "2"}, Kind.CHANGED),
        (FACTS, {"title": "b"}, Kind.CHANGED),
    ],
)
def test_the_letter_says_what_changed(before: dict[str, str], after: dict[str, str], kind: Kind) -> None:
    assert tell_rules.kind(before, (before or FACTS) | after) is kind


def test_pauses_grow_and_stay() -> None:
    pauses = [tell_rules.try_again_at(each, NOW) - NOW for each in range(1, 9)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] == timedelta(hours=6)


def test_reminders_have_their_hours() -> None:
    start = NOW + timedelta(days=3)
    assert tell_rules.is_eve(start, NOW, start - timedelta(hours=24))
    assert not tell_rules.is_eve(start, NOW, start - timedelta(hours=25))
    assert not tell_rules.is_eve(start, NOW, start - timedelta(minutes=30))
    assert not tell_rules.is_eve(start, start - timedelta(hours=3), start - timedelta(hours=2))
    assert not tell_rules.is_eve(start, None, start - timedelta(hours=2))
    assert tell_rules.is_soon(start, start - timedelta(minutes=15))
    assert not tell_rules.is_soon(start, start)
    assert not tell_rules.is_soon(start, start - timedelta(minutes=16))


class TestShortened:
    FIRST = datetime(2026, 10, 22, 9, 0, tzinfo=PARIS)  # the clocks change three days later

    def starts(self, *weeks: int) -> list[datetime]:
        return [(self.FIRST + timedelta(weeks=week)).astimezone(UTC) for week in weeks]

    def test_all_of_them(self) -> None:
        rule, without = tell_rules.shortened("FREQ=WEEKLY;COUNT=9", self.starts(0, 1, 2)) or ("", [])
        assert (rule, without) == ("FREQ=WEEKLY;UNTIL=20261105T080000Z", [])

    def test_some_of_them(self) -> None:
        rule, without = tell_rules.shortened("FREQ=WEEKLY;UNTIL=20301105T080000Z", self.starts(1, 3)) or ("", [])
        assert rule.startswith("FREQ=WEEKLY;UNTIL=")
        assert [each.hour for each in without] == [9]
        assert [each.astimezone(UTC) for each in without] == self.starts(2)

    @pytest.mark.parametrize("rule", ["FREQ=WEEKLY;INTERVAL=2", "nonsense", "", "FREQ=DAILY;BYDAY=SU"])
    def test_a_rule_that_does_not_give_them(self, rule: str) -> None:
        assert tell_rules.shortened(rule, self.starts(0, 1)) is None
