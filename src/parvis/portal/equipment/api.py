"""The REST API of this room, to read: levels by department, agents' levels, profiles, scenarios with their cost."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.equipment import permissions, queries
from parvis.portal.equipment.costing import Desk
from parvis.portal.equipment.models import Profile, Scenario
from parvis.portal.kernel import authz, clock
from parvis.portal.parc.models import Asset

router = Router(tags=["equipment"])


class LineOut(Schema):
    """What a profile grants."""

    kind: Asset.Kind
    label: str
    quantity: int
    unit_price: Decimal
    """Euros, all taxes included."""
    is_required: bool


class ProfileOut(Schema):
    """A profile."""

    id: int
    name: str
    entity_id: int
    """Where it is worth, with all below."""
    rank: int
    lines: list[LineOut]

    @staticmethod
    def resolve_lines(profile: Profile) -> list[Any]:
        """From the prefetched rows."""
        return list(profile.entitlements.all())


class LevelOut(Schema):
    """What the agents of an entity with all below it have and lack."""

    entity_id: int
    agents: int
    without_profile: int
    complete: int
    wanted: int
    there: int
    old: int
    lacking: int
    percent: int
    cost: Decimal
    """Euros to close the gap."""


class SlotOut(Schema):
    """One thing an agent must have."""

    kind: Asset.Kind
    label: str
    state: str
    """`there`, `old` or `lacking`."""
    is_required: bool
    price: Decimal


class AgentLevelOut(Schema):
    """What an agent must have, and has."""

    agent_id: int
    profile_id: int | None
    slots: list[SlotOut]


class ScenarioOut(Schema):
    """A scenario."""

    id: int
    name: str
    entity_id: int
    spread_years: int


class YearOut(Schema):
    """What is spent in a year."""

    year: int
    cost: Decimal


class CostOut(Schema):
    """What a scenario costs today."""

    scenario_id: int
    cost: Decimal
    number: int
    """Things to buy."""
    saved: Decimal
    """Euros the stock saves."""
    years: list[YearOut]


@router.get("/equipment/profiles", response=list[ProfileOut])
@paginate(Paging)
def profiles(request: HttpRequest) -> QuerySet[Profile]:
    """The profiles of the caller's perimeter, and those of entities above it."""
    user = require_scope(request, "read")
    authz.require(permissions.can_watch(user))
    return queries.profiles_visible_to(user).order_by("rank", "pk")


@router.get("/equipment/entities/{entity_id}/level", response=LevelOut)
def level(request: HttpRequest, entity_id: int) -> dict[str, object]:
    """The level of an entity with all below it, counted now."""
    user = require_scope(request, "read")
    entity = one(queries.entities_read_by(user), entity_id)
    return {"entity_id": entity.pk, **queries.summary(entity, clock.today())}


@router.get("/equipment/agents/{agent_id}", response=AgentLevelOut)
def agent_level(request: HttpRequest, agent_id: int) -> dict[str, object]:
    """One agent's."""
    user = require_scope(request, "read")
    agent = one(queries.agents_read_by(user), agent_id)
    person = queries.person_of(agent, clock.today())
    return {
        "agent_id": agent.pk,
        "profile_id": person.kit.id if person is not None and person.kit is not None else None,
        "slots": [
            {
                "kind": slot.line.kinds[0],
                "label": slot.line.label,
                "state": slot.state,
                "is_required": slot.line.required,
                "price": slot.line.price,
            }
            for slot in queries.slots_of(person)
        ],
    }


@router.get("/equipment/scenarios", response=list[ScenarioOut])
@paginate(Paging)
def scenarios(request: HttpRequest) -> QuerySet[Scenario]:
    """The scenarios of the caller's perimeter."""
    user = require_scope(request, "read")
    authz.require(permissions.can_watch(user))
    return queries.scenarios_visible_to(user).order_by("pk")


@router.get("/equipment/scenarios/{scenario_id}/cost", response=CostOut)
def scenario_cost(request: HttpRequest, scenario_id: int) -> dict[str, object]:
    """What a scenario costs, counted now."""
    user = require_scope(request, "read")
    scenario = one(queries.scenarios_visible_to(user), scenario_id)
    costed = Desk.of(scenario.entity, clock.today()).cost(scenario, list(scenario.changes.select_related("department")))
    return {
        "scenario_id": scenario.pk,
        "cost": costed.bill.cost,
        "number": costed.bill.number,
        "saved": costed.bill.saved,
        "years": [{"year": year, "cost": cost} for year, cost in costed.years],
    }
