"""Pure rules: what a check means, how a wake-up goes on, what names, addresses and MAC addresses may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import Literal

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text
from parvis.portal.ui.search import fold

ASSET_MOVES: Mapping[str, frozenset[str]] = {
    "ordered": frozenset({"stock", "deployed", "disposed"}),
    "stock": frozenset({"deployed", "repair", "lost", "retired"}),
    "deployed": frozenset({"stock", "repair", "lost", "retired"}),
    "repair": frozenset({"stock", "deployed", "lost", "retired"}),
    "lost": frozenset({"stock", "disposed"}),
    "retired": frozenset({"stock", "disposed"}),
    "disposed": frozenset(),
}
"""From each state of an asset's life, the states it may go to. Ordered → disposed: the order was cancelled."""

NOBODYS = frozenset({"ordered", "stock", "lost", "retired", "disposed"})
"""The states in which an asset is assigned to nobody."""

Origin = Literal["human", "import", "probe"]
"""Who wrote a field: a person here, a file or another system a person brought in, an inventory probe."""

PROBE_FIELDS = frozenset({"name", "serial", "model", "address", "mac_address"})
"""What a probe may write at all: never the entity, the site or whose it is (those it can only contradict)."""


def months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`; negative when it is before."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    return months + 1 if months < 0 and end.day > start.day else months


def asset_sources_of(state: str) -> frozenset[str]:
    """The states an asset may come from to be in `state`."""
    return frozenset(source for source, moves in ASSET_MOVES.items() if state in moves)


def probe_may_write(name: str, *, origin: str | None, current: object) -> bool:
    """Whether a probe's value replaces the one there: human decisions and imports win, what nobody said does not."""
    if name not in PROBE_FIELDS:
        return False
    return origin == "probe" or (origin is None and not current)


def search_text(*parts: object) -> str:
    """What the search of assets looks in: the parts, folded, one space between."""
    return fold(" ".join(text for part in parts if (text := str(part))))[:500]


LOST_AFTER = timedelta(days=30)
"""A computer that has not answered for this long is not taken for a sleeping one."""

CHECK_EVERY = timedelta(seconds=10)
"""A computer is checked at most this often, however many pages ask."""

SWEEP_EVERY = timedelta(minutes=5)
"""How old the state of an assigned computer may get."""

WAKE_UP_MOVES: Mapping[str, frozenset[str]] = {
    "requested": frozenset({"sent", "awake", "failed"}),
    "sent": frozenset({"awake", "failed"}),
    "awake": frozenset(),
    "failed": frozenset(),
}
"""From each state of a wake-up, the states it may go to. Straight to awake: it was on already."""

RUNNING = frozenset(state for state, moves in WAKE_UP_MOVES.items() if moves)
"""The states of a wake-up that is under way."""

WAKE_UP_WORDS: Mapping[str, Text] = {
    "": _("Le signal de réveil va partir."),
    "packet_sent": _("Signal envoyé, l’ordinateur démarre."),
    "answered": _("L’ordinateur répond."),
    "no_answer": _("L’ordinateur n’a pas répondu à temps. Il est peut-être débranché."),
    "address_unusable": _("L’ordinateur ne peut pas être joint\u202f: son adresse réseau est à vérifier."),
    "not_configured": _("Le réveil à distance n’est plus réglé pour cet ordinateur."),
    "wake_address_forbidden": _("L’adresse de réveil du site n’est pas autorisée."),
    "packet_not_sent": _("Le signal de réveil n’a pas pu partir vers le site."),
}
"""What a wake-up's outcome is called for the agent who waits."""


USUAL_PORT = 3389
_PORTS: Mapping[str, int] = {"printer": 9100, "network": 22}


def probe_port(kind: str, port: int) -> int:
    """The TCP port probed: a printer's and a switch's usual one where nobody chose another than a PC's."""
    return _PORTS.get(kind, port) if port == USUAL_PORT else port


def sources_of(state: str) -> frozenset[str]:
    """The states a wake-up may come from to be in `state`."""
    return frozenset(source for source, moves in WAKE_UP_MOVES.items() if state in moves)


def reachability(
    *, answered: bool | None, last_seen_at: datetime | None, now: datetime, mac_known: bool, site_wakes: bool
) -> str:
    """What a check says of a computer: `on`, `asleep`, `unreachable` or `unknown`.

    `answered` None: it could not be checked (no address, unknown name, forbidden network).

    | answered | seen            | can be woken | → |
    |----------|-----------------|--------------|---|
    | yes      |                 |              | on |
    | not checked |              |              | unknown |
    | no       | never           |              | unknown |
    | no       | ≤ 30 days ago   | yes          | asleep |
    | no       | ≤ 30 days ago   | no           | unreachable |
    | no       | longer ago      |              | unreachable |
    """
    if answered:
        return "on"
    if answered is None or last_seen_at is None:
        return "unknown"
    if now - last_seen_at <= LOST_AFTER and mac_known and site_wakes:
        return "asleep"
    return "unreachable"


_MAC_FORMS = re.compile(
    r"\A(?:[0-9a-f]{2}(?P<mark>[:-])(?:[0-9a-f]{2}(?P=mark)){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12})\Z",
    re.ASCII,
)


def normal_mac(text: str) -> str:
    """`AA:BB:CC:DD:EE:FF` from any usual form (colons, hyphens, Cisco's dots, bare digits).

    Raises:
        ValueError: not a MAC address, or one no single computer has (multicast bit set, or all zero).
    """
    candidate = text.strip().lower()
    if not _MAC_FORMS.match(candidate):
        raise ValueError("not a MAC address")
    raw = bytes.fromhex(re.sub(r"[:.-]", "", candidate))
    if raw[0] & 1 or not any(raw):
        raise ValueError("not the address of one computer")
    return raw.hex(":").upper()


def magic_packet(mac: str) -> bytes:
    """Six bytes of FF, then the MAC sixteen times: 102 bytes (AMD, "Magic Packet Technology", 20213).

    Raises:
        ValueError: see `normal_mac`.
    """
    return b"\xff" * 6 + bytes.fromhex(normal_mac(mac).replace(":", "")) * 16


_LABEL = re.compile(r"\A(?!-)[a-z0-9_-]{1,63}(?<!-)\Z", re.IGNORECASE | re.ASCII)


def normal_host(text: str) -> str:
    """An IP address in its usual form, or a host name (RFC 1123, underscores allowed) in lower case.

    Raises:
        ValueError: anything else: a URL, a port, spaces, markup.
    """
    candidate = text.strip().rstrip(".")
    try:
        return str(ip_address(candidate))
    except ValueError:
        pass
    labels = candidate.split(".")
    if len(candidate) > 253 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        raise ValueError("neither an IP address nor a host name")
    return candidate.lower()


_NAME = re.compile(r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z", re.ASCII)


def name_is_valid(text: str) -> bool:
    """A computer's name: letters, digits, dots, hyphens, underscores; 63 at most (RFC 1123, NetBIOS)."""
    return bool(_NAME.match(text))
