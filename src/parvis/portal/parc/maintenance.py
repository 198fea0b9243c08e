"""The maintenance log of an asset: opened, changed, closed; a repair may take the asset out of service meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import asset_services, permissions, rules
from parvis.portal.parc.models import Asset, AssetEvent, Assignment, Maintenance, Supplier


class MaintenanceData(TypedDict, total=False):
    """What is known of an intervention."""

    kind: str
    summary: str
    supplier: Supplier | None
    opened_date: date
    cost: Decimal | None
    outcome: str


def _check(data: MaintenanceData, now: datetime) -> None:
    problems = {}
    if "summary" in data and not data["summary"].strip():
        problems["summary"] = [_("Dites en quelques mots ce qui est à faire.")]
    if "opened_date" in data and data["opened_date"] > clock.today(now):
        problems["opened_date"] = [_("Cette date est à venir.")]
    cost = data.get("cost")
    if cost is not None and not 0 <= cost < 10**8:
        problems["cost"] = [_("Un coût est un montant positif, en euros.")]
    if problems:
        raise Invalid(fields=problems)


@transaction.atomic
def open_maintenance(
    *, actor: User, asset: Asset, data: MaintenanceData, to_repair: bool, now: datetime
) -> Maintenance:
    """A new intervention; with `to_repair` the asset is in repair until it is closed (whoever has it keeps it).

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
        Invalid: no summary, a day to come, a negative cost.
        Conflict: the asset cannot go to repair from where it is (`asset_moved`).
    """
    require(permissions.can_manage(actor, asset.entity))
    _check(data, now)
    opened = Maintenance.objects.create(asset=asset, **{"opened_date": clock.today(now), **data})
    audit.record(actor=actor, action="parc.maintenance_opened", target=asset, now=now, data={"kind": opened.kind})
    _note(opened, "opened", actor, now)
    if to_repair and asset.state != Asset.State.REPAIR:
        asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.REPAIR, now=now, reason=opened.summary)
    return opened


@transaction.atomic
def update_maintenance(*, actor: User, maintenance: Maintenance, data: MaintenanceData, now: datetime) -> None:
    """Change what is known of an intervention, open or closed.

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
        Invalid: see `open_maintenance`; or it would begin after its end.
    """
    require(permissions.can_manage(actor, maintenance.asset.entity))
    _check(data, now)
    opened, closed = data.get("opened_date", maintenance.opened_date), maintenance.closed_date
    if closed is not None and opened > closed:
        raise Invalid(fields={"opened_date": [_("L’intervention ne peut pas commencer après sa fin.")]})
    for name, value in data.items():
        setattr(maintenance, name, value)
    maintenance.save()
    audit.record(actor=actor, action="parc.maintenance_updated", target=maintenance.asset, now=now)


@transaction.atomic
def close_maintenance(
    *,
    actor: User,
    maintenance: Maintenance,
    outcome: str,
    cost: Decimal | None,
    closed_date: date,
    back: bool,
    now: datetime,
) -> None:
    """The intervention is over; with `back` the asset leaves repair: in service if somebody has it, else in stock.

    Raises:
        NotAllowed: not of the IT team of the asset's entity.
        Conflict: it is closed already (`maintenance_closed`).
        Invalid: it would end before its beginning or in the future, or at a negative cost.
    """
    asset = maintenance.asset
    require(permissions.can_manage(actor, asset.entity))
    _check({"cost": cost}, now)
    if not maintenance.opened_date <= closed_date <= clock.today(now):
        raise Invalid(fields={"closed_date": [_("La fin est entre le début de l’intervention et aujourd’hui.")]})
    values = {"closed_date": closed_date, "outcome": outcome.strip()[:300], "cost": cost}
    if not Maintenance.objects.filter(pk=maintenance.pk, closed_date__isnull=True).update(**values):
        raise Conflict(_("Cette intervention est déjà terminée."), code="maintenance_closed")
    maintenance.refresh_from_db()
    audit.record(actor=actor, action="parc.maintenance_closed", target=asset, now=now)
    _note(maintenance, "closed", actor, now)
    others = Maintenance.objects.filter(asset=asset, closed_date__isnull=True, kind=Maintenance.Kind.REPAIR)
    if back and asset.state == Asset.State.REPAIR and not others.exists():
        held = Assignment.objects.filter(asset=asset).exists()
        to = Asset.State.DEPLOYED if held else Asset.State.STOCK
        asset_services.move_asset(actor=actor, asset=asset, to=to, now=now, reason=maintenance.summary)


def can_go_to_repair(asset: Asset) -> bool:
    """Whether the table of moves lets it."""
    return Asset.State.REPAIR in rules.ASSET_MOVES[asset.state]


def _note(maintenance: Maintenance, step: str, actor: User, now: datetime) -> None:
    data = {"step": step, "kind": maintenance.kind, "summary": maintenance.summary, "outcome": maintenance.outcome}
    asset_services.note(maintenance.asset, AssetEvent.Kind.MAINTENANCE, actor=actor, now=now, data=data)
