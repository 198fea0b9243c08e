"""One field of a report into what a column holds. Nothing here fails: what makes no sense is not said."""

from __future__ import annotations

import math
import re
from datetime import date
from functools import lru_cache

from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.tree import Scalar

MOST_INTEGER = 2**31 - 1

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]+"
)
"""Control characters, half characters (no database takes them) and those that turn the direction of writing."""
_SPACES = re.compile(r"\s+")
_DAYS = (
    re.compile(r"\A(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?:\D|\Z)", re.ASCII),
    re.compile(r"\A(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})(?:\D|\Z)", re.ASCII),
    re.compile(r"\A(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\D|\Z)", re.ASCII),
)
_TRUE = frozenset({"1", "true", "yes", "on", "oui"})
_FALSE = frozenset({"0", "false", "no", "off", "non"})


def text(value: Scalar | None, size: int) -> str:
    """At most `size` printable characters, without spaces around, one between words."""
    if type(value) is str and len(value) <= size and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()  # nearly all: nothing to look for
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int) and abs(value) > MOST_INTEGER**2:
        return ""  # writing it in decimal could take long, or be refused
    plain = str(value)[: limits.MOST_FIELD]
    return _SPACES.sub(" ", _UNPRINTABLE.sub(" ", plain)).strip()[:size].strip()


def number(value: Scalar | None, *, most: int = MOST_INTEGER) -> int | None:
    """A whole number from 0 to `most`; None if it is no such number. Units and fractions after it do not count."""
    if isinstance(value, str):
        found = re.match(r"\s*(\d{1,18})(?:[.,]\d*)?", value, re.ASCII)
        value = int(found[1]) if found else None
    if value is None or isinstance(value, bool) or not math.isfinite(value if isinstance(value, float) else 0):
        return None
    whole = int(value)
    return whole if 0 <= whole <= most else None


def flag(value: Scalar | None) -> bool | None:
    """Yes, no, or not said."""
    if isinstance(value, bool):
        return value
    word = text(value, 10).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def day(value: Scalar | None) -> date | None:
    """A day in one of the forms agents write; None if it is none, or not one a program can have been installed on."""
    return _day(text(value, 30))


@lru_cache(maxsize=4096)
def _day(plain: str) -> date | None:
    for form in _DAYS:
        found = form.match(plain)
        if found is None:
            continue
        try:
            parsed = date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
        return parsed if 1990 <= parsed.year <= 2100 else None
    return None
