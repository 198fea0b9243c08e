"""Reads of the stock-takes. What a user may see starts here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When

from parvis.portal.directory.queries import Someone, perimeter, within
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import VIEWING_ROLES, assets_visible_to
from parvis.portal.stocktake.models import Difference, Sighting, Stocktake
from parvis.portal.stocktake.rules import COUNTED_STATES


def stocktakes_visible_to(user: Someone) -> QuerySet[Stocktake]:
    """Those of the user's perimeter; with site and entity."""
    return Stocktake.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("site", "entity")


def assets_in_perimeter(user: Someone) -> QuerySet[Asset]:
    """What a count may recognise: the perimeter's assets, wherever they are."""
    return assets_visible_to(user).filter(within(perimeter(user, *VIEWING_ROLES)))


def expected_on(stocktake: Stocktake, user: Someone) -> QuerySet[Asset]:
    """What the list had on the site when the count began, of this user's perimeter: others' things may be there."""
    expected = Asset.objects.filter(_reached(user), pk__in=stocktake.expected.values("asset_id"))
    return expected.select_related("model")


def _reached(user: Someone, path: str = "entity__path") -> Q:
    return within(perimeter(user, *VIEWING_ROLES), path)


def to_count(stocktake: Stocktake, user: Someone) -> QuerySet[Asset]:
    """The assets of the site that this user's perimeter has, and that should be there."""
    here = assets_in_perimeter(user).filter(site_id=stocktake.site_id, state__in=COUNTED_STATES)
    return here.order_by("room", "name")


def sheet(stocktake: Stocktake, user: Someone) -> list[dict[str, Any]]:
    """What the phone takes along: each expected asset by what may be scanned on it. No person's name."""
    rows = expected_on(stocktake, user).order_by("room", "name", "pk")
    return [
        {
            "id": asset.pk,
            "name": asset.name,
            "tag": asset.tag,
            "serial": asset.serial,
            "kind": asset.get_kind_display(),
            "model": str(asset.model or ""),
            "room": asset.room,
        }
        for asset in rows
    ]


def seen_ids(stocktake: Stocktake) -> Iterable[int]:
    """The assets already seen, whoever saw them."""
    return (
        Sighting.objects.filter(stocktake=stocktake, asset__isnull=False)
        .order_by()
        .values_list("asset_id", flat=True)
        .distinct()
    )


def progress(stocktakes: QuerySet[Stocktake]) -> QuerySet[Stocktake]:
    """With `expected_count`, `seen_count` and `open_count` (differences to settle)."""
    return stocktakes.annotate(
        expected_count=Count("expected", distinct=True),
        seen_count=Count("sightings__asset", distinct=True),
        open_count=Count("differences", filter=Q(differences__outcome=""), distinct=True),
    )


def differences_visible_to(user: Someone) -> QuerySet[Difference]:
    """Of the stock-takes of the user's perimeter: about its assets, and codes that are nobody's."""
    reached = _reached(user, "asset__entity__path") | Q(asset=None)
    return Difference.objects.filter(reached, _reached(user, "stocktake__entity__path"))


def differences_of(stocktake: Stocktake, user: Someone) -> QuerySet[Difference]:
    """With the asset, its site and model: what was seen first, what was not (often many) last."""
    missing_last = Case(When(kind=Difference.Kind.MISSING, then=1), default=0)
    rows = (
        differences_visible_to(user)
        .filter(stocktake=stocktake)
        .select_related("asset__site", "asset__model", "asset__entity", "settled_by")
    )
    return rows.order_by(missing_last, "kind", "asset__name", "code", "pk")
