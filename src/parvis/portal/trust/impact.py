"""Who would be affected by a draft: computed on the real agents, in the situations that the rules tell apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from parvis.portal.directory.models import Agent, Entity, RoleGrant
from parvis.portal.trust import evaluation, rules
from parvis.portal.trust.rules import Level, NetworkKind, Person, Situation

NAMES_SHOWN = 5
LEVELS = (Level.PRIVATE, Level.SUPPLIED, Level.INSIDE)


@dataclass(frozen=True, slots=True)
class Change:
    """One effect that changes, for how many agents, in which situations."""

    name: str
    narrows: bool
    agents: int
    examples: tuple[str, ...]
    levels: tuple[Level, ...]
    before: rules.Effects
    after: rules.Effects
    """One of the situations in which it changes."""


def of_draft(entity: Entity, published: Sequence[rules.Rule], draft: Sequence[rules.Rule]) -> list[Change]:
    """What changes when the rules of `entity` become `draft`. `published`: every rule in force. Two queries.

    Agents are counted by service and roles: those who are alike to the rules are judged once.
    """
    after = [rule for rule in published if rule.owner != entity.path] + list(draft)
    people = _people(entity)
    situations = _situations([*published, *draft])
    found: dict[tuple[str, bool], _Tally] = {}
    kept = _reaching(people, [*published, *after])
    for person, agents in kept:
        mine_before = tuple(rule for rule in published if rule.reaches(person))
        mine_after = tuple(rule for rule in after if rule.reaches(person))
        if set(mine_before) == set(mine_after):
            continue
        _compare(person, agents, mine_before, mine_after, situations, found)
    return [
        Change(name, narrows, each.agents, tuple(each.examples), tuple(sorted(each.levels)), each.before, each.after)
        for (name, narrows), each in sorted(found.items(), key=lambda item: item[0])
    ]


def _people(entity: Entity) -> dict[Person, list[str]]:
    grants: dict[int, set[tuple[str, str]]] = defaultdict(set)
    below = RoleGrant.objects.filter(user__agent__entity__path__startswith=entity.path)
    for user, role, path in below.values_list("user_id", "role", "entity__path").order_by():
        grants[user].add((role, path))
    rows = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True)
    people: dict[Person, list[str]] = defaultdict(list)
    for user, place, first, last in rows.values_list("user_id", "entity__path", "first_name", "last_name").order_by(
        "last_name", "first_name", "pk"
    ):
        people[evaluation.person(place, grants.get(user or 0, ()))].append(f"{first} {last}")
    return people


def _reaching(people: dict[Person, list[str]], all_rules: Sequence[rules.Rule]) -> list[tuple[Person, list[str]]]:
    """People whom exactly the same rules reach are one for what follows."""
    distinct = list(dict.fromkeys(all_rules))
    alike: dict[tuple[bool, ...], tuple[Person, list[str]]] = {}
    for person, names in people.items():
        signature = tuple(rule.reaches(person) for rule in distinct)
        if signature in alike:
            alike[signature][1].extend(names)
        else:
            alike[signature] = (person, list(names))
    return list(alike.values())


def _situations(all_rules: Sequence[rules.Rule]) -> list[Situation]:
    named = {network for rule in all_rules for network in rule.networks}
    places: list[tuple[NetworkKind, int | None]] = [
        (kind, None) for kind in NetworkKind if kind is not NetworkKind.FORBIDDEN
    ]
    places += [(NetworkKind.ELSEWHERE, network) for network in sorted(named)]
    return [
        Situation(level=level, kind=kind, network=network, weekday=day, at=at)
        for level in LEVELS
        for kind, network in places
        for day, at in rules.moments(all_rules)
    ]


@dataclass(slots=True)
class _Tally:
    before: rules.Effects
    after: rules.Effects
    agents: int = 0
    examples: list[str] = field(default_factory=list)
    levels: set[Level] = field(default_factory=set)


def _compare(
    person: Person,
    agents: list[str],
    before: tuple[rules.Rule, ...],
    after: tuple[rules.Rule, ...],
    situations: list[Situation],
    found: dict[tuple[str, bool], _Tally],
) -> None:
    counted: set[tuple[str, bool]] = set()
    for where in situations:
        old, new = (rules.decide(these, person, where).effects for these in (before, after))
        for name in rules.NAMES if old != new else ():
            was, becomes = getattr(old, name), getattr(new, name)
            if was == becomes:
                continue
            key = (name, rules.MEET[name](was, becomes) == becomes)
            tally = found.setdefault(key, _Tally(old, new))
            tally.levels.add(where.level)
            if key not in counted:
                counted.add(key)
                tally.agents += len(agents)
                tally.examples = [*tally.examples, *agents][:NAMES_SHOWN]
