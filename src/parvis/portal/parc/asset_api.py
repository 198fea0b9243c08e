"""The REST API of one asset, whatever it is: made, changed, moved through its life, given to agents, its history."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line, Lines
from parvis.portal.accounts.models import User
from parvis.portal.accounts.paging import Paging
from parvis.portal.directory.access import one
from parvis.portal.directory.queries import agents_visible_to, entities_visible_to
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import asset_services, history, permissions, queries, record_queries
from parvis.portal.parc.models import Asset, AssetEvent

router = Router(tags=["parc"])


class AssetPatch(Schema):
    """What changes; what is left out stays. Null takes site, supplier, contract, a day or the cost away."""

    name: Line = Field("", max_length=63)
    kind: Asset.Kind = Asset.Kind.OFFICE
    entity_id: int = 0
    site_id: int | None = None
    room: Line = Field("", max_length=60)
    tag: Line = Field("", max_length=40)
    manufacturer: Line = Field("", max_length=80)
    model: Line = Field("", max_length=120)
    """The maker's name of it; with `manufacturer`. Empty: not known."""
    serial: Line = Field("", max_length=100)
    phone_number: Line = Field("", max_length=30)
    supplier_id: int | None = None
    contract_id: int | None = None
    order_number: Line = Field("", max_length=60)
    purchase_date: date | None = None
    warranty_end_date: date | None = None
    cost: Decimal | None = Field(None, ge=0, max_digits=10, decimal_places=2)
    """Euros, all taxes included."""
    notes: Lines = Field("", max_length=4000)
    address: Line = Field("", max_length=253)
    mac_address: Line = Field("", max_length=23)
    probe_port: int = Field(3389, ge=1, le=65535)


class AssetIn(AssetPatch):
    """An asset to create."""

    name: Line = Field(max_length=63)
    kind: Asset.Kind
    entity_id: int
    state: Asset.State = Asset.State.STOCK


class AssetOut(Schema):
    """All that is known of an asset."""

    id: int
    name: str
    kind: Asset.Kind
    state: Asset.State
    state_since_date: date
    entity_id: int
    site_id: int | None
    room: str
    tag: str
    manufacturer: str
    model: str
    serial: str
    phone_number: str
    supplier_id: int | None
    contract_id: int | None
    order_number: str
    purchase_date: date | None
    warranty_end_date: date | None
    cost: Decimal | None
    notes: str
    address: str
    mac_address: str
    probe_port: int
    origins: dict[str, str]
    """Who wrote a field last: `human`, `import` or `probe`."""
    agent_ids: list[int]
    """Who has it."""
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_manufacturer(asset: Asset) -> str:
        """The maker."""
        return asset.model.manufacturer if asset.model else ""

    @staticmethod
    def resolve_model(asset: Asset) -> str:
        """The maker's name of it."""
        return asset.model.name if asset.model else ""

    @staticmethod
    def resolve_agent_ids(asset: Asset) -> list[int]:
        """Those in post or not."""
        return [agent.pk for agent in asset.agents.all()]


class MoveIn(Schema):
    """Where an asset goes in its life."""

    state: Asset.State
    reason: Line = Field("", max_length=300)
    since_date: date | None = None
    """Today if left out; not in the future."""


class HolderIn(Schema):
    """Who has it from now on."""

    agent_id: int


class EventOut(Schema):
    """One line of an asset's history."""

    id: int
    at: datetime
    kind: AssetEvent.Kind
    agent_id: int | None
    """Whom it was given to or taken from."""
    sentence: str
    """In words, in the caller's language."""
    data: dict[str, Any]

    @staticmethod
    def resolve_sentence(event: AssetEvent) -> str:
        """The page's own."""
        return history.sentence(event)


@router.post("/assets", response={201: AssetOut}, operation_id="create_asset", summary="Create an asset")
def create_asset(request: HttpRequest, body: AssetIn) -> Status[Asset]:
    """Scope `write`; IT team of the entity."""
    user = require_scope(request, "write")
    values = body.dict()
    state = values.pop("state")
    if state not in {Asset.State.STOCK, Asset.State.DEPLOYED, Asset.State.ORDERED}:
        raise Invalid(fields={"state": ["ordered, stock, deployed"]})
    data = _with_objects(user, values, body.kind)
    asset = asset_services.create_asset(actor=user, data=data, now=clock.now(), state=state)  # type: ignore[arg-type]
    return Status(201, asset)


@router.get("/assets/{asset_id}", response=AssetOut, operation_id="get_asset", summary="One asset")
def get_asset(request: HttpRequest, asset_id: int) -> Asset:
    """Scope `read`; of who watches its entity."""
    return _asset(require_scope(request, "read"), asset_id)


@router.patch("/assets/{asset_id}", response=AssetOut, operation_id="update_asset", summary="Change an asset")
def update_asset(request: HttpRequest, asset_id: int, body: AssetPatch) -> Asset:
    """Scope `write`; IT team of the asset's entity, and of the one it goes to. For `state` see `move_asset`."""
    user = require_scope(request, "write")
    asset = _asset(user, asset_id)
    values = body.dict(exclude_unset=True)
    if "manufacturer" in values or "model" in values:
        values.setdefault("manufacturer", asset.model.manufacturer if asset.model else "")
        values.setdefault("model", asset.model.name if asset.model else "")
    data = _with_objects(user, values, values.get("kind", asset.kind))
    asset_services.update_asset(actor=user, asset=asset, data=data, now=clock.now())  # type: ignore[arg-type]
    return asset


@router.delete("/assets/{asset_id}", response={204: None}, operation_id="delete_asset", summary="Delete an asset")
def delete_asset(request: HttpRequest, asset_id: int) -> Status[None]:
    """For what was entered by mistake. Scope `write`; IT team of its entity. 409 if it has sessions or loans."""
    user = require_scope(request, "write")
    asset_services.delete_asset(actor=user, asset=_asset(user, asset_id), now=clock.now())
    return Status(204, None)


@router.post(
    "/assets/{asset_id}/moves", response=AssetOut, operation_id="move_asset", summary="Change an asset's state"
)
def move_asset(request: HttpRequest, asset_id: int, body: MoveIn) -> Asset:
    """Scope `write`; IT team of its entity. 409 where the life of an asset does not go from here to there."""
    user = require_scope(request, "write")
    asset = _asset(user, asset_id)
    asset_services.move_asset(
        actor=user, asset=asset, to=body.state, reason=body.reason, since_date=body.since_date, now=clock.now()
    )
    return _asset(user, asset_id)


@router.post(
    "/assets/{asset_id}/agents", response={204: None}, operation_id="give_asset", summary="Give an asset to an agent"
)
def give_asset(request: HttpRequest, asset_id: int, body: HolderIn) -> Status[None]:
    """The agent has it from now on; twice is once. Scope `write`; IT team. 409 if it is not usable."""
    user = require_scope(request, "write")
    asset, agent = _asset(user, asset_id), one(agents_visible_to(user), body.agent_id)
    asset_services.assign_agent(actor=user, asset=asset, agent=agent, now=clock.now())
    return Status(204, None)


@router.delete(
    "/assets/{asset_id}/agents/{agent_id}",
    response={204: None},
    operation_id="take_asset_back",
    summary="Take an asset back from an agent",
)
def take_asset_back(request: HttpRequest, asset_id: int, agent_id: int) -> Status[None]:
    """Scope `write`; IT team."""
    user = require_scope(request, "write")
    asset = _asset(user, asset_id)
    agent = one(asset.agents.all(), agent_id)
    asset_services.unassign_agent(actor=user, asset=asset, agent=agent, now=clock.now())
    return Status(204, None)


@router.get(
    "/assets/{asset_id}/history",
    response=list[EventOut],
    operation_id="asset_history",
    summary="What happened to an asset",
)
@paginate(Paging)
def asset_history(request: HttpRequest, asset_id: int) -> QuerySet[AssetEvent]:
    """Newest first. Scope `read`; of who watches its entity."""
    user = require_scope(request, "read")
    asset = _asset(user, asset_id)
    require(permissions.can_watch(user, asset.entity))
    return record_queries.events_of(asset)


def _asset(user: User, asset_id: int) -> Asset:
    return one(record_queries.watched_assets(user).prefetch_related("agents"), asset_id)


def _with_objects(user: User, values: dict[str, Any], kind: str) -> dict[str, Any]:
    """Ids replaced by what the caller may see of them (404 otherwise), the model's name by the model."""
    visible: dict[str, QuerySet[Any]] = {
        "entity": entities_visible_to(user),
        "site": queries.sites_visible_to(user),
        "supplier": record_queries.suppliers_visible_to(user),
        "contract": record_queries.contracts_visible_to(user),
    }
    for name, rows in visible.items():
        if f"{name}_id" in values:
            pk = values.pop(f"{name}_id")
            values[name] = one(rows, pk) if pk is not None or name == "entity" else None
    if "model" in values:
        values["model"] = asset_services.model_of(
            kind=kind, manufacturer=values.pop("manufacturer"), name=values["model"]
        )
    return values
