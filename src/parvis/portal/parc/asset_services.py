"""What is done to assets: made, changed, moved through their life, given to agents. Each leaves a line of history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import held_fields, permissions, rules
from parvis.portal.parc.documents import forget_files
from parvis.portal.parc.events import AgentAssigned, AgentUnassigned, AssetMoved
from parvis.portal.parc.models import (
    COMPUTER_KINDS,
    Asset,
    AssetEvent,
    AssetModel,
    Assignment,
    Contract,
    Site,
    Supplier,
)
from parvis.portal.ui.search import fold


class AssetData(TypedDict, total=False):
    """What is known of an asset. What is left out stays as it is (or takes its default)."""

    name: str
    kind: str
    entity: Entity
    site: Site | None
    room: str
    tag: str
    model: AssetModel | None
    serial: str
    phone_number: str
    supplier: Supplier | None
    contract: Contract | None
    order_number: str
    purchase_date: date | None
    warranty_end_date: date | None
    cost: Decimal | None
    notes: str
    address: str
    mac_address: str
    probe_port: int


NAMES = frozenset(AssetData.__annotations__)
PLACES = frozenset({"entity", "site", "room"})


def clean(data: AssetData, kind: str = "") -> AssetData:
    """The data in their usual forms. `kind`: what the asset is, where `data` does not say (default: a computer).

    Raises:
        Invalid: `fields` says what is wrong with each, in words.
    """
    clean_data = data.copy()
    problems = {**_name_problems(data, kind), **_network_problems(data, clean_data), **_purchase_problems(data)}
    if "name" in data:
        clean_data["name"] = data["name"].strip()
    if problems:
        raise Invalid(fields=problems)
    return clean_data


def _name_problems(data: AssetData, kind: str) -> dict[str, list[str]]:
    name = data.get("name")
    if name is None:
        return {}
    if (data.get("kind") or kind or Asset.Kind.OFFICE) in COMPUTER_KINDS:
        words = _("Un nom d’ordinateur n’a que des lettres sans accent, des chiffres, des tirets.")
        return {} if rules.name_is_valid(name) else {"name": [words]}
    good = bool(name.strip()) and name.isprintable() and len(name) <= 63
    return {} if good else {"name": [_("Donnez un nom de 63 caractères au plus.")]}


def _network_problems(data: AssetData, clean_data: AssetData) -> dict[str, list[str]]:
    problems = {}
    if data.get("address"):
        try:
            clean_data["address"] = rules.normal_host(data["address"])
        except ValueError:
            problems["address"] = [
                _(
                    "Indiquez une adresse IP (10.1.2.3) ou un nom de machine, sans "
                    "«\u202fhttp://\u202f» ni numéro de port."
                )
            ]
    if data.get("mac_address"):
        try:
            clean_data["mac_address"] = rules.normal_mac(data["mac_address"])
        except ValueError:
            problems["mac_address"] = [_("Une adresse MAC s’écrit par exemple 00:1A:2B:3C:4D:5E.")]
    if not 1 <= data.get("probe_port", 1) <= 65535:
        problems["probe_port"] = [_("Un port est un nombre entre 1 et 65535.")]
    return problems


def _purchase_problems(data: AssetData) -> dict[str, list[str]]:
    problems = {}
    cost = data.get("cost")
    if cost is not None and not 0 <= cost < 10**8:
        problems["cost"] = [_("Un prix est un montant positif, en euros.")]
    bought, covered = data.get("purchase_date"), data.get("warranty_end_date")
    if bought and covered and covered < bought:
        problems["warranty_end_date"] = [_("La garantie ne peut pas finir avant l’achat.")]
    return problems


@transaction.atomic
def create_asset(
    *,
    actor: User,
    data: AssetData,
    now: datetime,
    state: Asset.State = Asset.State.DEPLOYED,
    origin: rules.Origin = "human",
) -> Asset:
    """A new asset; `data` needs a name and an entity.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: see `clean`; or the name or the tag is taken in this entity.
    """
    require(permissions.can_manage(actor, data["entity"]))
    return _create(actor, data, now, state, origin)


@transaction.atomic
def create_reported(*, data: AssetData, now: datetime) -> Asset:
    """A new asset found by a probe, whose token named the entity: nobody asked, so nobody's permission is needed.

    Raises:
        Invalid: see `create_asset`.
    """
    return _create(None, data, now, Asset.State.DEPLOYED, "probe")


@transaction.atomic
def update_asset(
    *, actor: User, asset: Asset, data: AssetData, now: datetime, origin: rules.Origin = "human"
) -> dict[str, list[Any]]:
    """Change what is known of an asset; the changes made: name → before and after.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to; see `permissions.can_change_kind`.
        Invalid: see `clean`; or the name or the tag is taken in this entity.
    """
    require(permissions.can_manage(actor, asset.entity))
    if "entity" in data:
        require(permissions.can_manage(actor, data["entity"]))
    require(permissions.can_change_kind(actor, asset, data.get("kind", asset.kind)))
    return _update(actor, asset, data, now, origin)


@transaction.atomic
def apply_reported(*, asset: Asset, values: AssetData, now: datetime) -> dict[str, Any]:
    """Write what a probe reports where no human has decided otherwise; what was left as it is: name → reported value.

    What a room above holds (`held_fields`) is left as it is too.

    Raises:
        Invalid: see `update_asset`.
    """
    held = held_fields.held(asset) if values else frozenset()
    allowed = {
        name: value
        for name, value in values.items()
        if name not in held
        and rules.probe_may_write(name, origin=asset.origins.get(name), current=getattr(asset, name))
    }
    _update(None, asset, AssetData(**allowed), now, "probe")  # type: ignore[typeddict-item]
    kept = {name: _plain(value) for name, value in values.items() if name not in allowed}
    return {name: value for name, value in kept.items() if _plain(getattr(asset, name)) != value}


@transaction.atomic
def move_asset(
    *,
    actor: User | None,
    asset: Asset,
    to: Asset.State,
    now: datetime,
    reason: str = "",
    since_date: date | None = None,
) -> None:
    """Take an asset to another state of its life. `actor` None: the portal itself (a room that has asked already).

    Whoever has it keeps it in repair; retired, lost, disposed and back in stock, it is nobody's any more.
    `since_date`: when that was (today).

    Raises:
        NotAllowed: not of the IT team of its entity.
        Invalid: the day is to come.
        Conflict: the table of moves does not let it go there, or it has gone elsewhere meanwhile (`asset_moved`).
    """
    if actor is not None:
        require(permissions.can_manage(actor, asset.entity))
    since_date = since_date or clock.today(now)
    if since_date > clock.today(now):
        raise Invalid(fields={"since_date": [_("Cette date est à venir.")]})
    before = asset.state
    moved = Asset.objects.filter(pk=asset.pk, state=before, state__in=rules.asset_sources_of(to))
    if not moved.update(state=to, state_since_date=since_date, updated_at=now):
        raise Conflict(
            _("Ce matériel ne peut pas passer à l’état «\u202f%(state)s\u202f».") % {"state": to.label},
            code="asset_moved",
            advice=_("Rechargez la page pour voir où il en est."),
        )
    asset.state, asset.state_since_date, asset.updated_at = to, since_date, now
    facts = {"from": before, "to": to.value, "reason": reason[:300]}
    audit.record(actor=actor, action="parc.asset_moved", target=asset, now=now, data=facts)
    note(asset, AssetEvent.Kind.STATE, actor=actor, now=now, data=facts)
    if to in rules.NOBODYS:
        for assignment in Assignment.objects.filter(asset=asset).select_related("agent", "asset"):
            _unassign(actor, assignment, now)
    events.publish(AssetMoved(asset_id=asset.pk, before=before, after=to.value, at=now))


@transaction.atomic
def delete_asset(*, actor: User, asset: Asset, now: datetime) -> None:
    """Take an asset off the list, with its history: for what was entered by mistake.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has a history (remote sessions, loans) that must be kept (`asset_has_history`).
    """
    require(permissions.can_manage(actor, asset.entity))
    for assignment in Assignment.objects.filter(asset=asset).select_related("agent", "asset"):
        _unassign(actor, assignment, now)
    audit.record(actor=actor, action="parc.asset_deleted", target=asset, now=now, data=_facts(asset))
    forget_files(list(asset.documents.all()))
    try:
        with transaction.atomic():
            asset.delete()
    except ProtectedError:
        raise Conflict(
            _("Ce matériel a un historique (sessions, prêts), qui doit être conservé."),
            code="asset_has_history",
            advice=_("Sortez-le plutôt du parc\u202f: il quitte les listes et garde son historique."),
        ) from None


@transaction.atomic
def assign_agent(*, actor: User, asset: Asset, agent: Agent, now: datetime) -> None:
    """The agent has this asset from now on; what was in stock is in service. Twice is once.

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
        Conflict: the agent is not in post, the asset is not usable (`asset_not_usable`) or no more where it was.
    """
    require(permissions.can_manage(actor, asset.entity))
    if not agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_not_in_post")
    if asset.state in rules.NOBODYS and asset.state != Asset.State.STOCK:
        raise Conflict(_("Ce matériel n’est pas utilisable."), code="asset_not_usable")
    # Whoever writes the row first goes first: a colleague who retires it meanwhile waits, or we see that it is retired.
    if not Asset.objects.filter(pk=asset.pk, state=asset.state).update(updated_at=now):
        raise Conflict(_("Ce matériel a changé de situation entre-temps."), code="asset_moved")
    since = {"since_date": clock.today(now)}
    _assignment, created = Assignment.objects.get_or_create(agent=agent, asset=asset, defaults=since)
    if not created:
        return
    if asset.state == Asset.State.STOCK:
        move_asset(actor=actor, asset=asset, to=Asset.State.DEPLOYED, now=now)
    data = {"agent": agent.pk, "agent_name": str(agent)}
    audit.record(actor=actor, action="parc.agent_assigned", target=asset, now=now, data=data)
    note(asset, AssetEvent.Kind.ASSIGNED, actor=actor, now=now, agent=agent)
    events.publish(AgentAssigned(agent_id=agent.pk, computer_id=asset.pk, actor_id=actor.pk, at=now))


@transaction.atomic
def unassign_agent(*, actor: User, asset: Asset, agent: Agent, now: datetime) -> None:
    """The agent does not have this asset any more. Rights without end on it are ended by `remote_desktop`.

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
    """
    require(permissions.can_manage(actor, asset.entity))
    for assignment in Assignment.objects.filter(asset=asset, agent=agent).select_related("agent", "asset"):
        _unassign(actor, assignment, now)


def release_agent(*, agent_id: int, actor: User | None, now: datetime) -> None:
    """The agent has left: they have no asset any more (heard by `subscriptions`)."""
    for assignment in Assignment.objects.filter(agent_id=agent_id).select_related("agent", "asset"):
        _unassign(actor, assignment, now)


def model_of(*, kind: str, manufacturer: str, name: str) -> AssetModel | None:
    """The maker's model of this name, made if nobody has written it before in any case; None: no name."""
    manufacturer, name = " ".join(manufacturer.split())[:80], " ".join(name.split())[:120]
    if not name:
        return None
    wanted = (fold(manufacturer), fold(name))
    models = AssetModel.objects.filter(kind=kind).order_by("pk")
    # In Python: SQLite's own comparison knows the case of ASCII letters only.
    known = next((each for each in models if (fold(each.manufacturer), fold(each.name)) == wanted), None)
    return known or AssetModel.objects.get_or_create(kind=kind, manufacturer=manufacturer, name=name)[0]


def note(
    asset: Asset,
    kind: AssetEvent.Kind,
    *,
    actor: User | None,
    now: datetime,
    agent: Agent | None = None,
    data: Mapping[str, Any] | None = None,
) -> AssetEvent:
    """Add a line to the asset's history. Rooms above write their own (lent, returned, counted, reported)."""
    return AssetEvent.objects.create(asset=asset, at=now, kind=kind, actor=actor, agent=agent, data=dict(data or {}))


def _unassign(actor: User | None, assignment: Assignment, now: datetime) -> None:
    if not Assignment.objects.filter(pk=assignment.pk).delete()[0]:
        return
    agent, asset = assignment.agent, assignment.asset
    data = {"agent": agent.pk, "agent_name": str(agent)}
    audit.record(actor=actor, action="parc.agent_unassigned", target=asset, now=now, data=data)
    note(asset, AssetEvent.Kind.UNASSIGNED, actor=actor, now=now, agent=agent)
    actor_id = actor.pk if actor is not None else None
    events.publish(AgentUnassigned(agent_id=agent.pk, computer_id=asset.pk, actor_id=actor_id, at=now))


def _create(actor: User | None, data: AssetData, now: datetime, state: Asset.State, origin: rules.Origin) -> Asset:
    asset = Asset(state=state, state_since_date=clock.today(now), created_at=now)
    _write(asset, data, now, origin)
    audit.record(actor=actor, action="parc.asset_created", target=asset, now=now, data=_facts(asset))
    note(asset, AssetEvent.Kind.CREATED, actor=actor, now=now, data={"origin": origin})
    return asset


def _update(
    actor: User | None, asset: Asset, data: AssetData, now: datetime, origin: rules.Origin
) -> dict[str, list[Any]]:
    before = _facts(asset)
    _write(asset, data, now, origin)
    after = _facts(asset)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if "notes" in changes:
        changes["notes"] = ["", ""]  # free words stay on the asset: nothing of them in histories
    if changes:
        audit.record(actor=actor, action="parc.asset_updated", target=asset, now=now, data=changes)
        moved = changes.keys() & PLACES
        kind = AssetEvent.Kind.MOVED if moved else AssetEvent.Kind.CHANGED
        note(asset, kind, actor=actor, now=now, data={"changes": changes, "origin": origin})
    return changes


def _write(asset: Asset, data: AssetData, now: datetime, origin: rules.Origin) -> None:
    changed = []
    for name, value in clean(data, asset.kind).items():
        if name in NAMES and (asset._state.adding or getattr(asset, name) != value):
            setattr(asset, name, value)
            changed.append(name)
    if not changed:
        return
    asset.origins = {**asset.origins, **dict.fromkeys(changed, origin)}
    asset.updated_at = now
    asset.search = rules.search_text(
        asset.name, asset.tag, asset.serial, asset.model or "", asset.site or "", asset.room, asset.address,
        asset.mac_address, asset.phone_number,
    )  # fmt: skip
    # Only what is written: a colleague may have moved the asset since it was read.
    columns = None if asset._state.adding else [*changed, "origins", "search", "updated_at"]
    try:
        with transaction.atomic():
            asset.save(update_fields=columns)
    except IntegrityError as error:
        if "asset_tag_once" in str(error) or "asset.tag" in str(error):
            problem = _("Un autre matériel de ce service porte déjà ce numéro d’inventaire.")
            raise Invalid(problem, fields={"tag": [problem]}) from None
        problem = _("Un autre ordinateur de ce service porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None


def _facts(asset: Asset) -> dict[str, Any]:
    return {name: _plain(getattr(asset, name)) for name in AssetData.__annotations__}


def _plain(value: Any) -> Any:
    """What JSON holds: the key of a row, the text of a date or an amount."""
    if hasattr(value, "pk"):
        return value.pk
    return str(value) if isinstance(value, (date, Decimal)) else value
