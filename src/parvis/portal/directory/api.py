"""The REST API of this room: entities, agents, roles."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory import colleagues, entity_services, queries, services
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock

router = Router(tags=["directory"])


MAIL = r"^[^@\s<>\x00]+@[^@\s<>\x00]+$"
Siret = Annotated[str, Field(pattern=r"^[0-9]{14}$")]
Alias = Annotated[Line, Field(min_length=1, max_length=150)]


class EntityIn(Schema):
    """An entity to create."""

    parent_id: int
    name: Line = Field(min_length=1, max_length=150)
    kind: Entity.Kind = Entity.Kind.DEPARTMENT
    code: Line = Field("", max_length=60, description="What sources call it.")
    aliases: list[Alias] = Field([], max_length=50, description="Other names sources know it by.")
    sirets: list[Siret] = Field([], max_length=50, description="The first is the main one.")
    audience: Entity.Audience = Entity.Audience.INHERITED


class EntityPatch(Schema):
    """What changes; what is left out stays. Another `parent_id` moves the entity with all below it."""

    parent_id: int | None = None
    name: Line | None = Field(None, min_length=1, max_length=150)
    kind: Entity.Kind | None = None
    code: Line | None = Field(None, max_length=60)
    aliases: list[Alias] | None = Field(None, max_length=50)
    sirets: list[Siret] | None = Field(None, max_length=50)
    audience: Entity.Audience | None = None


class EntityOut(Schema):
    """A node of the authority's tree."""

    id: int
    parent_id: int | None
    path: str
    """Ids from the root down, six digits and a dot each."""
    kind: str
    name: str
    code: str
    siret: str = Field(description="The main one, or empty.")
    sirets: list[str]
    aliases: list[str]
    audience: str = Field(description="Who finds its agents as colleagues; empty: as the entity above.")
    closed_date: date | None

    @staticmethod
    def resolve_sirets(entity: Entity) -> list[str]:
        """The main one first."""
        return [each.siret for each in entity.sirets.all()]

    @staticmethod
    def resolve_aliases(entity: Entity) -> list[str]:
        """By name."""
        return [each.name for each in entity.aliases.all()]


class EntityFilters(Schema):
    """What may be asked of the list."""

    q: Line = Field("", max_length=100, description="Code, other name, SIRET or exact name, as sources write it.")
    closed: bool = Field(False, description="Those that are closed too.")


class AgentIn(Schema):
    """An agent to create."""

    entity_id: int
    first_name: Line = Field(min_length=1, max_length=100)
    last_name: Line = Field(min_length=1, max_length=100)
    email: str = Field(max_length=254, pattern=MAIL)
    job_title: Line = Field("", max_length=150)
    phone: Line = Field("", max_length=30)
    office: Line = Field("", max_length=60)
    personnel_number: Line = Field("", max_length=40)
    starts_date: date | None = None
    ends_date: date | None = Field(None, description="The last day in post: the account is closed the day after.")
    is_listed: bool = Field(True, description="Whether colleagues find the professional card.")


class AgentPatch(Schema):
    """What changes; what is left out stays. `is_active` false notes a departure, true a return.

    A date sent as null is taken away.
    """

    entity_id: int | None = None
    first_name: Line | None = Field(None, min_length=1, max_length=100)
    last_name: Line | None = Field(None, min_length=1, max_length=100)
    email: str | None = Field(None, max_length=254, pattern=MAIL)
    job_title: Line | None = Field(None, max_length=150)
    phone: Line | None = Field(None, max_length=30)
    office: Line | None = Field(None, max_length=60)
    personnel_number: Line | None = Field(None, max_length=40)
    starts_date: date | None = None
    ends_date: date | None = None
    is_listed: bool | None = None
    is_active: bool | None = None


class AgentFilters(Schema):
    """What may be asked of the list."""

    q: Line = Field("", max_length=100, description="Name, e-mail, job, service, phone or personnel number.")
    entity_id: int | None = Field(None, description="Of this entity and all below it.")
    is_active: bool | None = None
    has_account: bool | None = None
    personnel_number: Line = Field("", max_length=40, description="Exactly this one.")
    email: Line = Field("", max_length=254, description="Exactly this one, case ignored.")


class AgentOut(Schema):
    """A staff member."""

    id: int
    user_id: int | None
    first_name: str
    last_name: str
    email: str
    job_title: str
    phone: str
    office: str
    personnel_number: str
    entity_id: int
    starts_date: date | None
    ends_date: date | None
    is_listed: bool
    is_active: bool


class ColleagueOut(Schema):
    """The professional card of a colleague."""

    id: int
    first_name: str
    last_name: str
    job_title: str
    entity_id: int
    entity: str
    phone: str
    office: str
    email: str

    @staticmethod
    def resolve_entity(agent: Agent) -> str:
        """The name of the service."""
        return agent.entity.name


class ColleagueFilters(Schema):
    """What may be asked of the list."""

    q: Line = Field("", max_length=100, description="Name, e-mail, job, service, office or phone.")


class RoleOut(Schema):
    """A role an agent's account holds, on an entity and all below it."""

    id: int
    role: Role
    entity_id: int
    ends_date: date | None = Field(description="The last day it holds; null: for good.")
    granted_at: datetime | None


class GrantOut(RoleOut):
    """A role, and whose it is."""

    user_id: int
    agent_id: int | None

    @staticmethod
    def resolve_agent_id(grant: RoleGrant) -> int | None:
        """Of the account, if it is an agent's."""
        agent = getattr(grant.user, "agent", None)
        return agent.pk if agent is not None else None


class GrantFilters(Schema):
    """What may be asked of the list."""

    role: Role | None = None
    entity_id: int | None = Field(None, description="Held on this entity or below it.")


@router.get("/entities", response=list[EntityOut], operation_id="list_entities", summary="Entities of the perimeter")
@paginate(Paging)
def list_entities(request: HttpRequest, filters: Query[EntityFilters]) -> QuerySet[Entity]:
    """In tree order. Scope `read`."""
    entities = queries.entities_visible_to(require_scope(request, "read"))
    entities = entities if filters.closed else queries.open_entities(entities)
    if filters.q:
        entities = entities.filter(pk__in=queries.entities_called(filters.q))
    return entities.prefetch_related("sirets", "aliases").order_by("path")


@router.post("/entities", response={201: EntityOut}, operation_id="create_entity", summary="Create an entity")
def create_entity(request: HttpRequest, body: EntityIn) -> Status[Entity]:
    """Scope `write`; head of IT of the parent."""
    user = require_scope(request, "write")
    parent = one(queries.entities_visible_to(user), body.parent_id)
    data = body.dict(exclude={"parent_id"})
    return Status(201, entity_services.create_entity(actor=user, parent=parent, now=clock.now(), **data))


@router.get("/entities/{entity_id}", response=EntityOut, operation_id="get_entity", summary="One entity")
def get_entity(request: HttpRequest, entity_id: int) -> Entity:
    """Scope `read`."""
    return one(queries.entities_visible_to(require_scope(request, "read")), entity_id)


@router.patch("/entities/{entity_id}", response=EntityOut, operation_id="update_entity", summary="Change an entity")
def update_entity(request: HttpRequest, entity_id: int, body: EntityPatch) -> Entity:
    """Scope `write`; head of IT of the entity, and of both parents to move it."""
    user, now = require_scope(request, "write"), clock.now()
    visible = queries.entities_visible_to(user)
    entity = one(visible.select_related("parent"), entity_id)
    parent = one(visible, body.parent_id) if body.parent_id is not None else None
    changes = body.dict(exclude={"parent_id"}, exclude_none=True)
    entity_services.change_entity(actor=user, entity=entity, parent=parent, now=now, **changes)
    return entity


@router.get("/agents", response=list[AgentOut], operation_id="list_agents", summary="Agents of the perimeter")
@paginate(Paging)
def list_agents(request: HttpRequest, filters: Query[AgentFilters]) -> QuerySet[Agent]:
    """By name; `q` as people type it: words in any order, accents and case ignored. Scope `read`."""
    user = require_scope(request, "read")
    agents = queries.agents_visible_to(user)
    if filters.entity_id is not None:
        entity = one(queries.entities_visible_to(user), filters.entity_id)
        agents = agents.filter(entity__path__startswith=entity.path)
    if filters.is_active is not None:
        agents = agents.filter(is_active=filters.is_active)
    if filters.has_account is not None:
        agents = agents.filter(user__isnull=not filters.has_account)
    if filters.personnel_number:
        agents = agents.filter(personnel_number=filters.personnel_number)
    if filters.email:
        agents = agents.filter(email=filters.email.lower())
    return queries.search_agents(agents, filters.q, numbers=True).order_by("last_name", "first_name", "pk")


@router.get("/colleagues", response=list[ColleagueOut], operation_id="list_colleagues", summary="Colleagues")
@paginate(Paging)
def list_colleagues(request: HttpRequest, filters: Query[ColleagueFilters]) -> QuerySet[Agent]:
    """The professional cards every agent finds of their colleagues in post. Scope `read`."""
    found = colleagues.found_by(require_scope(request, "read"))
    return queries.search_agents(found, filters.q).order_by("last_name", "first_name", "pk")


@router.get("/roles", response=list[GrantOut], operation_id="list_grants", summary="Who has which role")
@paginate(Paging)
def list_grants(request: HttpRequest, filters: Query[GrantFilters]) -> QuerySet[RoleGrant]:
    """The roles held on the entities of the perimeter that hold today. Scope `read`."""
    user = require_scope(request, "read")
    grants = queries.grants_visible_to(user)
    if filters.role is not None:
        grants = grants.filter(role=filters.role)
    if filters.entity_id is not None:
        entity = one(queries.entities_visible_to(user), filters.entity_id)
        grants = grants.filter(entity__path__startswith=entity.path)
    return grants.order_by("entity__path", "role", "user__last_name", "pk")


@router.post("/agents", response={201: AgentOut}, operation_id="create_agent", summary="Create an agent")
def create_agent(request: HttpRequest, body: AgentIn) -> Status[Agent]:
    """Scope `write`; IT team of the entity. The agent has no account yet."""
    user = require_scope(request, "write")
    entity = one(queries.entities_visible_to(user), body.entity_id)
    data = body.dict(exclude={"entity_id"})
    return Status(201, services.create_agent(actor=user, entity=entity, now=clock.now(), **data))


@router.get("/agents/{agent_id}", response=AgentOut, operation_id="get_agent", summary="One agent")
def get_agent(request: HttpRequest, agent_id: int) -> Agent:
    """Scope `read`."""
    return one(queries.agents_visible_to(require_scope(request, "read")), agent_id)


@router.patch("/agents/{agent_id}", response=AgentOut, operation_id="update_agent", summary="Change an agent")
def update_agent(request: HttpRequest, agent_id: int, body: AgentPatch) -> Agent:
    """Scope `write`; IT team of the agent's entity, and of the one they go to."""
    user = require_scope(request, "write")
    agent = one(queries.agents_visible_to(user), agent_id)
    entity = one(queries.entities_visible_to(user), body.entity_id) if body.entity_id is not None else None
    sent = body.dict(exclude={"entity_id", "is_active"}, exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value is not None or name in services.DATES}
    services.change_agent(actor=user, agent=agent, entity=entity, is_active=body.is_active, now=clock.now(), **changes)
    return agent


@router.get("/agents/{agent_id}/roles", response=list[RoleOut], operation_id="list_roles", summary="An agent's roles")
def list_roles(request: HttpRequest, agent_id: int) -> QuerySet[RoleGrant]:
    """Scope `read`. Roles are given and taken back in the pages only: that asks for a fresh second factor."""
    agent = one(queries.agents_visible_to(require_scope(request, "read")), agent_id)
    return queries.grants_of(agent.user) if agent.user else RoleGrant.objects.none()
