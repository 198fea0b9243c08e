"""Times of a meeting: chips, when one may join, days of a series by the wall clock of Paris."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.meetings import rules
from parvis.portal.meetings.drafts import read_addresses
from parvis.portal.meetings.showing import grouped

MONDAY = datetime(2026, 11, 23, 9, 2, 31, tzinfo=rules.PARIS)


def paris(instant: datetime) -> str:
    return f"{instant.astimezone(rules.PARIS):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ("now", "2026-11-23 09:05"),
        ("soon", "2026-11-23 09:35"),
        ("afternoon", "2026-11-23 14:00"),
        ("tomorrow_9", "2026-11-24 09:00"),
        ("tomorrow_14", "2026-11-24 14:00"),
    ],
)
def test_a_chip_stands_for_a_time(when: str, at: str) -> None:
    assert paris(rules.start_of(when, MONDAY)) == at


def test_on_friday_the_next_working_day_is_monday() -> None:
    friday = datetime(2026, 11, 27, 17, 0, tzinfo=rules.PARIS)
    assert paris(rules.start_of("tomorrow_9", friday)) == "2026-11-30 09:00"
    assert paris(rules.start_of("afternoon", friday)) == "2026-11-27 17:15"


@given(st.sampled_from(rules.WHENS), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_a_chip_is_never_in_the_past_and_always_on_five_minutes(when: str, local: datetime) -> None:
    now = local.replace(tzinfo=UTC)
    starts = rules.start_of(when, now)
    assert starts > now - timedelta(minutes=1)
    assert starts.astimezone(rules.PARIS).minute % 5 == 0


def test_a_series_keeps_its_hour_when_the_clocks_change() -> None:
    first = datetime(2026, 10, 20, 9, 0, tzinfo=rules.PARIS)
    found = rules.occurrences(first, rules.rule_for("weekly", first.date(), date(2026, 11, 3)))
    assert [paris(each) for each in found] == ["2026-10-20 09:00", "2026-10-27 09:00", "2026-11-03 09:00"]
    assert [f"{each:%H}" for each in found] == ["07", "08", "08"]


def test_a_series_in_spring_keeps_its_hour_too() -> None:
    first = datetime(2027, 3, 22, 8, 30, tzinfo=rules.PARIS)
    found = rules.occurrences(first, rules.rule_for("fortnightly", first.date(), date(2027, 4, 30)))
    assert [paris(each) for each in found] == ["2027-03-22 08:30", "2027-04-05 08:30", "2027-04-19 08:30"]


def test_the_last_day_of_a_series_is_in_it_and_the_next_is_not() -> None:
    first = datetime(2026, 11, 23, 23, 30, tzinfo=rules.PARIS)
    found = rules.occurrences(first, rules.rule_for("daily", first.date(), date(2026, 12, 1)))
    assert [each.astimezone(rules.PARIS).date() for each in found][-1] == date(2026, 12, 1)
    assert {each.astimezone(rules.PARIS).weekday() for each in found} == {0, 1, 2, 3, 4}


def test_every_month_is_the_same_weekday_of_the_month() -> None:
    first = datetime(2026, 9, 29, 14, 0, tzinfo=rules.PARIS)  # the fifth Tuesday: the last of each month
    found = rules.occurrences(first, rules.rule_for("monthly", first.date(), date(2026, 12, 31)))
    assert [paris(each)[:10] for each in found] == ["2026-09-29", "2026-10-27", "2026-11-24", "2026-12-29"]


def test_a_series_is_bounded() -> None:
    first = datetime(2026, 1, 5, 9, 0, tzinfo=rules.PARIS)
    found = rules.occurrences(first, rules.rule_for("daily", first.date(), date(2029, 1, 1)))
    assert len(found) == rules.MOST_OCCURRENCES


@pytest.mark.parametrize(
    ("minutes", "wrong"),
    [(3, ("minutes", "too_short")), (30, None), (720, None), (721, ("minutes", "too_long"))],
)
def test_how_long_a_meeting_may_be(minutes: int, wrong: tuple[str, str] | None) -> None:
    assert rules.wrong_with_time(MONDAY, MONDAY + timedelta(minutes=minutes), MONDAY) == wrong


def test_one_joins_a_quarter_of_an_hour_before_and_comes_back_for_half_an_hour() -> None:
    ends = MONDAY + timedelta(hours=1)
    assert not rules.is_open(MONDAY, ends, MONDAY - timedelta(minutes=16))
    assert rules.is_open(MONDAY, ends, MONDAY - timedelta(minutes=15))
    assert rules.is_open(MONDAY, ends, ends + timedelta(minutes=30))
    assert not rules.is_open(MONDAY, ends, ends + timedelta(minutes=31))


def test_what_is_cancelled_stays_so() -> None:
    assert rules.MOVES[rules.CANCELLED] == frozenset()
    assert set(rules.MOVES) == {*rules.ALIVE, rules.CANCELLED}


def test_pasted_addresses_are_read_from_anything() -> None:
    found = read_addresses('Ana Roy <Ana.Roy@Dehors.example>; bob@dehors.example, , "C, D" \n bob@dehors.example x@y z')
    assert ("Ana Roy", "ana.roy@dehors.example") in found.people
    assert [address for _name, address in found.people].count("bob@dehors.example") == 1
    assert found.wrong


@given(st.text(max_size=400))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    for _name, address in read_addresses(text).people:
        assert "@" in address
        assert "\n" not in address


@pytest.mark.parametrize(
    ("pin", "said"), [("4821", "4821"), ("482193", "482 193"), ("12345678", "1234 5678"), ("", "")]
)
def test_a_code_is_read_out_in_groups(pin: str, said: str) -> None:
    assert grouped(pin).replace("\u00a0", " ") == said
