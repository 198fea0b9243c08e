"""The REST API of this room: the tools one may meet with, and how they are. No secret, no account."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.paging import Paging
from parvis.portal.conferencing import queries
from parvis.portal.conferencing.capabilities import Capabilities, of
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.access import one

router = Router(tags=["meetings"])


class CapabilitiesOut(Schema):
    """What a tool can do."""

    phone_in: bool
    browser: bool
    video: bool
    outside_guests: bool
    lobby: bool
    public_viewing: bool
    speaking_list: bool
    recording: bool
    shares_screen: bool
    chat: bool
    needs_pool: bool
    by_hand: bool
    max_people: int
    """0: no limit known."""


class MeetingToolOut(Schema):
    """A tool."""

    id: int
    entity_id: int
    kind: Provider.Kind
    name: str
    note: str
    booking_url: str
    pool_id: int | None
    rank: int
    is_open: bool
    health: Provider.Health
    checked_at: datetime | None
    failing_since: datetime | None
    capabilities: CapabilitiesOut

    @staticmethod
    def resolve_capabilities(provider: Provider) -> Capabilities:
        """Of this very tool."""
        return of(provider)


class MeetingToolFilters(Schema):
    """What a list may be narrowed by."""

    kind: Provider.Kind | None = None
    health: Provider.Health | None = None
    is_open: bool | None = None


@router.get(
    "/meeting-tools", response=list[MeetingToolOut], operation_id="list_meeting_tools", summary="Tools for meetings"
)
@paginate(Paging)
def list_meeting_tools(request: HttpRequest, filters: Query[MeetingToolFilters]) -> QuerySet[Provider]:
    """What is offered to one's department, and for the IT team all of its perimeter, by preference. Scope `read`."""
    tools = queries.providers_visible_to(require_scope(request, "read"))
    if filters.kind is not None:
        tools = tools.filter(kind=filters.kind)
    if filters.health is not None:
        tools = tools.filter(health=filters.health)
    if filters.is_open is not None:
        tools = tools.filter(is_open=filters.is_open)
    return tools.order_by("rank", "name", "pk")


@router.get("/meeting-tools/{tool_id}", response=MeetingToolOut, operation_id="get_meeting_tool", summary="One tool")
def get_meeting_tool(request: HttpRequest, tool_id: int) -> Provider:
    """Scope `read`."""
    return one(queries.providers_visible_to(require_scope(request, "read")), tool_id)
