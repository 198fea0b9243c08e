"""The rules, pure: a rule only takes away; less trust never gives more; hours, networks, roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.trust import rules
from parvis.portal.trust.rules import Effects, Level, Network, NetworkKind, Person, Rule, Situation

minutes = st.none() | st.integers(1, 600)
effects = st.builds(
    Effects,
    screen=st.booleans(),
    clipboard_to_pc=st.booleans(),
    clipboard_from_pc=st.booleans(),
    files=st.booleans(),
    screen_minutes=minutes,
    screen_idle_minutes=minutes,
    forbidden_headings=st.frozensets(st.sampled_from(["finances", "rh", rules.EVERYTHING])),
    passkey_only=st.booleans(),
    sign_in_hours=minutes,
    sign_in_idle_minutes=minutes,
    fresh_minutes=minutes,
)
paths = st.sampled_from(["", "000001.", "000001.000002.", "000001.000003.", "000001.000002.000004."])
roles = st.sampled_from(["technician", "head_of_it", "auditor", rules.NO_ROLE])
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
a_rule = st.builds(
    Rule,
    id=st.integers(1, 50),
    name=st.just("règle"),
    owner=paths,
    effects=effects,
    entity=paths,
    roles=st.frozensets(roles),
    up_to=st.sampled_from(Level),
    kinds=st.frozensets(st.sampled_from(NetworkKind)),
    networks=st.frozensets(st.integers(1, 3)),
    days=st.frozensets(st.integers(0, 6)),
    starts=st.none() | times,
    ends=st.none() | times,
)
some_rules = st.lists(a_rule, max_size=6)
people = st.builds(
    Person,
    place=paths,
    grants=st.frozensets(st.tuples(st.sampled_from(["technician", "head_of_it", "auditor"]), paths), max_size=2),
)
situations = st.builds(
    Situation,
    level=st.sampled_from(Level),
    kind=st.sampled_from(NetworkKind),
    network=st.none() | st.integers(1, 3),
    weekday=st.integers(0, 6),
    at=times,
)


@given(some_rules, a_rule, people, situations)
def test_adding_a_rule_never_widens(known: list[Rule], one: Rule, person: Person, where: Situation) -> None:
    before = rules.decide(known, person, where).effects
    after = rules.decide([*known, one], person, where).effects
    assert after.narrower(before)


@given(some_rules, people, situations, st.sampled_from(Level))
def test_less_trust_never_gives_more(known: list[Rule], person: Person, where: Situation, lower: Level) -> None:
    fallen = replace(where, level=min(where.level, lower))
    assert rules.decide(known, person, fallen).effects.narrower(rules.decide(known, person, where).effects)


@given(st.permutations(list(range(4))), st.lists(a_rule, min_size=4, max_size=4), people, situations)
def test_the_order_does_not_matter(order: list[int], known: list[Rule], person: Person, where: Situation) -> None:
    mixed = [known[at] for at in order]
    assert rules.decide(mixed, person, where).effects == rules.decide(known, person, where).effects


@given(effects, effects, effects)
def test_the_strictest_is_one_whatever_the_order_of_comparing(one: Effects, two: Effects, three: Effects) -> None:
    assert one.meet(two) == two.meet(one)
    assert one.meet(two).meet(three) == one.meet(two.meet(three))
    assert one.meet(one) == one
    assert one.meet(rules.NOTHING_TAKEN) == one


@given(some_rules, people, situations)
def test_what_is_taken_away_has_a_reason_and_only_that(known: list[Rule], person: Person, where: Situation) -> None:
    outcome = rules.decide(known, person, where)
    taken = {name for name in rules.NAMES if getattr(outcome.effects, name) != getattr(rules.NOTHING_TAKEN, name)}
    assert set(outcome.because) == taken
    assert all(outcome.because.values())


@given(some_rules, people, situations, st.sampled_from(rules.NAMES))
def test_a_remedy_is_true(known: list[Rule], person: Person, where: Situation, name: str) -> None:
    none = getattr(rules.NOTHING_TAKEN, name)
    words = rules.what_would_help(known, person, where, name)
    if "office+supplied" in words:
        there = replace(where, level=Level.INSIDE, kind=NetworkKind.OFFICE, network=None)
        assert getattr(rules.decide(known, person, there).effects, name) == none
    if "supplied" in words:
        level = Level.INSIDE if where.kind in rules.INSIDE_KINDS else max(where.level, Level.SUPPLIED)
        assert getattr(rules.decide(known, person, replace(where, level=level)).effects, name) == none


def test_from_a_forbidden_network_nothing_opens_whatever_the_rules_say() -> None:
    where = Situation(level=Level.INSIDE, kind=NetworkKind.FORBIDDEN)
    found = rules.decide([], Person("000001."), where)
    assert not found.effects.screen
    assert not rules.heading_is_open(found.effects, "finances")
    assert found.because["screen"] == (rules.FORBIDDEN_NETWORK,)


NIGHT = Rule(
    id=1, name="nuit", owner="", effects=Effects(screen=False), days=frozenset({0}), starts=time(22), ends=time(6)
)


@pytest.mark.parametrize(
    ("weekday", "at", "on"),
    [
        (0, time(21, 59), False),
        (0, time(22), True),
        (1, time(5, 59), True),
        (1, time(6), False),
        (0, time(3), False),  # that is Sunday's night
        (6, time(23), False),
    ],
)
def test_over_midnight_the_day_is_the_one_it_began_on(weekday: int, at: time, on: bool) -> None:
    assert NIGHT.is_on(weekday, at) is on


def test_days_without_hours_are_whole_days() -> None:
    sunday = replace(NIGHT, days=frozenset({6}), starts=None, ends=None)
    assert sunday.is_on(6, time(0))
    assert not sunday.is_on(0, time(0))


@pytest.mark.parametrize(
    ("grants", "reached"),
    [
        ({("technician", "000001.000002.")}, True),
        ({("technician", "000001.")}, True),
        ({("technician", "000009.")}, False),
        ({("auditor", "000001.")}, False),
        (set(), False),
    ],
)
def test_a_role_counts_where_the_rule_was_written(grants: set[tuple[str, str]], reached: bool) -> None:
    rule = Rule(id=1, name="x", owner="000001.", effects=Effects(screen=False), roles=frozenset({"technician"}))
    assert rule.reaches(Person("000001.000002.", frozenset(grants))) is reached


def test_a_team_reaches_no_agent_of_another() -> None:
    rule = Rule(id=1, name="x", owner="000001.000002.", effects=Effects(screen=False))
    assert rule.reaches(Person("000001.000002.000004."))
    assert not rule.reaches(Person("000001.000003."))
    assert not rule.reaches(Person(""))


def network(pk: int, text: str, kind: NetworkKind = NetworkKind.OFFICE, owner: str = "") -> Network:
    return Network(pk, text, kind, ip_network(text), owner)


NETWORKS = [
    network(1, "10.0.0.0/8"),
    network(2, "10.1.0.0/16", NetworkKind.VPN),
    network(3, "10.1.2.0/24", NetworkKind.FORBIDDEN),
    network(4, "2001:db8::/32"),
    network(5, "192.0.2.0/24", NetworkKind.OFFICE, "000001."),
    network(6, "192.0.2.0/24", NetworkKind.FORBIDDEN, "000002."),
]


@pytest.mark.parametrize(
    ("address", "place", "found"),
    [
        ("10.9.9.9", "000001.", 1),
        ("10.1.9.9", "000001.", 2),
        ("10.1.2.9", "000001.", 3),
        ("::ffff:10.1.2.9", "000001.", 3),
        ("2001:db8::1", "000001.", 4),
        ("fe80::1%eth0", "000001.", None),
        ("198.51.100.1", "000001.", None),
        ("192.0.2.1", "000001.000007.", 5),
        ("192.0.2.1", "000002.", 6),
        ("192.0.2.1", "000003.", None),
        ("", "000001.", None),
        ("n’importe quoi", "000001.", None),
    ],
)
def test_the_longest_prefix_of_ones_own_team(address: str, place: str, found: int | None) -> None:
    located = rules.locate(address, NETWORKS, place)
    assert (located.id if located else None) == found


@pytest.mark.parametrize(
    ("signed_in", "supplied", "kind", "level"),
    [
        (False, True, NetworkKind.OFFICE, Level.UNKNOWN),
        (True, False, NetworkKind.OFFICE, Level.PRIVATE),
        (True, True, NetworkKind.HOME, Level.SUPPLIED),
        (True, True, NetworkKind.OFFICE, Level.INSIDE),
        (True, True, NetworkKind.VPN, Level.INSIDE),
        (True, True, NetworkKind.FORBIDDEN, Level.SUPPLIED),
    ],
)
def test_levels(signed_in: bool, supplied: bool, kind: NetworkKind, level: Level) -> None:
    assert rules.level_of(signed_in=signed_in, supplied=supplied, kind=kind) is level


@pytest.mark.parametrize(
    ("address", "place", "found"),
    [
        ("203.0.113.9", "000001.000002.", 1),  # a commune carves its own exception out of what is forbidden above it
        ("203.0.113.200", "000001.000002.", 3),  # who forbade may
        ("203.0.113.9", "000001.", 1),
        ("198.51.100.9", "000001.000002.", 4),  # the longest prefix, as ever
    ],
)
def test_nobody_below_opens_what_was_forbidden_above(address: str, place: str, found: int) -> None:
    networks = [
        network(1, "203.0.113.0/24", NetworkKind.FORBIDDEN, "000001."),
        network(2, "203.0.113.0/25", NetworkKind.OFFICE, "000001.000002."),
        network(3, "203.0.113.128/25", NetworkKind.OFFICE, "000001."),
        network(4, "198.51.100.0/25", NetworkKind.OFFICE, "000001."),
        network(5, "198.51.100.0/24", NetworkKind.FORBIDDEN, "000001.000002."),
    ]
    located = rules.locate(address, networks, place)
    assert located is not None
    assert located.id == found
