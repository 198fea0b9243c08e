"""What every calendar of the house has in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from parvis.portal.kernel import ical

START = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)


def entry(**fields: object) -> ical.Entry:
    values = {
        "uid": "a@b",
        "stamped_at": START,
        "starts_at": START,
        "ends_at": START + timedelta(hours=1),
        "title": "x",
    }
    return ical.Entry(**(values | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "pin", "uri"),
    [
        ("+33 1 23 45 67 89", "4821", "tel:+33123456789,,4821#"),
        ("+33123456789", "", "tel:+33123456789"),
        ("", "4821", ""),
        ("01.23", "4 8-2;ext=1", "tel:0123,,4821#"),
    ],
)
def test_one_touch(number: str, pin: str, uri: str) -> None:
    assert ical.dial(number, pin) == uri


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("a\r\nATTENDEE:mailto:x@y", "a ATTENDEE:mailto:x@y"),
        ("a\x00\x07\u202eb\u200d", "ab"),
        ("  a \t b  ", "a b"),
        ("Réunion\u202f: 10\u00a0h", "Réunion\u202f: 10\u00a0h"),
        ("\ud800", ""),
    ],
)
def test_a_line_is_one_line(said: str, line: str) -> None:
    assert ical.line(said) == line


def test_text_keeps_its_lines() -> None:
    assert ical.text("a\r\nb\rc\x00 \nd") == "a\nb\nc\nd"


def test_quotes_in_a_name_do_not_end_it() -> None:
    raw = ical.write([entry(organiser=ical.Person(email="a@b.example", name='J "x";ROLE=y:'))], method=ical.PUBLISH)
    (event,) = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    assert event["ORGANIZER"].params == {"CN": "J ’x’;ROLE=y:"}


def test_the_same_calendar_has_the_same_tag() -> None:
    one, two = (ical.write([entry(title=title)], method=ical.PUBLISH) for title in ("a", "b"))
    assert ical.tag(one) == ical.tag(ical.write([entry(title="a")], method=ical.PUBLISH))
    assert ical.tag(one) != ical.tag(two)


def test_an_address_with_a_line_in_it_stays_one() -> None:
    raw = ical.write([entry(attendees=[ical.Person(email="a@b.example\r\nX-EVIL:1")])], method=ical.REQUEST)
    assert b"\r\nX-EVIL" not in raw
