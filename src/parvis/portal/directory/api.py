"""The REST API of this room: entities, agents, roles."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory import entity_services, queries, services
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock

router = Router(tags=["directory"])


class EntityIn(Schema):
    """An entity to create."""

    parent_id: int
    name: Line = Field(min_length=1, max_length=150)
    kind: Entity.Kind = Entity.Kind.DEPARTMENT
    siret: Line = Field("", max_length=14)


class EntityPatch(Schema):
    """What changes; what is left out stays. Another `parent_id` moves the entity with all below it."""

    parent_id: int | None = None
    name: Line | None = Field(None, min_length=1, max_length=150)
    kind: Entity.Kind | None = None
    siret: Line | None = Field(None, max_length=14)


class EntityOut(Schema):
    """A node of the authority's tree."""

    id: int
    parent_id: int | None
    path: str
    """Ids from the root down, six digits and a dot each."""
    kind: str
    name: str
    siret: str


class AgentIn(Schema):
    """An agent to create."""

    entity_id: int
    first_name: Line = Field(min_length=1, max_length=100)
    last_name: Line = Field(min_length=1, max_length=100)
    email: str = Field(max_length=254, pattern=r"^[^@\s<>\x00]+@[^@\s<>\x00]+$")
    job_title: Line = Field("", max_length=150)


class AgentPatch(Schema):
    """What changes; what is left out stays. `is_active` false notes a departure, true a return."""

    entity_id: int | None = None
    first_name: Line | None = Field(None, min_length=1, max_length=100)
    last_name: Line | None = Field(None, min_length=1, max_length=100)
    email: str | None = Field(None, max_length=254, pattern=r"^[^@\s<>\x00]+@[^@\s<>\x00]+$")
    job_title: Line | None = Field(None, max_length=150)
    is_active: bool | None = None


class AgentFilters(Schema):
    """What may be asked of the list."""

    q: Line = Field("", max_length=100)


class AgentOut(Schema):
    """A staff member."""

    id: int
    user_id: int | None
    first_name: str
    last_name: str
    email: str
    job_title: str
    entity_id: int
    is_active: bool


class RoleOut(Schema):
    """A role an agent's account holds, on an entity and all below it."""

    id: int
    role: Role
    entity_id: int


@router.get("/entities", response=list[EntityOut], operation_id="list_entities", summary="Entities of the perimeter")
@paginate(Paging)
def list_entities(request: HttpRequest) -> QuerySet[Entity]:
    """In tree order. Scope `read`."""
    return queries.entities_visible_to(require_scope(request, "read")).order_by("path")


@router.post("/entities", response={201: EntityOut}, operation_id="create_entity", summary="Create an entity")
def create_entity(request: HttpRequest, body: EntityIn) -> Status[Entity]:
    """Scope `write`; head of IT of the parent."""
    user = require_scope(request, "write")
    parent = one(queries.entities_visible_to(user), body.parent_id)
    return Status(
        201,
        entity_services.create_entity(
            actor=user, parent=parent, name=body.name, kind=body.kind, siret=body.siret, now=clock.now()
        ),
    )


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
    entity_services.change_entity(
        actor=user,
        entity=entity,
        name=entity.name if body.name is None else body.name,
        kind=entity.kind if body.kind is None else body.kind,
        siret=entity.siret if body.siret is None else body.siret,
        parent=parent,
        now=now,
    )
    return entity


@router.get("/agents", response=list[AgentOut], operation_id="list_agents", summary="Agents of the perimeter")
@paginate(Paging)
def list_agents(request: HttpRequest, filters: Query[AgentFilters]) -> QuerySet[Agent]:
    """By name; `q` searches name, e-mail and job, accents and case ignored. Scope `read`."""
    agents = queries.agents_visible_to(require_scope(request, "read"))
    return queries.search_agents(agents, filters.q).order_by("last_name", "first_name", "pk")


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
    changes = body.dict(exclude={"entity_id", "is_active"}, exclude_none=True)
    services.change_agent(actor=user, agent=agent, entity=entity, is_active=body.is_active, now=clock.now(), **changes)
    return agent


@router.get("/agents/{agent_id}/roles", response=list[RoleOut], operation_id="list_roles", summary="An agent's roles")
def list_roles(request: HttpRequest, agent_id: int) -> QuerySet[RoleGrant]:
    """Scope `read`. Roles are given and taken back in the pages only: that asks for a fresh second factor."""
    agent = one(queries.agents_visible_to(require_scope(request, "read")), agent_id)
    return queries.grants_of(agent.user) if agent.user else RoleGrant.objects.none()
