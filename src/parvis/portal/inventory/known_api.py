"""The REST API of what probes reported: the inside of an asset, software, licences."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.models import User
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.inventory import permissions, queries
from parvis.portal.inventory.models import Installation, Inventory, Licence, Software
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import NotFound
from parvis.portal.ui.search import matching

router = Router(tags=["inventory"])


class InventoryOut(Schema):
    """What the last report says of an asset from inside. Whose session was open is not told."""

    asset_id: int
    reported_at: datetime
    client: str
    """The probe's program and version."""
    os_name: str
    os_version: str
    os_ends_date: date | None
    """Last day of the maker's security updates; null: not known."""
    processor: str
    memory_mb: int | None
    disk_mb: int | None
    disk_free_mb: int | None
    encrypted: bool | None
    antivirus: str
    antivirus_current: bool | None
    battery_health: int | None
    """Percent of the capacity it was made with."""


class ProgramOut(Schema):
    """A program on an asset."""

    software_id: int
    name: str
    publisher: str
    version: str
    installed_date: date | None

    @staticmethod
    def resolve_name(installation: Installation) -> str:
        """From its software."""
        return installation.software.name

    @staticmethod
    def resolve_publisher(installation: Installation) -> str:
        """From its software."""
        return installation.software.publisher


class SoftwareOut(Schema):
    """A program, and on how many computers of the perimeter it was when last counted."""

    id: int
    name: str
    publisher: str
    computers: int


class LicenceOut(Schema):
    """A licence and what is left of it in its entity and below."""

    id: int
    name: str
    entity_id: int
    software_id: int
    seats: int
    used: int
    left: int
    """Negative: used beyond what is owned."""
    ends_date: date | None
    cost: Decimal | None


class TextFilter(Schema):
    """What may be asked of a list."""

    q: Line = Field("", max_length=100)


@router.get(
    "/assets/{asset_id}/inventory", response=InventoryOut, operation_id="get_inventory", summary="An asset from inside"
)
def get_inventory(request: HttpRequest, asset_id: int) -> Inventory:
    """404 as long as no probe spoke of it. Scope `read`; IT team and auditors."""
    user = require_scope(request, "read")
    return _inventory(user, asset_id)


@router.get(
    "/assets/{asset_id}/software",
    response=list[ProgramOut],
    operation_id="list_asset_software",
    summary="Programs of an asset",
)
@paginate(Paging)
def list_asset_software(request: HttpRequest, asset_id: int) -> QuerySet[Installation]:
    """By name. Scope `read`; IT team and auditors."""
    user = require_scope(request, "read")
    inside = _inventory(user, asset_id)
    found = queries.installations_visible_to(user).filter(asset_id=inside.asset_id).select_related("software")
    return found.order_by("software__name", "version", "pk")


@router.get("/software", response=list[SoftwareOut], operation_id="list_software", summary="Software of the perimeter")
@paginate(Paging)
def list_software(request: HttpRequest, filters: Query[TextFilter]) -> QuerySet[Software]:
    """The most installed first; `q` searches name and publisher. Scope `read`; IT team and auditors."""
    user = require_scope(request, "read")
    require(permissions.can_watch(user))
    found = queries.software_visible_to(user).filter(matching(filters.q, ("name", "publisher")))
    return found.order_by("-computers", "name", "pk")


@router.get("/licences", response=list[LicenceOut], operation_id="list_licences", summary="Licences of the perimeter")
@paginate(Paging)
def list_licences(request: HttpRequest, filters: Query[TextFilter]) -> QuerySet[Licence]:
    """Those used beyond what is owned first. Scope `read`; IT team and auditors."""
    user = require_scope(request, "read")
    require(permissions.can_watch(user))
    found = queries.licences_visible_to(user).filter(matching(filters.q, ("name", "software__name")))
    return found.order_by("left", "name", "pk")


@router.get("/licences/{licence_id}", response=LicenceOut, operation_id="get_licence", summary="One licence")
def get_licence(request: HttpRequest, licence_id: int) -> Licence:
    """Scope `read`."""
    licence: Licence = one(queries.licences_visible_to(require_scope(request, "read")), licence_id)
    return licence


def _inventory(user: User, asset_id: int) -> Inventory:
    try:
        found = queries.inventories_visible_to(user).filter(asset_id=asset_id).first()
    except OverflowError:
        found = None
    if found is None:
        raise NotFound
    return found
