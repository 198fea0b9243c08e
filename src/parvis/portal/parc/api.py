"""The REST API of this room: computers, who works on them, wake-ups, sites."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.models import User
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.queries import agents_visible_to, entities_visible_to
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc import asset_services, queries, services, site_services
from parvis.portal.parc.models import Computer, Site, WakeUp

router = Router(tags=["parc"])


class ComputerIn(Schema):
    """A computer to create."""

    name: Line = Field(max_length=63)
    kind: Computer.Kind = Computer.Kind.OFFICE
    entity_id: int
    site_id: int | None = None
    address: Line = Field("", max_length=253)
    """IP address or host name."""
    mac_address: Line = Field("", max_length=23)
    probe_port: int = Field(3389, ge=1, le=65535)
    """TCP port that answers when the computer is on."""


class ComputerPatch(Schema):
    """What changes; what is left out stays. `site_id` null takes the computer off its site."""

    name: Line = Field("", max_length=63)
    kind: Computer.Kind = Computer.Kind.OFFICE
    entity_id: int = 0
    site_id: int | None = None
    address: Line = Field("", max_length=253)
    mac_address: Line = Field("", max_length=23)
    probe_port: int = Field(3389, ge=1, le=65535)


class ComputerOut(Schema):
    """A computer and what the last check found."""

    id: int
    name: str
    kind: Computer.Kind
    entity_id: int
    site_id: int | None
    address: str
    mac_address: str
    probe_port: int
    reachability: Computer.Reachability
    last_seen_at: datetime | None
    checked_at: datetime | None
    agent_ids: list[int]
    """Who works on it."""

    @staticmethod
    def resolve_agent_ids(computer: Computer) -> list[int]:
        """From the prefetched agents."""
        return [agent.pk for agent in computer.agents.all()]


class ComputerFilters(Schema):
    """What may be asked of the list."""

    q: Line = Field("", max_length=100)
    reachability: Computer.Reachability | None = None
    site_id: int | None = Field(None, ge=0, le=2**62)


class AssignmentIn(Schema):
    """Who works on a computer from now on."""

    agent_id: int


class WakeUpOut(Schema):
    """How far a wake-up is."""

    id: int
    state: WakeUp.State
    outcome: str
    """One word for programs: `packet_sent`, `answered`, `no_answer`…"""
    detail: str
    """The same in words, in the caller's language."""
    requested_at: datetime
    ended_at: datetime | None


class SiteIn(Schema):
    """A site to create."""

    name: Line = Field(min_length=1, max_length=150)
    entity_id: int
    address: Line = Field("", max_length=250)
    wake_by: Site.WakeBy = Site.WakeBy.NONE
    wake_address: Line | None = Field(None, max_length=45)
    wake_port: int = Field(9, ge=1, le=65535)


class SitePatch(Schema):
    """What changes; what is left out stays."""

    name: Line = Field("", min_length=1, max_length=150)
    entity_id: int = 0
    address: Line = Field("", max_length=250)
    wake_by: Site.WakeBy = Site.WakeBy.NONE
    wake_address: Line | None = Field(None, max_length=45)
    wake_port: int = Field(9, ge=1, le=65535)


class SiteOut(Schema):
    """A building, and how its computers are woken."""

    id: int
    name: str
    entity_id: int
    address: str
    wake_by: Site.WakeBy
    wake_address: str | None
    wake_port: int


@router.get(
    "/computers", response=list[ComputerOut], operation_id="list_computers", summary="Computers of the perimeter"
)
@paginate(Paging)
def list_computers(request: HttpRequest, filters: Query[ComputerFilters]) -> QuerySet[Computer]:
    """By name; `q` searches name, addresses and agents. Scope `read`."""
    user = require_scope(request, "read")
    computers = queries.search_computers(queries.computers_visible_to(user), filters.q)
    if filters.reachability is not None:
        computers = computers.filter(reachability=filters.reachability)
    if filters.site_id is not None:
        computers = computers.filter(site_id=filters.site_id)
    return computers.prefetch_related("agents").order_by("name", "pk")


@router.post("/computers", response={201: ComputerOut}, operation_id="create_computer", summary="Create a computer")
def create_computer(request: HttpRequest, body: ComputerIn) -> Status[Computer]:
    """Scope `write`; IT team of the entity."""
    user = require_scope(request, "write")
    data = _with_objects(user, body.dict())
    return Status(201, asset_services.create_asset(actor=user, data=data, now=clock.now()))  # type: ignore[arg-type]


@router.get("/computers/{computer_id}", response=ComputerOut, operation_id="get_computer", summary="One computer")
def get_computer(request: HttpRequest, computer_id: int) -> Computer:
    """Scope `read`."""
    return _computer(require_scope(request, "read"), computer_id)


@router.patch(
    "/computers/{computer_id}", response=ComputerOut, operation_id="update_computer", summary="Change a computer"
)
def update_computer(request: HttpRequest, computer_id: int, body: ComputerPatch) -> Computer:
    """Scope `write`; IT team of the computer's entity, and of the one it goes to."""
    user = require_scope(request, "write")
    computer = _computer(user, computer_id)
    data = _with_objects(user, body.dict(exclude_unset=True))
    asset_services.update_asset(actor=user, asset=computer, data=data, now=clock.now())  # type: ignore[arg-type]
    return computer


@router.delete(
    "/computers/{computer_id}", response={204: None}, operation_id="delete_computer", summary="Delete a computer"
)
def delete_computer(request: HttpRequest, computer_id: int) -> Status[None]:
    """Scope `write`; IT team of its entity. 409 if it has a history of sessions."""
    user = require_scope(request, "write")
    asset_services.delete_asset(actor=user, asset=_computer(user, computer_id), now=clock.now())
    return Status(204, None)


@router.post(
    "/computers/{computer_id}/agents", response={204: None}, operation_id="assign_agent", summary="Assign an agent"
)
def assign_agent(request: HttpRequest, computer_id: int, body: AssignmentIn) -> Status[None]:
    """The agent works on this computer from now on; twice is once. Scope `write`; IT team."""
    user = require_scope(request, "write")
    computer, agent = _computer(user, computer_id), one(agents_visible_to(user), body.agent_id)
    asset_services.assign_agent(actor=user, asset=computer, agent=agent, now=clock.now())
    return Status(204, None)


@router.delete(
    "/computers/{computer_id}/agents/{agent_id}",
    response={204: None},
    operation_id="unassign_agent",
    summary="Unassign an agent",
)
def unassign_agent(request: HttpRequest, computer_id: int, agent_id: int) -> Status[None]:
    """The agent does not work on this computer any more. Scope `write`; IT team."""
    user = require_scope(request, "write")
    computer = _computer(user, computer_id)
    agent = one(computer.agents.all(), agent_id)
    asset_services.unassign_agent(actor=user, asset=computer, agent=agent, now=clock.now())
    return Status(204, None)


@router.post(
    "/computers/{computer_id}/wake-up", response={202: WakeUpOut}, operation_id="wake_up", summary="Wake a computer"
)
def wake_up(request: HttpRequest, computer_id: int) -> Status[queries.WakeUpProgress | None]:
    """Start a wake-up, or join the one under way. Scope `write`; who works on it, or the IT team."""
    user = require_scope(request, "write")
    computer = _computer(user, computer_id)
    services.wake_up(actor=user, computer=computer, now=clock.now())
    return Status(202, queries.wake_up_progress(computer))


@router.get(
    "/computers/{computer_id}/wake-up",
    response=WakeUpOut,
    operation_id="get_wake_up",
    summary="Progress of the wake-up",
)
def get_wake_up(request: HttpRequest, computer_id: int) -> queries.WakeUpProgress:
    """The latest wake-up, running or over; 404 if there never was one. Scope `read`."""
    progress = queries.wake_up_progress(_computer(require_scope(request, "read"), computer_id))
    if progress is None:
        raise NotFound
    return progress


@router.get("/sites", response=list[SiteOut], operation_id="list_sites", summary="Sites of the perimeter")
@paginate(Paging)
def list_sites(request: HttpRequest) -> QuerySet[Site]:
    """By name. Scope `read`."""
    return queries.sites_visible_to(require_scope(request, "read")).order_by("name", "pk")


@router.post("/sites", response={201: SiteOut}, operation_id="create_site", summary="Create a site")
def create_site(request: HttpRequest, body: SiteIn) -> Status[Site]:
    """Scope `write`; IT team of the entity."""
    user = require_scope(request, "write")
    data = _with_objects(user, body.dict())
    return Status(201, site_services.create_site(actor=user, data=data, now=clock.now()))  # type: ignore[arg-type]


@router.get("/sites/{site_id}", response=SiteOut, operation_id="get_site", summary="One site")
def get_site(request: HttpRequest, site_id: int) -> Site:
    """Scope `read`."""
    return one(queries.sites_visible_to(require_scope(request, "read")), site_id)


@router.patch("/sites/{site_id}", response=SiteOut, operation_id="update_site", summary="Change a site")
def update_site(request: HttpRequest, site_id: int, body: SitePatch) -> Site:
    """Scope `write`; IT team of the site's entity, and of the one it goes to."""
    user = require_scope(request, "write")
    site = one(queries.sites_visible_to(user), site_id)
    data = _with_objects(user, body.dict(exclude_unset=True))
    site_services.update_site(actor=user, site=site, data=data, now=clock.now())  # type: ignore[arg-type]
    return site


@router.delete("/sites/{site_id}", response={204: None}, operation_id="delete_site", summary="Delete a site")
def delete_site(request: HttpRequest, site_id: int) -> Status[None]:
    """Scope `write`; IT team of its entity. 409 if there are computers in it."""
    user = require_scope(request, "write")
    site = one(queries.sites_visible_to(user), site_id)
    site_services.delete_site(actor=user, site=site, now=clock.now())
    return Status(204, None)


def _computer(user: User, computer_id: int) -> Computer:
    return one(queries.computers_visible_to(user), computer_id)


def _with_objects(user: User, data: dict[str, Any]) -> dict[str, Any]:
    """Ids of entity and site replaced by what the caller may see of them (404 otherwise)."""
    if "entity_id" in data:
        data["entity"] = one(entities_visible_to(user), data.pop("entity_id"))
    if "site_id" in data:
        site_id = data.pop("site_id")
        data["site"] = one(queries.sites_visible_to(user), site_id) if site_id is not None else None
    return data
