"""Pure rules: when a room is open, who waits, what each role may do, how a PIN looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

OPENS_BEFORE = timedelta(minutes=15)
"""One may come in this long before the start."""
COMING = timedelta(hours=2)
"""Who dials the right PIN so long before the start is early; they try no PINs out."""
STAYS_AFTER = timedelta(minutes=30)
"""A meeting that runs on is not cut at once."""
TICKET_SECONDS = 60
PIN_DIGITS = 6
MAX_PEOPLE = 60
"""In one room, the public not counted: what two half-loaded cores carry of browser sound."""
MAX_PUBLIC = 100
GONE_AFTER = timedelta(seconds=90)
"""A stay no heartbeat has named for so long is over: its voice server has died."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What one may do in a room."""

    speak: bool = False
    hand: bool = False
    chat: bool = False
    host: bool = False
    """Let in, mute, send away, lock, give the floor, name another host, end for all."""


RIGHTS: Mapping[str, Rights] = {
    "host": Rights(speak=True, hand=True, chat=True, host=True),
    "speaker": Rights(speak=True, hand=True, chat=True),
    "listener": Rights(),
}


def opens_at(starts_at: datetime) -> datetime:
    """From when one may come in."""
    return starts_at - OPENS_BEFORE


def closes_at(ends_at: datetime) -> datetime:
    """When the room ends by itself."""
    return ends_at + STAYS_AFTER


def is_open(starts_at: datetime, ends_at: datetime, closed_at: datetime | None, now: datetime) -> bool:
    """Whether one may come in at `now`."""
    return closed_at is None and opens_at(starts_at) <= now < closes_at(ends_at)


def waits(*, role: str, is_invited: bool, has_lobby: bool, is_public: bool = False) -> bool:
    """Whether they wait until a host lets them in. Hosts and the public never; who was not invited always."""
    if role == "host" or is_public:
        return False
    return has_lobby or not is_invited


def spelled(pin: str) -> str:
    """A PIN as it is read aloud: by threes."""
    return " ".join(pin[at : at + 3] for at in range(0, len(pin), 3))


def caller_name(caller: str) -> str:
    """How a caller is shown: two digits of their number, no more. Not translated: it is kept."""
    digits = "".join(char for char in caller if char.isascii() and char.isdigit())
    return f"Téléphone … {digits[-2:]}" if len(digits) >= 4 else "Téléphone"
