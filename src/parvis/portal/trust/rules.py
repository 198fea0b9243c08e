"""The rules of trust, as data types and pure functions: levels, networks, what each rule takes away.

One idea holds the room together: **a rule only ever takes away, and of all that match the strictest wins**, effect by
effect (`docs/explanation/adr/0010-strictest-rule-wins.md`). So the order of rules does not matter, several IT teams
may each have their own, adding one never widens anything, and less trust never gives more: a rule for one level holds
for every level below it too.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import time
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any


class Level(enum.IntEnum):
    """How far the device of a sign-in is trusted."""

    UNKNOWN = 0
    """No browser at all: a program with a token, or nothing is known of the sign-in."""
    PRIVATE = 1
    """Any browser whose person gave their second factor."""
    SUPPLIED = 2
    """A computer of the authority that proved itself."""
    INSIDE = 3
    """The same, on a network of the authority."""


class NetworkKind(enum.StrEnum):
    """What the authority says of a network."""

    OFFICE = "office"
    VPN = "vpn"
    HOME = "home"
    ELSEWHERE = "elsewhere"
    FORBIDDEN = "forbidden"


INSIDE_KINDS = frozenset({NetworkKind.OFFICE, NetworkKind.VPN})
EVERYTHING = "*"
"""Among the forbidden headings: all of them."""


@dataclass(frozen=True, slots=True)
class Network:
    """A named range of addresses, as an entity declared it."""

    id: int
    name: str
    kind: NetworkKind
    range: IPv4Network | IPv6Network
    owner: str
    """Path of the entity that declared it: it counts for the agents there and below."""


def locate(address: str, networks: Iterable[Network], place: str) -> Network | None:
    """The network an agent at `place` (a path) comes from: the longest prefix; None where none is declared.

    Of two equal ranges a forbidden one wins, then the one declared nearest to the agent. What is forbidden further up
    the tree stays so, whatever smaller range somebody below declares within it.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    around = [
        each
        for each in networks
        if place.startswith(each.owner) and each.range.version == ip.version and ip in each.range
    ]
    found = max(around, key=_closeness, default=None)
    forbidden = [each for each in around if each.kind is NetworkKind.FORBIDDEN and not _is_carved(each, around)]
    return max(forbidden, key=_closeness) if forbidden else found


def _closeness(network: Network) -> tuple[int, bool, int, int]:
    return network.range.prefixlen, network.kind is NetworkKind.FORBIDDEN, len(network.owner), -network.id


def _is_carved(forbidden: Network, around: Iterable[Network]) -> bool:
    """Whether who forbade it, or somebody further up, declares a smaller range within it."""
    return any(
        each.range.prefixlen > forbidden.range.prefixlen and len(each.owner) <= len(forbidden.owner) for each in around
    )


def level_of(*, signed_in: bool, supplied: bool, kind: NetworkKind) -> Level:
    """The level of a sign-in, from what it proved and where it comes from."""
    if not signed_in:
        return Level.UNKNOWN
    if not supplied:
        return Level.PRIVATE
    return Level.INSIDE if kind in INSIDE_KINDS else Level.SUPPLIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a sign-in may do. A rule's own effects say only what it takes away; the default takes away nothing."""

    screen: bool = True
    """Level 2 of telework: the office PC's screen."""
    clipboard_to_pc: bool = True
    clipboard_from_pc: bool = True
    files: bool = True
    """File transfer, where a room offers it."""
    screen_minutes: int | None = None
    """Longest remote session, in minutes; None: what the installation says."""
    screen_idle_minutes: int | None = None
    """A screen without a key or a pointer movement closes after this long."""
    forbidden_headings: frozenset[str] = frozenset()
    """Headings of the home page's tiles, folded (`ui.search.fold`), or `EVERYTHING`."""
    passkey_only: bool = False
    """The second factor must be a passkey."""
    sign_in_hours: int | None = None
    """Absolute length of a sign-in to the portal."""
    sign_in_idle_minutes: int | None = None
    fresh_minutes: int | None = None
    """How long a second factor stays fresh for a sensitive act."""

    def meet(self, other: Effects) -> Effects:
        """What both allow: commutative, associative, and never wider than either."""
        return Effects(**{name: MEET[name](getattr(self, name), getattr(other, name)) for name in NAMES})

    def narrower(self, other: Effects) -> bool:
        """Does this allow nothing that `other` does not?"""
        return self.meet(other) == self


def _less(one: int | None, other: int | None) -> int | None:
    given = [value for value in (one, other) if value is not None]
    return min(given, default=None)


NAMES = tuple(each.name for each in fields(Effects))
MEET: Mapping[str, Any] = {
    **{name: lambda a, b: a and b for name in ("screen", "clipboard_to_pc", "clipboard_from_pc", "files")},
    **dict.fromkeys(
        ("screen_minutes", "screen_idle_minutes", "sign_in_hours", "sign_in_idle_minutes", "fresh_minutes"), _less
    ),
    "forbidden_headings": lambda a, b: a | b,
    "passkey_only": lambda a, b: a or b,
}
NOTHING_TAKEN = Effects()


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in, as the rules see them."""

    place: str = ""
    """Path of the entity they work in (or, without one, of the first role they hold); empty: no rule reaches them."""
    grants: frozenset[tuple[str, str]] = frozenset()
    """(role, path of the entity it is held on)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """From which device, where and when (weekday 0 is Monday; the time of Paris)."""

    level: Level
    kind: NetworkKind = NetworkKind.ELSEWHERE
    network: int | None = None
    weekday: int = 1
    at: time = time(10)


NO_ROLE = "none"
"""Stands, among a rule's roles, for agents who hold none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """For whom, from where and when; and what it takes away. An empty condition matches everything."""

    id: int
    name: str
    owner: str
    """Path of the entity whose team wrote it: it reaches the agents there and below."""
    effects: Effects
    entity: str = ""
    """Path: only the agents there and below."""
    roles: frozenset[str] = frozenset()
    up_to: Level = Level.INSIDE
    """Holds for this level of trust and for every lower one."""
    kinds: frozenset[NetworkKind] = frozenset()
    networks: frozenset[int] = frozenset()
    """Ids of networks, besides `kinds`."""
    days: frozenset[int] = frozenset()
    starts: time | None = None
    ends: time | None = None
    """From `starts` to before `ends`; over midnight when it ends before it starts, and then the day is the first's."""

    def reaches(self, person: Person) -> bool:
        """Is this person concerned, whatever the device, place and hour?"""
        if not person.place.startswith(self.owner) or not person.place.startswith(self.entity):
            return False
        if not self.roles:
            return True
        held = {role for role, path in person.grants if path.startswith(self.owner) or self.owner.startswith(path)}
        return bool(held & self.roles) or (NO_ROLE in self.roles and not person.grants)

    def fits(self, situation: Situation) -> bool:
        """Do device, place and hour fit?"""
        if situation.level > self.up_to:
            return False
        if (self.kinds or self.networks) and not (situation.kind in self.kinds or situation.network in self.networks):
            return False
        return self.is_on(situation.weekday, situation.at)

    def is_on(self, weekday: int, at: time) -> bool:
        """Does the rule hold on this day, at this time?"""
        if self.starts is None or self.ends is None or self.starts == self.ends:
            return not self.days or weekday in self.days
        if self.starts < self.ends:
            return (not self.days or weekday in self.days) and self.starts <= at < self.ends
        began = weekday if at >= self.starts else (weekday - 1) % 7
        return (not self.days or began in self.days) and (at >= self.starts or at < self.ends)


FORBIDDEN_NETWORK = Rule(
    id=0,
    name="",  # said in the reader's language by `wording`
    owner="",
    kinds=frozenset({NetworkKind.FORBIDDEN}),
    effects=Effects(
        screen=False,
        clipboard_to_pc=False,
        clipboard_from_pc=False,
        files=False,
        forbidden_headings=frozenset({EVERYTHING}),
    ),
)
"""Shipped, always there: from a network said to be forbidden neither screens nor applications open."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What holds, and for each effect the rules that decided it (none: nothing was taken away)."""

    effects: Effects
    because: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


def decide(rules: Iterable[Rule], person: Person, situation: Situation) -> Outcome:
    """The strictest of all rules that match, effect by effect."""
    matching = [rule for rule in (FORBIDDEN_NETWORK, *rules) if rule.fits(situation) and rule.reaches(person)]
    effects = NOTHING_TAKEN
    for rule in matching:
        effects = effects.meet(rule.effects)
    because = {}
    for name in NAMES:
        value, none = getattr(effects, name), getattr(NOTHING_TAKEN, name)
        if value == none:
            continue
        whole = name == "forbidden_headings"
        because[name] = tuple(
            rule for rule in matching if (own := getattr(rule.effects, name)) != none and (whole or own == value)
        )
    return Outcome(effects, because)


def heading_is_open(effects: Effects, heading: str) -> bool:
    """May tiles under this (folded) heading be opened?"""
    return EVERYTHING not in effects.forbidden_headings and heading not in effects.forbidden_headings


REMEDIES = ("supplied", "office", "vpn", "hours")


def what_would_help(rules: Iterable[Rule], person: Person, now: Situation, name: str) -> tuple[str, ...]:
    """Which single change would give this effect back whole: a supplied computer, the office, the VPN, other hours.

    Office and VPN are tried with the device at hand, then with a supplied one (`office+supplied`).
    """
    known = tuple(rules)
    supplied = max(now.level, Level.SUPPLIED)
    inside = Level.INSIDE
    at_office = replace(now, kind=NetworkKind.OFFICE, network=None)
    through_vpn = replace(now, kind=NetworkKind.VPN, network=None)
    there = inside if now.level >= Level.SUPPLIED else now.level
    tries: tuple[tuple[str, Situation], ...] = (
        ("supplied", replace(now, level=inside if now.kind in INSIDE_KINDS else supplied)),
        ("office", replace(at_office, level=there)),
        ("vpn", replace(through_vpn, level=there)),
        ("office+supplied", replace(at_office, level=inside)),
    )
    none = getattr(NOTHING_TAKEN, name)
    found = [word for word, changed in tries if getattr(decide(known, person, changed).effects, name) == none]
    hours = [replace(now, weekday=day, at=at) for day, at in moments(known)]
    if any(getattr(decide(known, person, each).effects, name) == none for each in hours):
        found.append("hours")
    if "supplied" in found or "office" in found:
        found = [word for word in found if word != "office+supplied"]
    return tuple(found)


def moments(rules: Iterable[Rule]) -> tuple[tuple[int, time], ...]:
    """Moments of a week at which every rule with hours is seen both on and off; 48 at most."""
    found: dict[tuple[int, time], None] = {(1, time(10)): None, (5, time(22)): None}
    for rule in rules:
        days = sorted(rule.days) or [1]
        other = next((day for day in range(7) if day not in rule.days), days[0])
        for at in (rule.starts, rule.ends, time(10)):
            if at is not None and (rule.days or rule.starts):
                found |= {(days[0], at): None, (other, at): None}
    return tuple(found)[:48]
