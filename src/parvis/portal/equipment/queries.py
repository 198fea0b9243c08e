"""Reads of the equipment level. What a user may see starts here.

`summary(entity, on)` is what a review or a report of the year reads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Prefetch, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.equipment import loading, replacing, rules
from parvis.portal.equipment.loading import Person, Survey
from parvis.portal.equipment.models import Criterion, Entitlement, Outfit, Policy, Profile, Scenario
from parvis.portal.equipment.permissions import READERS, WATCHERS
from parvis.portal.equipment.rules import Slot, Tally
from parvis.portal.parc.models import Asset

STEP = 7
"""Characters an entity adds to its parent's path."""


def agents_read_by(user: Someone) -> QuerySet[Agent]:
    """The agents in post of the user's perimeter; with entity."""
    return Agent.objects.filter(within(perimeter(user, *READERS)), is_active=True).select_related("entity", "user")


def entities_read_by(user: Someone) -> QuerySet[Entity]:
    """The open entities whose level the user may read, from the top down."""
    return Entity.objects.filter(within(perimeter(user, *READERS), "path"), closed_date=None).order_by("path")


def entities_watched_by(user: Someone) -> QuerySet[Entity]:
    """The open entities whose parc and scenarios the user may read, from the top down."""
    return Entity.objects.filter(within(perimeter(user, *WATCHERS), "path"), closed_date=None).order_by("path")


def entities_managed_by(user: Someone) -> QuerySet[Entity]:
    """The open entities whose IT team the user is of, from the top down."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path"), closed_date=None).order_by("path")


def profiles_visible_to(user: Someone) -> QuerySet[Profile]:
    """The profiles of the user's perimeter and those of entities above it, which are worth there too."""
    prefixes = perimeter(user, *WATCHERS)
    condition = within(prefixes)
    above = [path[:at] for path in prefixes for at in range(STEP, len(path), STEP)]
    if above:
        condition |= Q(entity__path__in=above)
    entitlements = Prefetch("entitlements", Entitlement.objects.prefetch_related("accepted_models"))
    criteria = Prefetch("criteria", Criterion.objects.select_related("department"))
    return Profile.objects.filter(condition).select_related("entity").prefetch_related(entitlements, criteria)


def scenarios_visible_to(user: Someone) -> QuerySet[Scenario]:
    """The scenarios of the user's perimeter; with entity and author."""
    return Scenario.objects.filter(within(perimeter(user, *WATCHERS))).select_related("entity", "made_by")


def outfits_visible_to(user: Someone) -> QuerySet[Outfit]:
    """What was given in one go to agents of the user's perimeter, and to themselves."""
    condition = within(perimeter(user, *WATCHERS), "agent__entity__path")
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(agent__user_id=user.pk)
    return Outfit.objects.filter(condition).select_related("agent__entity", "agent__user", "made_by")


def outfits_of(user: Someone) -> QuerySet[Outfit]:
    """What was given in one go to this very user."""
    agent = agent_of(user)
    return Outfit.objects.filter(agent=agent) if agent is not None else Outfit.objects.none()


def nearest_policy(entity: Entity) -> Policy | None:
    """The settings that hold in an entity: its own, or those of the nearest one above."""
    paths = [entity.path[:at] for at in range(STEP, len(entity.path) + 1, STEP)]
    found = Policy.objects.filter(entity__path__in=paths).select_related("entity")
    return max(found, key=lambda policy: len(policy.entity.path), default=None)


# Levels


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the level by department. `own`: the agents of the entity itself, without those below."""

    entity: Entity
    tally: Tally
    own: bool = False


@dataclass(frozen=True, slots=True)
class KindRow:
    """A line of the level by kind of thing."""

    kind: Asset.Kind
    wanted: int
    there: int
    old: int
    lacking: int
    cost: Decimal
    stock: int
    """Free in the stock of the entity and below."""


@dataclass(frozen=True, slots=True)
class Level:
    """The level of an entity with all below it."""

    total: Tally
    rows: list[Row]
    kinds: list[KindRow]
    profiles: list[tuple[str, int | None, Tally]]
    """Name and id of each profile with what its agents amount to; empty: those without."""


def survey_of(entity: Entity, today: date) -> Survey:
    """Every agent in post of an entity and below, judged. A dozen queries."""
    facts = loading.load(Q(entity__path__startswith=entity.path), today=today)
    return loading.survey(facts, until_year=loading.NOW)


def level_of(entity: Entity, today: date) -> Level:
    """What the agents of an entity and below have and lack."""
    found = survey_of(entity, today)
    depth = len(entity.path) + STEP
    by_child = found.tally_by(lambda person: person.path[:depth])
    below = Entity.objects.filter(parent=entity).order_by("name")
    rows = [Row(child, by_child[child.path]) for child in below if child.path in by_child]
    if rows and entity.path in by_child:
        rows.append(Row(entity, by_child[entity.path], own=True))
    total = Tally()
    for each in by_child.values():
        total.add(each)
    by_profile = found.tally_by(lambda person: (person.kit.name, person.kit.id) if person.kit else ("", None))
    profiles = [(*key, each) for key, each in by_profile.items()]  # type: ignore[misc]
    profiles.sort(key=lambda line: (line[1] is None, -line[2].agents))
    return Level(total, rows, by_kind(found, free_stock(entity)), profiles)


def by_kind(found: Survey, stock: dict[str, int]) -> list[KindRow]:
    """The required things by kind, the dearest gap first."""
    wanted: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for outcome, times in found.outcomes():
        for slot in outcome.slots or ():
            if not slot.line.required:
                continue
            kind = slot.line.kinds[0]
            wanted[kind][(rules.THERE, rules.OLD, rules.LACKING).index(slot.state)] += times
            cost[kind] += 0 if slot.state == rules.THERE else slot.line.price * times
    rows = [
        KindRow(Asset.Kind(kind), there + old + lacking, there, old, lacking, cost[kind], stock.get(kind, 0))
        for kind, (there, old, lacking) in wanted.items()
    ]
    return sorted(rows, key=lambda row: (-row.cost, row.kind))


def free_stock(entity: Entity, young_on: date | None = None) -> dict[str, int]:
    """Kind → things in stock of an entity and below that nobody has and that are not lent.

    `young_on`: without those past their life on that day.
    """
    rows = free_assets(Asset.objects.filter(entity__path__startswith=entity.path)).order_by()
    if young_on is not None:
        rows = replacing.young(rows, replacing.Zones.load(), young_on)
    return dict(rows.values("kind").annotate(n=Count("pk")).values_list("kind", "n"))


def free_assets(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """Those in stock that may be given for good: nobody's, not of the loan pool."""
    return assets.filter(state=Asset.State.STOCK, pool__isnull=True, assignments__isnull=True)


# One agent


def person_of(agent: Agent, today: date) -> Person | None:
    """An agent judged, months exact; None: not in post."""
    facts = loading.load(Q(pk=agent.pk), today=today)
    return next(iter(loading.survey(facts).people), None)


def slots_of(person: Person | None) -> tuple[Slot, ...]:
    """What the agent must have; nothing without a profile."""
    return (person.outcome.slots or ()) if person is not None else ()


# For a review


def summary(entity: Entity, on: date) -> dict[str, object]:
    """The figures of an entity with all below it, for a review of the year.

    `on` is the day ages are counted at; who has what is as it is known now. Keys: `agents`, `without_profile`,
    `complete` (agents who have all that is required), `wanted`, `there`, `old`, `lacking` (required things), `percent`
    (there of wanted), `cost` (euros to close the gap), `cost_lacking`, `cost_old`, `by_kind` (kind → the same four
    figures and cost). About fifteen queries.
    """
    level = level_of(entity, on)
    total = level.total
    return {
        **{name: getattr(total, name) for name in rules.TALLIED if name != "wished"},
        "percent": total.percent,
        "cost": total.cost,
        "by_kind": {
            row.kind.value: {
                "wanted": row.wanted, "there": row.there, "old": row.old, "lacking": row.lacking, "cost": row.cost,
            }
            for row in level.kinds
        },
    }  # fmt: skip


def reads_level_of(user: User, agent: Agent) -> bool:
    """Whether the user may read what this agent has and lacks."""
    return agents_read_by(user).filter(pk=agent.pk).exists()
