"""The calendar, read back by a library that knows RFC 5545."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import icalendar

from parvis.portal.kernel import clock
from parvis.portal.presence import ics, services
from parvis.portal.presence.rules import Half
from tests.integration.presence.conftest import MONDAY, NOW, Town, full_time

TUESDAY = MONDAY + timedelta(days=1)


def events(town: Town) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(ics.calendar_of(town.claire, now=NOW))
    assert not calendar.errors
    assert all(not each.errors for each in calendar.walk())
    return list(calendar.walk("VEVENT"))


def on(town: Town, day: date) -> list[icalendar.Event]:
    def starts(event: icalendar.Event) -> date:
        start = event["DTSTART"].dt
        return start.date() if isinstance(start, datetime) else start

    return [event for event in events(town) if starts(event) == day]


def declare(town: Town, status: str, half: Half | None = None, day: date = TUESDAY) -> None:
    services.declare(actor=town.user, agent=town.claire, starts=day, ends=day, status=status, half=half, now=NOW)


def test_whole_days_have_no_time_zone(town: Town) -> None:
    full_time(town.claire)
    (event,) = on(town, TUESDAY)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (TUESDAY, TUESDAY + timedelta(days=1))
    assert "TZID" not in event["DTSTART"].params
    assert str(event["SUMMARY"]) == "Sur site"
    assert on(town, MONDAY + timedelta(days=5)) == []


def test_half_days_are_in_paris_with_its_definition(town: Town) -> None:
    full_time(town.claire)
    declare(town, "telework", Half.PM)
    morning, afternoon = on(town, TUESDAY)
    assert (str(morning["SUMMARY"]), str(afternoon["SUMMARY"])) == ("Sur site", "Télétravail")
    assert afternoon["DTSTART"].params["TZID"] == "Europe/Paris"
    assert afternoon["DTSTART"].dt == datetime(2026, 11, 24, 13, 30, tzinfo=clock.PARIS)
    text = ics.calendar_of(town.claire, now=NOW).decode()
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_uids_are_stable_and_unique_and_sequences_grow(town: Town) -> None:
    full_time(town.claire)
    seen = {}
    for status in ("telework", "leave", "field"):
        declare(town, status)
        (event,) = on(town, TUESDAY)
        seen[int(event["SEQUENCE"])] = str(event["UID"])
    assert sorted(seen) == [1, 2, 3]
    assert len(set(seen.values())) == 1
    uids = [str(event["UID"]) for event in events(town)]
    assert len(uids) == len(set(uids))


def test_holidays_are_in_it_and_days_without_answer_are_not(town: Town) -> None:
    assert on(town, TUESDAY) == []
    (christmas,) = on(town, date(2026, 12, 25))
    assert str(christmas["SUMMARY"]) == "Noël"


def test_the_night_the_clock_changes(town: Town) -> None:
    """A half-day on the last Sunday of October keeps its hours on the wall."""
    night = date(2026, 10, 25)
    later = datetime(2026, 10, 26, 9, 0, tzinfo=clock.PARIS)
    services.declare(
        actor=town.head, agent=town.claire, starts=night, ends=night, status="on_site", half=Half.AM, now=later
    )
    calendar = icalendar.Calendar.from_ical(ics.calendar_of(town.claire, now=later))
    (event,) = [each for each in calendar.walk("VEVENT") if str(each["UID"]).startswith(f"{town.claire.pk}-20261025")]
    assert event["DTSTART"].dt.utcoffset() == timedelta(hours=1)
    assert f"{event['DTSTART'].dt:%H:%M}" == "08:30"
