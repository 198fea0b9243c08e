"""Many assets at once, with the rules and the history of `asset_services`: a few queries, whatever their number.

All or nothing: where one row is refused, the whole call is, and the caller tries its rows one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import asset_services, permissions, rules
from parvis.portal.parc.asset_services import NAMES, PLACES, AssetData
from parvis.portal.parc.events import AgentAssigned, AssetMoved
from parvis.portal.parc.models import Asset, AssetEvent, Assignment


@dataclass(frozen=True, slots=True)
class NewAsset:
    """An asset to be; `data` needs a name and an entity."""

    data: AssetData
    state: Asset.State = Asset.State.DEPLOYED
    agent: Agent | None = None


@dataclass(frozen=True, slots=True)
class AssetChange:
    """What changes of an asset. `origins`: who wrote the fields, where it is not who calls (an undoing)."""

    asset: Asset
    data: AssetData
    origins: Mapping[str, str | None] | None = None


@transaction.atomic
def create_assets(*, actor: User, rows: Sequence[NewAsset], now: datetime, origin: rules.Origin) -> list[Asset]:
    """New assets, in the order of `rows`; those with an agent are assigned.

    Raises:
        NotAllowed: not of the IT team of one of the entities.
        Invalid: see `asset_services.clean`; or a name or a tag is taken (`taken`).
        Conflict: see `assign_assets`.
    """
    _require(actor, (row.data["entity"] for row in rows))
    assets = []
    for row in rows:
        asset = Asset(state=row.state, state_since_date=clock.today(now), created_at=now)
        _set(asset, row.data, now, origin)
        assets.append(asset)
    try:
        with transaction.atomic():
            Asset.objects.bulk_create(assets)
    except IntegrityError:
        raise _taken() from None
    facts = [(asset, asset_services._facts(asset)) for asset in assets]
    audit.record_many(actor=actor, action="parc.asset_created", targets=facts, now=now)
    note_many([(asset, AssetEvent.Kind.CREATED, None, {"origin": origin}) for asset in assets], actor=actor, now=now)
    pairs = [(asset, row.agent) for asset, row in zip(assets, rows, strict=True) if row.agent is not None]
    assign_assets(actor=actor, pairs=pairs, now=now, origin=origin)
    return assets


@transaction.atomic
def update_assets(*, actor: User, rows: Sequence[AssetChange], now: datetime, origin: rules.Origin) -> None:
    """Change what is known of assets; those where nothing differs are left alone.

    Raises:
        NotAllowed: not of the IT team of an asset's entity, or of the one it goes to; or `can_change_kind` says no.
        Invalid: see `asset_services.clean`; or a name or a tag is taken (`taken`).
    """
    _require(actor, (entity for row in rows for entity in (row.asset.entity, row.data.get("entity")) if entity))
    changed: list[tuple[Asset, dict[str, list[Any]]]] = []
    names: set[str] = set()
    for row in rows:
        require(permissions.can_change_kind(actor, row.asset, row.data.get("kind", row.asset.kind)))
        before = asset_services._facts(row.asset)
        written = _set(row.asset, row.data, now, origin)
        if row.origins is not None:
            row.asset.origins = _with_origins(row.asset.origins, row.origins)
        names |= written
        after = asset_services._facts(row.asset)
        changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        if "notes" in changes:
            changes["notes"] = ["", ""]  # free words stay on the asset: nothing of them in histories
        if changes:
            changed.append((row.asset, changes))
    if not changed:
        return
    try:
        with transaction.atomic():
            Asset.objects.bulk_update(
                [asset for asset, _changes in changed], sorted({*names, "origins", "search", "updated_at"})
            )
    except IntegrityError:
        raise _taken() from None
    audit.record_many(actor=actor, action="parc.asset_updated", targets=changed, now=now)
    note_many(
        [
            (
                asset,
                AssetEvent.Kind.MOVED if changes.keys() & PLACES else AssetEvent.Kind.CHANGED,
                None,
                {"changes": changes, "origin": origin},
            )
            for asset, changes in changed
        ],
        actor=actor,
        now=now,
    )


@transaction.atomic
def move_assets(
    *, actor: User, assets: Sequence[Asset], to: Asset.State, now: datetime, origin: rules.Origin, reason: str = ""
) -> None:
    """Take assets to another state of their life, as `asset_services.move_asset` does one.

    Raises:
        NotAllowed: not of the IT team of one of their entities.
        Conflict: the table of moves does not let one go there, or it has gone elsewhere meanwhile (`asset_moved`).
    """
    _require(actor, (asset.entity for asset in assets))
    by_state: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        by_state[asset.state].append(asset)
    today = clock.today(now)
    for before, group in by_state.items():
        there = Asset.objects.filter(pk__in=[asset.pk for asset in group], state=before)
        allowed = there.filter(state__in=rules.asset_sources_of(to))
        if allowed.update(state=to, state_since_date=today, updated_at=now) != len(group):
            raise Conflict(
                _("Ce matériel ne peut pas passer à l’état «\u202f%(state)s\u202f».") % {"state": to.label},
                code="asset_moved",
            )
        facts = {"from": before, "to": to.value, "reason": reason[:300]}
        audit.record_many(actor=actor, action="parc.asset_moved", targets=[(asset, facts) for asset in group], now=now)
        data = {**facts, "origin": origin}
        note_many([(asset, AssetEvent.Kind.STATE, None, data) for asset in group], actor=actor, now=now)
        for asset in group:
            asset.state, asset.state_since_date, asset.updated_at = to, today, now
            events.publish(AssetMoved(asset_id=asset.pk, before=before, after=to.value, at=now))
    if to in rules.NOBODYS:
        for assignment in Assignment.objects.filter(asset__in=assets).select_related("agent", "asset"):
            asset_services._unassign(actor, assignment, now)


@transaction.atomic
def assign_assets(*, actor: User, pairs: Sequence[tuple[Asset, Agent]], now: datetime, origin: rules.Origin) -> None:
    """These agents have these assets from now on; what was in stock is in service. Twice is once.

    Raises:
        NotAllowed: not of the IT team of an asset's entity.
        Conflict: an agent is not in post, or an asset is not usable.
    """
    _require(actor, (asset.entity for asset, _agent in pairs))
    for asset, agent in pairs:
        if not agent.is_active:
            raise Conflict(_("Cet agent n’est plus en poste."), code="agent_not_in_post")
        if asset.state in rules.NOBODYS and asset.state != Asset.State.STOCK:
            raise Conflict(_("Ce matériel n’est pas utilisable."), code="asset_not_usable")
    have = set(Assignment.objects.filter(asset__in=[asset for asset, _a in pairs]).values_list("asset_id", "agent_id"))
    new = [(asset, agent) for asset, agent in pairs if (asset.pk, agent.pk) not in have]
    if not new:
        return
    waiting = [asset for asset, _agent in new if asset.state == Asset.State.STOCK]
    if waiting:
        move_assets(actor=actor, assets=waiting, to=Asset.State.DEPLOYED, now=now, origin=origin)
    today = clock.today(now)
    Assignment.objects.bulk_create(
        [Assignment(agent=agent, asset=asset, since_date=today) for asset, agent in new], ignore_conflicts=True
    )
    facts = [(asset, {"agent": agent.pk, "agent_name": str(agent)}) for asset, agent in new]
    audit.record_many(actor=actor, action="parc.agent_assigned", targets=facts, now=now)
    note_many(
        [(asset, AssetEvent.Kind.ASSIGNED, agent, {"origin": origin}) for asset, agent in new], actor=actor, now=now
    )
    for asset, agent in new:
        events.publish(AgentAssigned(agent_id=agent.pk, computer_id=asset.pk, actor_id=actor.pk, at=now))


def note_many(
    rows: Iterable[tuple[Asset, AssetEvent.Kind, Agent | None, Mapping[str, Any]]], *, actor: User, now: datetime
) -> None:
    """Lines of history, in one write: asset, what happened, whose it became, what its sentence needs."""
    AssetEvent.objects.bulk_create(
        [
            AssetEvent(asset=asset, at=now, kind=kind, actor=actor, agent=agent, data=dict(data))
            for asset, kind, agent, data in rows
        ]
    )


def _require(actor: User, entities: Iterable[Entity]) -> None:
    for entity in {entity.pk: entity for entity in entities}.values():
        require(permissions.can_manage(actor, entity))


def _set(asset: Asset, data: AssetData, now: datetime, origin: rules.Origin) -> set[str]:
    changed = set()
    for name, value in asset_services.clean(data, asset.kind).items():
        if name in NAMES and (asset._state.adding or getattr(asset, name) != value):
            setattr(asset, name, value)
            changed.add(name)
    if changed:
        asset.origins = {**asset.origins, **dict.fromkeys(changed, origin)}
        asset.updated_at = now
        asset.search = rules.search_text(
            asset.name, asset.tag, asset.serial, asset.model or "", asset.site or "", asset.room, asset.address,
            asset.mac_address, asset.phone_number,
        )  # fmt: skip
    return changed


def _with_origins(origins: dict[str, Any], wanted: Mapping[str, str | None]) -> dict[str, Any]:
    merged = {**origins, **wanted}
    return {name: origin for name, origin in merged.items() if origin is not None}


def _taken() -> Invalid:
    return Invalid(_("Un numéro d’inventaire ou un nom d’ordinateur est déjà pris dans ce service."), code="taken")
