"""Rules by Paris's wall clock, through both nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.booking.recurrence import BadRule, occurrences
from parvis.portal.booking.rules import MOST_OCCURRENCES, in_hours_from
from parvis.portal.kernel.clock import PARIS

YEAR = timedelta(days=365)


def walls(rule: str, first: datetime, until: datetime | None = None) -> list[str]:
    first = first.replace(tzinfo=PARIS)
    found = occurrences(rule, first, until=(until or first + YEAR), zone=PARIS)
    return [f"{each.astimezone(PARIS):%d/%m %H:%M}" for each in found]


def test_nine_stays_nine_when_the_clocks_change() -> None:
    assert walls("FREQ=WEEKLY;COUNT=3", datetime(2026, 10, 19, 9)) == ["19/10 09:00", "26/10 09:00", "02/11 09:00"]
    utc = occurrences(
        "FREQ=WEEKLY;COUNT=2",
        datetime(2026, 10, 19, 9, tzinfo=PARIS),
        until=datetime(2027, 1, 1, tzinfo=UTC),
        zone=PARIS,
    )
    assert [each.hour for each in utc] == [7, 8]
    spring = walls("FREQ=WEEKLY;COUNT=2", datetime(2027, 3, 22, 9))
    assert spring == ["22/03 09:00", "29/03 09:00"]


def test_a_time_the_night_of_march_skips() -> None:
    """28 March 2027: 2:30 does not exist; it is 3:30, and 2:30 again the next day."""
    assert walls("FREQ=DAILY;COUNT=3", datetime(2027, 3, 27, 2, 30)) == ["27/03 02:30", "28/03 03:30", "29/03 02:30"]


def test_a_time_the_night_of_october_has_twice() -> None:
    """25 October 2026: the first 2:30, still at UTC+2."""
    first = datetime(2026, 10, 24, 2, 30, tzinfo=PARIS)
    found = occurrences("FREQ=DAILY;COUNT=2", first, until=first + YEAR, zone=PARIS)
    assert found[1] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_first_is_always_one_of_them() -> None:
    """A Wednesday, repeated on Mondays."""
    assert walls("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261208", datetime(2026, 11, 25, 9)) == [
        "25/11 09:00",
        "30/11 09:00",
        "07/12 09:00",
    ]


def test_the_last_friday_of_the_month() -> None:
    assert walls("RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", datetime(2026, 11, 27, 14)) == [
        "27/11 14:00",
        "25/12 14:00",
        "29/01 14:00",
    ]


@pytest.mark.parametrize("until", ["20261209T080000Z", "20261209T090000", "20261209"])
def test_until_in_its_three_forms(until: str) -> None:
    assert len(walls(f"FREQ=WEEKLY;UNTIL={until}", datetime(2026, 11, 25, 9))) == 3


def test_without_an_end_it_goes_as_far_as_one_may_book() -> None:
    assert len(walls("FREQ=DAILY", datetime(2026, 11, 25, 9))) == MOST_OCCURRENCES
    assert len(walls("FREQ=WEEKLY", datetime(2026, 11, 25, 9), datetime(2026, 12, 25, 9, tzinfo=PARIS))) == 5


def test_more_than_may_be_is_said() -> None:
    with pytest.raises(BadRule, match="too_many"):
        walls("FREQ=DAILY;COUNT=300", datetime(2026, 11, 25, 9))


@pytest.mark.parametrize(
    "rule",
    ["", "tous les lundis", "FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=WEEKLY;BYHOUR=3", "FREQ=DAILY;UNTIL=demain",
     "FREQ=DAILY;UNTIL=20261340", "FREQ=DAILY;COUNT=2;UNTIL=20261208", "FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;INTERVAL=0",
     "FREQ=DAILY;COUNT=-1", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY\nEXDATE:20261125", "FREQ=DAILY;" + "X" * 300],
)  # fmt: skip
def test_what_is_no_rule(rule: str) -> None:
    with pytest.raises(BadRule):
        walls(rule, datetime(2026, 11, 25, 9))


def test_a_rule_that_never_matches_ends() -> None:
    assert walls("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", datetime(2026, 11, 25, 9)) == ["25/11 09:00"]
    with pytest.raises(BadRule):
        walls("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", datetime(2026, 11, 25, 9))


@given(st.text(alphabet="FREQ=DAILYWKMONTH;BUC-0123456789", max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    try:
        found = walls("FREQ=WEEKLY;" + text, datetime(2026, 11, 25, 9))
    except BadRule:
        return
    assert 1 <= len(found) <= MOST_OCCURRENCES


def test_a_free_evening_is_not_proposed_to_who_asked_for_the_afternoon() -> None:
    afternoon, hour = datetime(2026, 11, 27, 14, tzinfo=PARIS), timedelta(hours=1)
    evening = datetime(2026, 11, 27, 19, 30, tzinfo=PARIS)
    assert in_hours_from(evening, hour, afternoon, PARIS) == datetime(2026, 11, 30, 14, tzinfo=PARIS)
    assert in_hours_from(afternoon, hour, afternoon, PARIS) == afternoon
    assert in_hours_from(evening, hour, evening, PARIS) == evening
