"""The rules of the remote screen, by table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.rules import DatedRight, Facts, No

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
WEEK = DatedRight(TODAY - 3 * DAY, TODAY + 3 * DAY)
ENDLESS = DatedRight(TODAY - 3 * DAY, None)
GOOD = Facts(rights=(WEEK,))

YESTERDAY, TOMORROW = TODAY - DAY, TODAY + DAY
OVER = DatedRight(TODAY - 9 * DAY, YESTERDAY)
LONG_OVER = DatedRight(TODAY - 9 * DAY, TODAY - 5 * DAY)
NEXT, LATER = DatedRight(TOMORROW, None), DatedRight(TODAY + 9 * DAY, None)
TAKEN = replace(WEEK, revoked=True)

WHY_NOT = [
    ("all is well", GOOD, None),
    ("endless, own computer", replace(GOOD, rights=(ENDLESS,)), None),
    ("dated, a colleague's computer", replace(GOOD, assigned=False), None),
    ("endless, a colleague's computer", replace(GOOD, assigned=False, rights=(ENDLESS,)), No("not_assigned")),
    ("first day", replace(GOOD, rights=(DatedRight(TODAY, TODAY + DAY),)), None),
    ("last day", replace(GOOD, rights=(DatedRight(TODAY - DAY, TODAY),)), None),
    ("yesterday was the last", replace(GOOD, rights=(OVER,)), No("right_expired", YESTERDAY)),
    ("tomorrow is the first", replace(GOOD, rights=(NEXT,)), No("right_not_started", TOMORROW)),
    ("the nearest start is told", replace(GOOD, rights=(LATER, NEXT)), No("right_not_started", TOMORROW)),
    ("revoked", replace(GOOD, rights=(TAKEN,)), No("right_revoked")),
    ("revoked, then given again", replace(GOOD, rights=(TAKEN, WEEK)), None),
    ("revoked, expired before", replace(GOOD, rights=(TAKEN, LONG_OVER)), No("right_expired", TODAY - 5 * DAY)),
    ("no right, own computer", replace(GOOD, rights=()), No("no_right")),
    ("account disabled", replace(GOOD, account_active=False), No("account_disabled")),
    ("has left", replace(GOOD, agent_active=False), No("account_disabled")),
    ("server", replace(GOOD, kind="server"), No("kind_forbidden")),
    ("administration PC", replace(GOOD, kind="admin"), No("kind_forbidden")),
    ("server the head of IT allowed", replace(GOOD, kind="server", sensitive_allowed=True), None),
    ("laptop", replace(GOOD, kind="laptop"), None),
    ("school", replace(GOOD, kind="school"), None),
    ("display never set up", replace(GOOD, display_enabled=None), No("display_missing")),
    ("display closed", replace(GOOD, display_enabled=False), No("display_disabled")),
    ("no address", replace(GOOD, has_address=False), No("no_address")),
    ("nothing about a server is told without a right", replace(GOOD, kind="server", rights=()), No("no_right")),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in WHY_NOT], ids=[row[0] for row in WHY_NOT])
def test_why_not(facts: Facts, expected: No | None) -> None:
    assert rules.why_not(facts, TODAY) == expected


@given(
    starts=st.integers(-400, 400), length=st.none() | st.integers(0, 400), revoked=st.booleans(), assigned=st.booleans()
)
def test_a_single_right_opens_exactly_its_days(starts: int, length: int | None, revoked: bool, assigned: bool) -> None:
    first = TODAY + starts * DAY
    last = None if length is None else first + length * DAY
    facts = Facts(assigned=assigned, rights=(DatedRight(first, last, revoked),))
    holds = not revoked and starts <= 0 and (assigned if length is None else starts + length >= 0)
    assert (rules.why_not(facts, TODAY) is None) is holds


@pytest.mark.parametrize(
    ("state", "to", "allowed"),
    [(state, to, to in rules.SESSION_MOVES[state]) for state in rules.SESSION_MOVES for to in rules.SESSION_MOVES],
)
def test_sources_is_the_table_read_backwards(state: str, to: str, allowed: bool) -> None:
    assert (state in rules.sources(to)) is allowed


def test_nothing_leaves_the_end_and_everything_reaches_it() -> None:
    assert rules.SESSION_MOVES["ended"] == frozenset()
    assert set(rules.sources("ended")) == set(rules.LIVE_STATES)
    assert "requested" not in {to for targets in rules.SESSION_MOVES.values() for to in targets}


def contract_reasons() -> dict[str, tuple[int, bool]]:
    text = (Path(__file__).parents[3] / "docs/reference/gateway-protocol.md").read_text()
    rows = re.findall(r"^\| (\d{4}) \| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    return {reason: (int(code), "yes" in may) for code, reason, may in rows}


def test_end_reasons_are_those_of_the_contract() -> None:
    table = {code: (each.close_code, each.resumable) for code, each in rules.END_REASONS.items() if each.close_code}
    assert table == contract_reasons()
    assert len(table) == 15


def test_gateways_hear_only_words_of_the_contract() -> None:
    assert {rules.wire_reason(code) for code in rules.END_REASONS} <= set(contract_reasons())
    assert rules.wire_reason("never heard of") == "protocol_error"


@pytest.mark.parametrize(
    ("now", "until", "expected"),
    [
        # A plain day: ten hours.
        ("2026-11-23T08:00+00:00", None, "2026-11-23T18:00+00:00"),
        # The right's last day is today: midnight in Paris, which is 23:00 UTC in winter and 22:00 in summer.
        ("2026-11-23T20:00+00:00", "2026-11-23", "2026-11-23T23:00+00:00"),
        ("2026-07-01T20:00+00:00", "2026-07-01", "2026-07-01T22:00+00:00"),
        # The nights when the clocks change, 23 and 25 hours long.
        ("2026-03-28T20:00+00:00", "2026-03-28", "2026-03-28T23:00+00:00"),
        ("2026-03-29T20:00+00:00", "2026-03-29", "2026-03-29T22:00+00:00"),
        ("2026-10-24T20:00+00:00", "2026-10-24", "2026-10-24T22:00+00:00"),
        ("2026-10-25T20:00+00:00", "2026-10-25", "2026-10-25T23:00+00:00"),
        # The last day is far: the hours count.
        ("2026-11-23T20:00+00:00", "2026-12-31", "2026-11-24T06:00+00:00"),
    ],
)
def test_absolute_end(now: str, until: str | None, expected: str) -> None:
    day = date.fromisoformat(until) if until else None
    assert rules.absolute_end(datetime.fromisoformat(now), 10, day, PARIS) == datetime.fromisoformat(expected)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, 24))
def test_absolute_end_is_never_past_the_hours_nor_before_now(naive: datetime, hours: int) -> None:
    now = naive.replace(tzinfo=UTC)
    today = now.astimezone(PARIS).date()
    end = rules.absolute_end(now, hours, today, PARIS)
    assert now < end <= now + timedelta(hours=hours)
    assert (end - timedelta(seconds=1)).astimezone(PARIS).date() == today or end - now <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rights", "assigned", "expected"),
    [
        ((WEEK,), True, TODAY + 3 * DAY),
        ((WEEK, DatedRight(TODAY, TODAY + 9 * DAY)), True, TODAY + 9 * DAY),
        ((WEEK, ENDLESS), True, None),
        ((WEEK, ENDLESS), False, TODAY + 3 * DAY),
        ((WEEK, DatedRight(TODAY + 9 * DAY, TODAY + 20 * DAY)), True, TODAY + 3 * DAY),
        ((), True, None),
    ],
)
def test_last_day(rights: tuple[DatedRight, ...], assigned: bool, expected: date | None) -> None:
    assert rules.last_day(Facts(rights=rights, assigned=assigned), TODAY) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"own": True}, "own_right"),
        ({"ends": TODAY - DAY, "starts": TODAY}, "dates_reversed"),
        ({"starts": TODAY - 9 * DAY, "ends": TODAY - DAY}, "dates_past"),
        ({"ends": TODAY}, None),
        ({"ends": None}, None),
        ({"ends": None, "assigned": False}, "end_required"),
        ({"assigned": False}, None),
        ({"kind": "server"}, "kind_forbidden"),
        ({"kind": "admin", "sensitive_allowed": True}, None),
    ],
)
def test_why_not_grant(change: dict[str, object], expected: str | None) -> None:
    asked: dict[str, object] = {
        "own": False, "starts": TODAY, "ends": TODAY + DAY, "today": TODAY, "assigned": True, "kind": "office",
        "sensitive_allowed": False,
    }  # fmt: skip
    assert rules.why_not_grant(**asked | change) == expected  # type: ignore[arg-type]
