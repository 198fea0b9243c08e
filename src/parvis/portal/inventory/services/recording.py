"""What a report says, written: the asset where people left room, what it is like inside, programs, screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from parvis.portal.inventory import logins, reported, rules, systems
from parvis.portal.inventory.content import Content
from parvis.portal.inventory.models import Identity, Inventory, Report, SeenScreen
from parvis.portal.inventory.rules import Key
from parvis.portal.inventory.services.software import record_programs
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetEvent

INSIDE = (
    "os_name", "os_version", "processor", "memory_mb", "disk_mb", "disk_free_mb", "encrypted", "antivirus",
    "antivirus_current", "battery_health",
)  # fmt: skip
"""Fields of `Inventory` that come from the report as they are."""

NOTABLE = ("os_name", "processor", "memory_mb", "disk_mb", "encrypted", "antivirus")
"""Those whose change is a line in the asset's history: not versions, which change every week."""


def record_report(*, asset: Asset, report: Report, content: Content, keys: Collection[Key], now: datetime) -> bool:
    """Write a report on its asset; False: a newer one was written before, nothing is changed.

    The caller holds the transaction. Two reports of one asset wait for each other here, and for a person who settles
    a difference of it (`differences`: the same rows in the same order).
    """
    asset = Asset.objects.select_for_update(of=("self",)).select_related("entity", "model").get(pk=asset.pk)
    inventory = Inventory.objects.select_for_update().filter(asset=asset).first()
    if inventory is not None and inventory.reported_at > report.received_at:
        return False
    first = inventory is None
    inventory = inventory or Inventory(asset=asset)
    learn(asset, keys, report.received_at)
    unsaid = _unsaid(inventory.differences, content)
    inventory.differences = {**unsaid, **_write_asset(asset, content, now)}
    changes = _write_inside(inventory, report, content)
    _write_user(inventory, asset, content)
    inventory.save()
    came, gone = record_programs(asset.pk, content.programs, partial=content.partial)
    _write_screens(asset, content, report.received_at)
    if first or changes:
        data = {"first": first, "changes": changes, "came": came, "gone": gone, "client": content.client}
        asset_services.note(asset, AssetEvent.Kind.REPORTED, actor=None, now=now, data=data)
    return True


def learn(asset: Asset, keys: Collection[Key], at: datetime, *, confirmed: bool = False) -> None:
    """The asset is known by these from now on; the longest unseen are forgotten past `rules.MOST_IDENTITIES`."""
    there = {(row.kind, row.value): row for row in Identity.objects.filter(asset=asset).order_by("seen_at", "pk")}
    again = [row.pk for key, row in there.items() if key in keys]
    if again:
        update: dict[str, Any] = {"seen_at": at, **({"confirmed": True} if confirmed else {})}
        Identity.objects.filter(pk__in=again).update(**update)
    new = sorted(key for key in keys if key not in there)
    if new:
        Identity.objects.bulk_create(
            [Identity(asset=asset, kind=kind, value=value, seen_at=at, confirmed=confirmed) for kind, value in new],
            ignore_conflicts=True,
        )
    too_many = len(there) + len(new) - rules.MOST_IDENTITIES
    if too_many > 0:
        old = [row.pk for key, row in there.items() if key not in keys and not row.confirmed]
        Identity.objects.filter(pk__in=old[:too_many]).delete()


def _write_asset(asset: Asset, content: Content, now: datetime) -> dict[str, Any]:
    """Where nobody decided otherwise; what people decided otherwise: field → reported value."""
    values = reported.values_for(asset, content)
    refused: dict[str, Any] = {}
    try:
        differences = asset_services.apply_reported(asset=asset, values=values, now=now)
    except Invalid as problem:
        # A name that another computer of the service has, an address no machine has: said, not written.
        for name in problem.fields:
            value = values.pop(name, None)  # type: ignore[misc]
            if value is not None:
                refused[name] = value
        asset.refresh_from_db()
        differences = asset_services.apply_reported(asset=asset, values=values, now=now)
    return {**differences, **refused, **reported.kind_difference(asset, content)}


def _unsaid(differences: Mapping[str, Any], content: Content) -> dict[str, Any]:
    """Those that a partial report does not speak of: they stay until it does."""
    if not content.partial:
        return {}
    said = reported.fields_said(content)
    return {name: value for name, value in differences.items() if name not in said}


def _write_inside(inventory: Inventory, report: Report, content: Content) -> dict[str, list[Any]]:
    """The notable changes: field → before and after. What a partial report does not say stays."""
    before = {name: getattr(inventory, name) for name in NOTABLE}
    for name in INSIDE:
        value = getattr(content, name)
        if not content.partial or value not in ("", None):
            setattr(inventory, name, value)
    if content.details:
        details = dict(content.details)
        inventory.details = {**inventory.details, **details} if content.partial else details
    inventory.os_ends_date = systems.ends_date(inventory.os_name, inventory.os_version)
    inventory.report, inventory.reported_at = report, report.received_at
    inventory.token_id = report.token_id
    inventory.client = content.client
    return _changes(before, {name: getattr(inventory, name) for name in NOTABLE})


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [before[name], after[name]]
        for name in before
        if before[name] not in ("", None) and before[name] != after[name]
    }


def _write_user(inventory: Inventory, asset: Asset, content: Content) -> None:
    if content.last_user:
        inventory.last_user = content.last_user
        inventory.last_agent = logins.agent_of(content.last_user, asset.entity)


def _write_screens(asset: Asset, content: Content, at: datetime) -> None:
    """Remember the screens that say their serial; those that are assets already are tied to them."""
    said = {}
    for screen in content.screens[:16]:
        serial = rules.normal_identity("serial", screen.serial, manufacturer=screen.manufacturer)[:100]
        if serial:
            said[serial] = screen
    if not said:
        return
    there = {row.serial: row for row in SeenScreen.objects.filter(asset=asset, serial__in=said)}
    SeenScreen.objects.filter(pk__in=[row.pk for row in there.values()]).update(seen_at=at)
    new = {serial: screen for serial, screen in said.items() if serial not in there}
    if not new:
        return
    root = asset.entity.path.split(".")[0]
    screens = Asset.objects.filter(kind=Asset.Kind.SCREEN, serial__in=new, entity__path__startswith=f"{root}.")
    known = dict(screens.order_by().values_list("serial", "pk"))
    SeenScreen.objects.bulk_create(
        [
            SeenScreen(
                asset=asset,
                serial=serial,
                manufacturer=screen.manufacturer[:80],
                name=screen.name[:120],
                seen_at=at,
                screen_id=known.get(serial),
            )
            for serial, screen in sorted(new.items())
        ],
        ignore_conflicts=True,
    )
