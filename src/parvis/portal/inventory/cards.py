"""This room's section of an asset's page: what its probe says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.inventory import looks, permissions, queries, reported
from parvis.portal.inventory.models import Installation, Inventory
from parvis.portal.kernel.errors import Text
from parvis.portal.parc.models import Asset, AssetModel
from parvis.portal.ui import formats

TEMPLATE = "inventory/asset_section.html"
LATEST = 6
"""Programs shown on the page: the newest; the others have a page."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the probe says otherwise."""

    field: str
    label: Text
    ours: str
    theirs: str


def inside(request: HttpRequest, asset: Asset) -> dict[str, object] | None:
    """The inside of the machine, its differences, its newest programs; None: nothing reported, or not for this user."""
    user = signed_in(request)
    if not permissions.can_see_inside(user, asset):
        return None
    inventory = Inventory.objects.filter(asset=asset).select_related("last_agent").first()
    if inventory is None:
        return None
    programs = Installation.objects.filter(asset=asset)
    newest = programs.filter(installed_date__isnull=False).select_related("software").order_by("-installed_date", "pk")
    sees_user = permissions.can_see_last_user(user, asset)
    return {
        "inventory": inventory,
        "manages": permissions.can_manage(user, asset),
        "memory": looks.memory(inventory.memory_mb),
        "disk": _disk(inventory),
        "encryption": looks.encryption(inventory),
        "antivirus": looks.antivirus(inventory),
        "support": looks.support(inventory),
        "differences": differences_of(asset, inventory),
        "last_user": inventory.last_user if sees_user else "",
        "last_agent": inventory.last_agent if sees_user else None,
        "programs": programs.count(),
        "newest": list(newest[:LATEST]),
        "seen_screens": list(queries.screens_visible_to(user).filter(asset=asset)),
    }


def differences_of(asset: Asset, inventory: Inventory) -> list[Difference]:
    """Those that nobody decided yet: the asset's value beside the probe's."""
    found = []
    for name, value in sorted(inventory.differences.items()):
        if inventory.kept.get(name) == value:
            continue
        label = Asset._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        found.append(Difference(name, label, _shown(asset, name), reported.shown(name, value)))
    return found


def _shown(asset: Asset, name: str) -> str:
    value: Any = getattr(asset, name)
    if name == "kind":
        return str(asset.get_kind_display())
    return str(value) if isinstance(value, AssetModel) or value else "—"


def _disk(inventory: Inventory) -> dict[str, object] | None:
    """The gauge of the disk; None: not said."""
    if not inventory.disk_mb or inventory.disk_free_mb is None:
        return None
    used = max(inventory.disk_mb - inventory.disk_free_mb, 0)
    percent = round(100 * used / inventory.disk_mb)
    return {
        "percent": percent,
        "free": formats.size(inventory.disk_free_mb * 1_000_000),
        "whole": formats.size(inventory.disk_mb * 1_000_000),
        "nearly_full": percent >= 90,
    }
