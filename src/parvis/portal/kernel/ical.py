"""iCalendar (RFC 5545, RFC 5546, RFC 7986) made in one place: what goes to calendar programs, by mail or by address.

Titles and names come from people: control characters and invisible ones, which no calendar reads, are taken out here.
Hours are written in Europe/Paris with its definition (VTIMEZONE), so that 9:00 stays 9:00 when the clocks change.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar

from parvis.portal.kernel import clock

PARIS_ZONE = """BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
TZNAME:CEST
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
"""By its rules: Outlook reads no list of dates, and a list ends one day."""
PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who organises or attends. `answer` is a PARTSTAT."""

    email: str
    name: str = ""
    answer: str = "NEEDS-ACTION"
    is_chair: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to join from a distance (RFC 7986 CONFERENCE): `tel:` or `https:`."""

    uri: str
    features: tuple[str, ...]
    """`AUDIO`, `VIDEO`, `PHONE`."""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of a calendar."""

    uid: str
    stamped_at: datetime
    """DTSTAMP: when this state of it was written."""
    starts_at: datetime | date
    """A day alone: a whole day, without time zone; `ends_at` is then the day after the last."""
    ends_at: datetime | date
    title: str
    sequence: int = 0
    description: str = ""
    location: str = ""
    url: str = ""
    status: str = CONFIRMED
    is_private: bool = False
    is_busy: bool = True
    organiser: Person | None = None
    attendees: Sequence[Person] = ()
    ways: Sequence[Way] = ()
    rule: str = ""
    """RRULE, without DTSTART."""
    without: Sequence[datetime] = ()
    """EXDATE: starts that the rule gives and that do not take place."""
    recurrence_at: datetime | None = None
    """RECURRENCE-ID: the start it had in its series."""
    alarm_before: timedelta | None = None
    alarm_text: str = ""

    @property
    def lasts(self) -> timedelta:
        """From start to end."""
        starts, ends = self.starts_at, self.ends_at
        if isinstance(starts, datetime) and isinstance(ends, datetime):
            return ends - starts
        return date(ends.year, ends.month, ends.day) - date(starts.year, starts.month, starts.day)


def write(entries: Iterable[Entry], *, method: str, name: str = "", refresh: timedelta | None = None) -> bytes:
    """The calendar as bytes: lines folded at 75 octets, ended by CRLF."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Parvis//Parvis//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", line(name))
        calendar.add("x-wr-calname", line(name))
    if refresh:
        calendar.add("refresh-interval", refresh, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(refresh))
    calendar.add_component(icalendar.Timezone.from_ical(PARIS_ZONE))
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def line(text: str) -> str:
    """The text on one line, without what no calendar program and no mail header can carry."""
    return re.sub(" +", " ", _clean(text)).strip()


def text(value: str) -> str:
    """The text with its lines, without other control characters."""
    return "\n".join(_clean(each).rstrip() for each in value.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def dial(number: str, pin: str = "") -> str:
    """`tel:+33123456789,,4821#`: one touch dials, waits twice, gives the PIN; a second one after `#` too."""
    digits = "".join(each for each in number if each in "+0123456789")
    codes = ["".join(each for each in part if each in "0123456789") for part in pin.split("#")]
    return f"tel:{digits}" + "".join(f",,{code}#" for code in codes if code) if digits else ""


def tag(body: bytes) -> str:
    """An ETag (RFC 9110) of what a calendar program fetched: the same calendar has the same."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _event(entry: Entry) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamped_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", _paris(entry.starts_at))
    event.add("dtend", _paris(entry.ends_at))
    event.add("summary", line(entry.title))
    event.add("status", entry.status)
    event.add("transp", "OPAQUE" if entry.is_busy else "TRANSPARENT")
    event.add("class", "PRIVATE" if entry.is_private else "PUBLIC")
    for key, value in (("description", text(entry.description)), ("location", line(entry.location))):
        if value:
            event.add(key, value)
    if entry.url:
        event.add("url", entry.url)
    _repeat(event, entry)
    _people(event, entry)
    for way in entry.ways:
        features = {"FEATURE": list(way.features)} if way.features else {}
        label = {"LABEL": parameter(way.label)} if way.label else {}
        event.add("conference", icalendar.vUri(way.uri, params={"VALUE": "URI", **features, **label}))
    if entry.alarm_before is not None:
        event.add_component(_alarm(entry, entry.alarm_before))
    return event


def _repeat(event: icalendar.Event, entry: Entry) -> None:
    if entry.rule:
        event.add("rrule", icalendar.vRecur.from_ical(entry.rule))
    if entry.without:
        event.add("exdate", [_paris(each) for each in entry.without])
    if entry.recurrence_at is not None:
        event.add("recurrence-id", _paris(entry.recurrence_at))


def _people(event: icalendar.Event, entry: Entry) -> None:
    if entry.organiser is not None:
        event.add("organizer", _address(entry.organiser, {}))
    for person in entry.attendees:
        role = "CHAIR" if person.is_chair else "REQ-PARTICIPANT"
        # Nobody reads a mailbox for answers: they come by the page that the mail leads to.
        event.add("attendee", _address(person, {"ROLE": role, "PARTSTAT": person.answer, "RSVP": "FALSE"}))


def _address(person: Person, parameters: dict[str, str]) -> icalendar.vCalAddress:
    address = icalendar.vCalAddress(f"mailto:{line(person.email).replace(' ', '')}")
    if person.name:
        address.params["CN"] = parameter(person.name)
    address.params.update(parameters)
    return address


def _alarm(entry: Entry, before: timedelta) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", line(entry.alarm_text or entry.title))
    alarm.add("trigger", -before)
    return alarm


def parameter(value: str) -> str:
    """A parameter's value: quotes have no escape there (RFC 5545, 3.1)."""
    return line(value).replace('"', "’")


def _clean(value: str) -> str:
    # Cc: controls; Cf: invisible marks (right-to-left overrides lie about what is read); Cs, Co, Cn: no characters.
    # Joiners of emoji and the soft hyphen go too: nothing is lost that is read.
    spaced = "".join(" " if each in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" else each for each in value)
    return "".join(each for each in spaced if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})


def _paris(value: datetime | date) -> datetime | date:
    return value.astimezone(clock.PARIS) if isinstance(value, datetime) else value
