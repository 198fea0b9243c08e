"""When a room is open, who waits, how codes and callers are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.live_rooms import rules
from parvis.portal.live_rooms.joining import spaced

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
END = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("minutes", "is_open"), [(-16, False), (-15, True), (0, True), (60, True), (89, True), (90, False)]
)
def test_a_room_opens_a_quarter_before_and_stays_half_an_hour(minutes: int, is_open: bool) -> None:
    now = START + timedelta(minutes=minutes)
    assert rules.is_open(START, END, None, now) is is_open
    assert not rules.is_open(START, END, START, now)


@given(role=st.sampled_from(["host", "speaker", "listener"]), lobby=st.booleans(), invited=st.booleans())
def test_hosts_never_wait_and_the_uninvited_always_do(role: str, lobby: bool, invited: bool) -> None:
    waits = rules.waits(role=role, is_invited=invited, has_lobby=lobby)
    assert waits is (role != "host" and (lobby or not invited))
    assert not rules.waits(role=role, is_invited=invited, has_lobby=lobby, is_public=True)


@given(st.text(max_size=40))
def test_of_a_caller_two_digits_are_kept_at_most(caller: str) -> None:
    assert sum(char.isdigit() for char in rules.caller_name(caller)) <= 2


def test_numbers_and_codes_are_read_in_groups() -> None:
    assert rules.caller_name("+33612345678") == "Téléphone … 78"
    assert rules.spelled("482915") == "482 915"
    assert spaced("+33298001234").split() == ["02", "98", "00", "12", "34"]
    assert spaced("+4930123456") == "+4930123456"
