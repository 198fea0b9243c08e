"""The list of assets for programs: the filters of the page. On the router of `asset_api`, whose address it shares."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Schema
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.kernel import clock
from parvis.portal.parc import asset_filters, queries, record_queries
from parvis.portal.parc.asset_api import router
from parvis.portal.parc.asset_filters import Selection
from parvis.portal.parc.models import Asset

__all__ = ["router"]

Family = Literal["computers", "servers", "screens", "telephony", "printing", "badges"]
Warranty = Literal["over", "soon", "running", "unknown"]
Age = Literal["0", "1", "3", "5", "7", "unknown"]
Key: Any = Field(default_factory=list, max_length=asset_filters.MOST_VALUES)


class AssetRow(Schema):
    """An asset in the list."""

    id: int
    name: str
    kind: Asset.Kind
    state: Asset.State
    state_since_date: date
    tag: str
    serial: str
    model_id: int | None
    model_name: str
    entity_id: int
    site_id: int | None
    room: str
    purchase_date: date | None
    warranty_end_date: date | None
    cost: Decimal | None
    address: str
    reachability: Asset.Reachability
    last_seen_at: datetime | None
    updated_at: datetime
    agent_ids: list[int]
    """Who has it."""

    @staticmethod
    def resolve_model_name(asset: Asset) -> str:
        """Maker and model."""
        return str(asset.model or "")

    @staticmethod
    def resolve_agent_ids(asset: Asset) -> list[int]:
        """From the prefetched agents."""
        return [agent.pk for agent in asset.agents.all()]


class AssetFilters(Schema):
    """What may be asked of the list; several values of one filter: any of them."""

    q: Line = Field("", max_length=100)
    family: list[Family] = Key
    kind: list[Asset.Kind] = Key
    state: list[Asset.State] = Key
    """None: all but `disposed`."""
    entity: list[int] = Key
    """And all below."""
    site: list[int] = Key
    model: list[int] = Key
    warranty: list[Warranty] = Key
    """`soon`: ends within 183 days."""
    age: list[Age] = Key
    """Years since the purchase, by where the stretch begins."""
    assigned: list[Literal["yes", "no"]] = Key
    reachability: list[Asset.Reachability] = Key


@router.get("/assets", response=list[AssetRow], operation_id="list_assets", summary="Equipment of the perimeter")
@paginate(Paging)
def list_assets(request: HttpRequest, filters: Query[AssetFilters]) -> QuerySet[Asset]:
    """By name; `q` searches name, numbers, model, place, addresses and agents. Scope `read`."""
    user = require_scope(request, "read")
    selection = Selection.of(lambda name: getattr(filters, name), filters.q)
    rows = record_queries.watched_assets(user).filter(asset_filters.condition(selection, clock.today()))
    return queries.search_assets(rows, filters.q).prefetch_related("agents").order_by("name", "pk")
