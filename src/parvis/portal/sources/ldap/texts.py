"""Values of a directory, which is hostile input: bytes in, clean short texts, dates and keys out. Pure."""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MAX_BYTES = 8192
"""A longer value is no name, job or phone: it is left out before it is decoded."""

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER = (0, 0x7FFFFFFFFFFFFFFF)
"""`accountExpires` of an account that does not expire (MS-ADA1 2.2)."""
_DATES = (
    # RFC 4517 section 3.3.13, GeneralizedTime; then what HR tools write.
    re.compile(
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)((?P<h>\d\d)(?P<min>\d\d)?(\d\d)?([.,]\d+)?(?P<zone>Z|[+-]\d{2,4})?)?"
    ),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(T.*)?"),
    re.compile(r"(?P<d>\d\d?)/(?P<m>\d\d?)/(?P<y>\d{4})"),
)


def text(raw: bytes, limit: int) -> str | None:
    """The value as one line of at most `limit` characters; None if it is no text.

    LDAP is UTF-8 (RFC 4511 section 4.1.2); an old import may have left Windows' Western letters.
    """
    if len(raw) > MAX_BYTES:
        return None
    try:
        found = raw.decode()
    except UnicodeDecodeError:
        try:
            found = raw.decode("cp1252")
        except UnicodeDecodeError:
            return None
        if not found.isprintable():
            return None
    if found.isprintable() and "  " not in found:
        return found.strip()[:limit].rstrip()  # nearly always: this runs for each value of each person
    if not found.isprintable():
        found = "".join(_printable(character) for character in found)
    return " ".join(found.split())[:limit].rstrip()


def _printable(character: str) -> str:
    """Spaces of all kinds become one; controls, direction marks and lone surrogates vanish; emoji stay."""
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def key(attribute: str, raw: bytes) -> str:
    """A key as text. `objectGUID` is 16 bytes, the first three fields little-endian (MS-DTYP 2.3.4)."""
    if attribute.lower() == "objectguid" and len(raw) == 16:
        return str(uuid.UUID(bytes_le=raw))
    found = text(raw, 200)
    return raw[:100].hex() if found is None else found


def key_bytes(attribute: str, told: str) -> bytes:
    """The inverse of `key`, for a search.

    Raises:
        ValueError: `told` is no objectGUID.
    """
    return uuid.UUID(told).bytes_le if attribute.lower() == "objectguid" else told.encode()


def last_day(attribute: str, raw: bytes) -> date | None:
    """The last day somebody is in post; for an instant, the day in Paris that it ends. None: no such day."""
    if attribute.lower() == "accountexpires":
        return _last_day_of_filetime(raw)
    return day(raw)


def day(raw: bytes) -> date | None:
    """A date: GeneralizedTime, `2026-11-22` or `22/11/2026`; None if it is none of these."""
    written = text(raw, 40) or ""
    for form in _DATES:
        found = form.fullmatch(written)
        if found:
            try:
                return _in_paris(found.groupdict())
            except ValueError:
                return None
    return None


def _in_paris(parts: dict[str, str | None]) -> date:
    found = date(int(parts["y"] or 0), int(parts["m"] or 0), int(parts["d"] or 0))
    zone = parts.get("zone")
    if not zone:
        return found
    shift = timedelta() if zone == "Z" else timedelta(hours=int(zone[:3]), minutes=int(zone[3:] or 0))
    hour, minute = int(parts["h"] or 0), int(parts["min"] or 0)
    instant = datetime(found.year, found.month, found.day, hour, minute, tzinfo=UTC) - shift
    return instant.astimezone(PARIS).date()


def _last_day_of_filetime(raw: bytes) -> date | None:
    # AD keeps the instant after the last day: hundreds of nanoseconds since 1601.
    if not raw.isdigit() or int(raw) in _NEVER:
        return None
    try:
        expires = _FILETIME_EPOCH + timedelta(microseconds=int(raw) // 10)
        return (expires - timedelta(seconds=1)).astimezone(PARIS).date()
    except (OverflowError, ValueError):
        return None
