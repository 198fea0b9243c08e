"""Asking a CalDAV server when somebody is busy (RFC 4791, 7.10): starts and ends, never what for.

The server is the administrator's choice (`PARVIS_CALDAV_URL`) and still not trusted: little time, little text, no
redirection, and whatever it says that is no answer is « not known ».
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
import icalendar

Period = tuple[datetime, datetime]
SECONDS = 2.0
LONGEST_ANSWER = 256 * 1024
MOST_PERIODS = 500
QUERY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">'
    '<C:time-range start="{starts}" end="{ends}"/></C:free-busy-query>'
)


class NotKnown(Exception):
    """The server gave no answer about this person; `str()` is why, without address nor name."""


def client_for(template: str) -> httpx.Client:
    """A client with the account that is in the configured address, if there is one."""
    parts = urlsplit(template)
    account = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpx.Client(auth=account, timeout=SECONDS, follow_redirects=False, trust_env=False)


def address_for(template: str, email: str) -> str:
    """Where the calendar of this person is: `{email}`, or `{name}` for what is before the @."""
    parts = urlsplit(template)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path.replace("{email}", quote(email, safe="")).replace("{name}", quote(email.split("@")[0], safe=""))
    return urlunsplit((parts.scheme, host, path, parts.query, ""))


def ask(client: httpx.Client, address: str, starts_at: datetime, ends_at: datetime) -> list[Period]:
    """When the owner of this calendar is busy, in order, within these bounds.

    Raises:
        NotKnown: no answer, or none that can be read.
    """
    body = QUERY.format(starts=_utc(starts_at), ends=_utc(ends_at))
    headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": "1"}
    try:
        with client.stream("REPORT", address, content=body.encode(), headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotKnown(f"status {answer.status_code}")
            text = _read(answer.iter_bytes())
    except httpx.HTTPError as error:
        raise NotKnown(type(error).__name__) from None
    return periods(text, starts_at, ends_at)


def periods(text: bytes, starts_at: datetime, ends_at: datetime) -> list[Period]:
    """The busy periods of a VFREEBUSY, joined where they touch.

    Raises:
        NotKnown: it is none.
    """
    try:
        calendar = icalendar.Calendar.from_ical(text)
        if not isinstance(calendar, icalendar.Calendar):
            raise NotKnown("not a calendar")
        found = [_bounds(each) for part in calendar.walk("VFREEBUSY") for each in _busy(part)]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise NotKnown(f"unreadable: {type(error).__name__}") from None
    inside = [
        (max(first, starts_at), min(last, ends_at)) for first, last in found if first < ends_at and last > starts_at
    ]
    return _joined(inside)[:MOST_PERIODS]


def _read(chunks: Iterable[bytes]) -> bytes:
    text = b""
    for chunk in chunks:
        text += chunk
        if len(text) > LONGEST_ANSWER:
            raise NotKnown("too long")
    return text


def _busy(part: icalendar.Component) -> Iterable[icalendar.vPeriod]:
    said = part.get("FREEBUSY", [])
    lists = said if isinstance(said, list) else [said]
    for each in lists:
        for period in each if isinstance(each, list) else [each]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield period


def _bounds(period: icalendar.vPeriod) -> Period:
    first, last = period.dt
    if isinstance(last, timedelta):
        last = first + last
    return _instant(first), _instant(last)


def _instant(value: date) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError("a day is no instant")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _joined(found: list[Period]) -> list[Period]:
    joined: list[Period] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        elif first < last:
            joined.append((first, last))
    return joined


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
