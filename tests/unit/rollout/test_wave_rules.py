"""Hours of waves, catch-ups, eves: the clock of Paris, also in the nights it changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parvis.portal.rollout import rules, wave_rules
from parvis.portal.rollout.wave_rules import CatchUp

PARIS = ZoneInfo("Europe/Paris")


def at(day: int, hour: int = 8, month: int = 11, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (at(23), at(27, 18)),
        (at(27, 17), at(27, 18)),
        (at(27, 18), at(28, 18)),  # begun when the week was over: a day all the same
        (at(29), at(30, 18)),
    ],
)
def test_a_wave_ends_on_friday_evening(starts: datetime, ends: datetime) -> None:
    assert wave_rules.end_of(starts, PARIS) == ends


def test_weeks_later_is_the_same_hour_of_the_clock() -> None:
    before, after = datetime(2026, 10, 19, 8, tzinfo=PARIS), datetime(2026, 10, 26, 8, tzinfo=PARIS)
    assert wave_rules.same_time_later(before, 1, PARIS) == after
    assert after.utcoffset() != before.utcoffset()


def caught_up(**changes: object) -> CatchUp | None:
    facts = {
        "week": 0, "starts_at": at(23), "first": date(2026, 11, 23), "now": at(27, 18), "away": (), "taken": (),
        "zone": PARIS,
    }  # fmt: skip
    return wave_rules.catch_up_of(**{**facts, **changes})  # type: ignore[arg-type]


def test_the_catch_up_is_the_week_after_at_the_same_hour() -> None:
    assert caught_up() == CatchUp(week=1, starts_at=at(30))


@pytest.mark.parametrize(
    ("changes", "week"),
    [
        ({"away": ("2026-11-30",)}, 2),
        ({"away": ("2026-11-30", "2026-12-07")}, 3),
        ({"taken": (1, 2)}, 3),
        ({"now": at(30)}, 2),  # its hour has come already
        ({"now": at(29)}, 1),
    ],
)
def test_a_week_that_is_past_over_or_does_not_suit_is_passed_over(changes: dict[str, object], week: int) -> None:
    found = caught_up(**changes)
    assert found is not None
    assert found.week == week


def test_no_week_is_left() -> None:
    assert caught_up(most_weeks=2, taken=(1,)) is None


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (at(23), at(25, 0)),
        (at(26), at(28, 0)),
        (at(27), datetime(2026, 12, 1, tzinfo=PARIS)),  # Friday: Monday's too
        (at(29), datetime(2026, 12, 1, tzinfo=PARIS)),
    ],
)
def test_the_eve(now: datetime, before: datetime) -> None:
    assert wave_rules.eve_from(now, PARIS) == before


@pytest.mark.parametrize(
    ("starts", "why"),
    [
        (at(23), ""),
        (at(29, 23), ""),
        (at(30, 0), "other_week"),
        (at(22, 23), "past"),
        (at(22, 23, minute=59), "past"),
    ],
)
def test_when_a_wave_may_open(starts: datetime, why: str) -> None:
    now = at(23, 0) + timedelta(hours=1)
    assert wave_rules.wrong_start(starts, monday=date(2026, 11, 23), now=now, zone=PARIS) == why


def test_a_minute_of_typing_is_no_past() -> None:
    assert wave_rules.wrong_start(at(23), monday=date(2026, 11, 23), now=at(23, 8, minute=1), zone=PARIS) == ""


@pytest.mark.parametrize(("now", "telling"), [(at(27, 7), True), (at(27, 19), False), (at(28, 10), False)])
def test_people_are_written_to_in_working_hours(now: datetime, telling: bool) -> None:
    assert wave_rules.is_telling_time(now, PARIS) is telling


def test_a_loan_begins_with_the_wave_or_today() -> None:
    assert wave_rules.may_be_lent_from(at(23), at(20), PARIS) == date(2026, 11, 23)
    assert wave_rules.may_be_lent_from(at(23), at(25), PARIS) == date(2026, 11, 25)


def test_a_closed_wave_stays_closed_and_what_runs_is_not_announced_again() -> None:
    assert rules.WAVE_MOVES["closed"] == frozenset()
    assert "published" not in rules.WAVE_MOVES["running"]
