"""The lines of a batch, written through the parc's own verbs: rules, history and audit are theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.imports import values as cell
from parvis.portal.imports.models import Line, Run
from parvis.portal.kernel.errors import Conflict
from parvis.portal.parc import asset_bulk, asset_services, record_services, site_services
from parvis.portal.parc.asset_bulk import AssetChange, NewAsset
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.models import Asset, AssetModel, Assignment, Contract, Site, Supplier
from parvis.portal.ui.search import fold

DAYS = ("purchase_date", "warranty_end_date")
TEXTS = (
    "name", "kind", "room", "tag", "serial", "order_number", "notes", "address", "mac_address", "phone_number",
)  # fmt: skip
CHANGED_SINCE, ADDED_SINCE = "changed_since", "added_since"


def write(actor: User, run: Run, rows: Sequence[Line], now: datetime) -> None:
    """Write lines that are due, and note in them what was there before. The caller saves the lines.

    Raises:
        ParvisError: one of them is refused; nothing of the call may be kept.
    """
    wanted = [_wanted(row) for row in rows]
    things = Things(actor, run.root, wanted, [row.asset_id for row in rows if row.asset_id], now)
    _create(actor, things, _still_new(run, [row for row in rows if row.kind == Line.Kind.CREATED]), now)
    _change(actor, things, [row for row in rows if row.kind != Line.Kind.CREATED], now)


def _still_new(run: Run, rows: Sequence[Line]) -> list[Line]:
    """Without what somebody added since the file came: a probe, a colleague, the same file brought twice.

    Known by its serial, or by its name where the line gives no number of its own. (Tags and names of computers are
    unique in the database.) Two lines of one file are two things.
    """
    if not rows:
        return []
    ours = Line.objects.filter(run=run, kind=Line.Kind.CREATED, asset__isnull=False)
    recent = Asset.objects.filter(entity__path__startswith=run.root.path, updated_at__gte=run.created_at)
    others = list(recent.exclude(pk__in=ours.values("asset")).values_list("serial", "entity_id", "kind", "name"))
    serials = {cell.key(serial) for serial, *_rest in others} - {""}
    names = {(entity, kind, cell.key(name)) for _serial, entity, kind, name in others}
    still = []
    for row in rows:
        values = row.values
        serial, tag = cell.key(values.get("serial")), values.get("tag")
        named = (values["entity"], values["kind"], cell.key(values.get("name")))
        if serial in serials or (not serial and not tag and named in names):
            row.outcome = ADDED_SINCE
        else:
            still.append(row)
    return still


def _create(actor: User, things: Things, rows: Sequence[Line], now: datetime) -> None:
    new = [
        NewAsset(
            things.data(_wanted(row), row.values["kind"]),
            Asset.State(row.values.get("state", Asset.State.DEPLOYED)),
            things.agents.get(row.changes["agent"][1]) if "agent" in row.changes else None,
        )
        for row in rows
    ]
    assets = asset_bulk.create_assets(actor=actor, rows=new, now=now, origin="import") if new else []
    for row, asset in zip(rows, assets, strict=True):
        row.asset, row.before, row.written_at = asset, {"created": True}, now


def _change(actor: User, things: Things, rows: Sequence[Line], now: datetime) -> None:
    changes: list[AssetChange] = []
    moves: dict[str, list[Asset]] = defaultdict(list)
    given: list[tuple[Asset, Agent]] = []
    for row in rows:
        asset = things.assets.get(row.asset_id or 0)
        if asset is None or not _is_as_compared(row, asset, things.having.get(row.asset_id or 0, set())):
            row.outcome = CHANGED_SINCE
            continue
        wanted = _wanted(row)
        row.before = _before(row, asset, wanted)
        row.written_at = now
        data = things.data(
            {name: value for name, value in wanted.items() if name not in {"state", "agent"}}, asset.kind
        )
        if data:
            changes.append(AssetChange(asset, data))
        if "state" in wanted:
            moves[wanted["state"]].append(asset)
        if "agent" in wanted:
            agent = things.agents.get(wanted["agent"])
            if agent is None:
                raise Conflict(code="agent_gone")
            _take_back(actor, asset, row, now)
            given.append((asset, agent))
    if changes:
        asset_bulk.update_assets(actor=actor, rows=changes, now=now, origin="import")
    for to, assets in moves.items():
        asset_bulk.move_assets(actor=actor, assets=assets, to=Asset.State(to), now=now, origin="import")
    if given:
        asset_bulk.assign_assets(actor=actor, pairs=given, now=now, origin="import")


def _wanted(row: Line) -> dict[str, Any]:
    taken = {name: row.conflicts[name][1] for name in row.taken if name in row.conflicts}
    return {**{name: change[1] for name, change in row.changes.items()}, **taken}


def _is_as_compared(row: Line, asset: Asset, having: set[int]) -> bool:
    for name, each in {**row.changes, **{name: row.conflicts[name] for name in row.taken}}.items():
        before = each[0]
        if name == "agent":
            if having != set(before or []):
                return False
        elif plain(asset, name) != before:
            return False
    return True


def plain(asset: Asset, name: str) -> Any:
    """A field as lines keep it: keys, ISO days, amounts as text, a model as its maker and name."""
    if name == "model":
        return [asset.model.manufacturer, asset.model.name] if asset.model else None
    if name in {"entity", "site", "supplier", "contract"}:
        return getattr(asset, f"{name}_id")
    value = getattr(asset, name)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _before(row: Line, asset: Asset, wanted: dict[str, Any]) -> dict[str, Any]:
    kept = {name: plain(asset, name) for name in wanted if name != "agent"}
    if "agent" in wanted:
        kept["agent"] = (row.changes.get("agent") or row.conflicts["agent"])[0]
    return {
        "values": kept,
        "origins": {name: asset.origins.get(name) for name in kept if name not in {"state", "agent"}},
    }


def _take_back(actor: User, asset: Asset, row: Line, now: datetime) -> None:
    """Who has it, where the file names another."""
    have = (row.changes.get("agent") or row.conflicts["agent"])[0] or []
    for agent in Agent.objects.filter(pk__in=have):
        asset_services.unassign_agent(actor=actor, asset=asset, agent=agent, now=now)


class Things:
    """What values name (`wanted`: field → plain value, one dict a line), in a few queries; what is missing is made."""

    def __init__(
        self, actor: User, root: Entity, wanted: Sequence[dict[str, Any]], assets: Iterable[int], now: datetime
    ) -> None:
        self.actor, self.root, self.now = actor, root, now
        self.entities = Entity.objects.in_bulk(_keys(wanted, "entity"))
        self.sites = Site.objects.in_bulk(_keys(wanted, "site"))
        self.suppliers = Supplier.objects.in_bulk(_keys(wanted, "supplier"))
        self.contracts = Contract.objects.in_bulk(_keys(wanted, "contract"))
        self.agents = Agent.objects.in_bulk(_keys(wanted, "agent"))
        pks = list(assets)
        locked = Asset.objects.filter(pk__in=pks).select_for_update(of=("self",))
        self.assets = {
            asset.pk: asset for asset in locked.select_related("entity", "site", "model", "supplier", "contract")
        }
        self.having: dict[int, set[int]] = defaultdict(set)
        for asset_id, agent_id in Assignment.objects.filter(asset__in=pks, agent__is_active=True).values_list(
            "asset_id", "agent_id"
        ):
            self.having[asset_id].add(agent_id)
        names = {value[1] for each in wanted if (value := each.get("model"))}
        self.models = {(m.manufacturer, m.name, m.kind): m for m in AssetModel.objects.filter(name__in=names)}
        self.new_sites: dict[str, Site] = {}
        self.new_suppliers: dict[str, Supplier] = {}

    def data(self, values: dict[str, Any], kind: str) -> AssetData:
        """What `asset_services` takes."""
        data: dict[str, Any] = {name: values[name] for name in TEXTS if name in values}
        data |= {name: _day(values[name]) for name in DAYS if name in values}
        if "cost" in values:
            data["cost"] = Decimal(values["cost"]) if values["cost"] is not None else None
        if "entity" in values:
            data["entity"] = self.entities[values["entity"]]
        if "site" in values:
            data["site"] = self._site(values["site"])
        if "supplier" in values:
            data["supplier"] = self._supplier(values["supplier"])
        if "contract" in values:
            data["contract"] = self.contracts.get(values["contract"])
        if "model" in values:
            data["model"] = self._model(values["model"], values.get("kind", kind))
        return data  # type: ignore[return-value]

    def _site(self, said: int | str | None) -> Site | None:
        if not isinstance(said, str):
            return self.sites.get(said or 0)
        if (key := fold(said)) not in self.new_sites:
            there = next((site for site in Site.objects.filter(entity=self.root) if fold(site.name) == key), None)
            self.new_sites[key] = there or site_services.create_site(
                actor=self.actor, data={"name": said, "entity": self.root}, now=self.now
            )
        return self.new_sites[key]

    def _supplier(self, said: int | str | None) -> Supplier | None:
        if not isinstance(said, str):
            return self.suppliers.get(said or 0)
        if (key := fold(said)) not in self.new_suppliers:
            there = next((each for each in Supplier.objects.filter(entity=self.root) if fold(each.name) == key), None)
            self.new_suppliers[key] = there or record_services.save_supplier(
                actor=self.actor, supplier=None, data={"name": said, "entity": self.root}, now=self.now
            )
        return self.new_suppliers[key]

    def _model(self, said: Sequence[str] | None, kind: str) -> AssetModel | None:
        if not said:
            return None
        key = (said[0], said[1], kind)
        if key not in self.models:
            self.models[key] = AssetModel.objects.get_or_create(manufacturer=said[0], name=said[1], kind=kind)[0]
        return self.models[key]


def _keys(wanted: Sequence[dict[str, Any]], name: str) -> set[int]:
    return {each[name] for each in wanted if isinstance(each.get(name), int)}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
