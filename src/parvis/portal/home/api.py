"""The REST API of this room: what the caller sees on their home page, and the states of services."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.home import queries
from parvis.portal.home.models import Announcement, Service, Tile
from parvis.portal.home.services import states, tiles
from parvis.portal.kernel import clock

router = Router(tags=["home"])


class TileOut(Schema):
    """A way into an application."""

    id: int
    title: str
    url: str
    """`http`, `https` or `mailto`."""
    description: str
    category: str
    icon: str
    """Name of an outline icon of Tabler."""
    colour: str
    hosting: str
    """`local` or `external`."""
    opens_new_tab: bool
    for_teleworkers: bool
    """Only those whose telework is open see it."""
    service_id: int | None


class AnnouncementOut(Schema):
    """A message to agents, plain text."""

    id: int
    title: str
    text: str
    level: str
    """`info`, `warning` or `urgent`."""
    starts_at: datetime
    ends_at: datetime | None


class ServiceOut(Schema):
    """What an application runs on, and how it is."""

    id: int
    name: str
    hosting: str
    provider: str
    state: str
    """`operational`, `degraded`, `outage` or `maintenance`."""
    state_since: datetime
    message: str


class StateIn(Schema):
    """A state, and what to tell the agents. `operational` hands the service back to its probe."""

    state: Service.State
    message: Line = Field("", max_length=300)


@router.get("/tiles", response=list[TileOut], operation_id="list_tiles", summary="The caller's tiles")
@paginate(Paging)
def list_tiles(request: HttpRequest) -> QuerySet[Tile]:
    """The published tiles the caller sees, in the home page's order. Scope `read`."""
    seen = queries.tiles_seen_by(queries.viewer_of(require_scope(request, "read")))
    return Tile.objects.filter(pk__in=[tile.pk for tile in seen]).order_by("position", "title", "pk")


@router.put("/tiles/{tile_id}/favourite", response={204: None}, operation_id="add_favourite", summary="Star a tile")
def add_favourite(request: HttpRequest, tile_id: int) -> Status[None]:
    """At the end of the caller's favourites; twice is once. Scope `write`."""
    tiles.set_favourite(actor=require_scope(request, "write"), tile_id=tile_id, favourite=True)
    return Status(204, None)


@router.delete(
    "/tiles/{tile_id}/favourite", response={204: None}, operation_id="remove_favourite", summary="Unstar a tile"
)
def remove_favourite(request: HttpRequest, tile_id: int) -> Status[None]:
    """Out of the caller's favourites, if it is there. Scope `write`."""
    tiles.set_favourite(actor=require_scope(request, "write"), tile_id=tile_id, favourite=False)
    return Status(204, None)


@router.get(
    "/announcements",
    response=list[AnnouncementOut],
    operation_id="list_announcements",
    summary="Announcements of the moment",
)
@paginate(Paging)
def list_announcements(request: HttpRequest) -> QuerySet[Announcement]:
    """Those the caller sees now, the newest first. Scope `read`."""
    viewer = queries.viewer_of(require_scope(request, "read"))
    seen = queries.announcements_seen_by(viewer, clock.now())
    return Announcement.objects.filter(pk__in=[each.pk for each in seen]).order_by("-starts_at", "-pk")


@router.get("/services", response=list[ServiceOut], operation_id="list_services", summary="States of the services")
@paginate(Paging)
def list_services(request: HttpRequest) -> QuerySet[Service]:
    """As agents see them, the troubled ones first. Scope `read`."""
    return queries.services_seen_by(queries.viewer_of(require_scope(request, "read")))


@router.post(
    "/services/{service_id}/state", response=ServiceOut, operation_id="tell_service_state", summary="Tell a state"
)
def tell_service_state(request: HttpRequest, service_id: int, body: StateIn) -> Service:
    """For a monitoring tool: what it says stands until it says otherwise. Scope `write`; IT team of the service."""
    user = require_scope(request, "write")
    service = one(queries.services_managed_by(user), service_id)
    states.tell_state(actor=user, service=service, state=body.state, message=body.message, now=clock.now())
    return service
