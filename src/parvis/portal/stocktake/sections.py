"""This room's section of an asset's page: when it was last seen, its label."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.parc.models import Asset
from parvis.portal.stocktake import queries
from parvis.portal.stocktake.models import Sighting

TEMPLATE = "stocktake/asset_section.html"
SHOWN = 3


def asset(request: HttpRequest, asset: Asset) -> dict[str, object] | None:
    """The last sightings; nothing for who only has the asset."""
    user = signed_in(request)
    visible = queries.stocktakes_visible_to(user).order_by().values("pk")
    seen = Sighting.objects.filter(asset=asset, stocktake__in=visible).select_related("stocktake")
    manages = is_staff(user, asset.entity)
    sightings = list(seen.order_by("-seen_at")[:SHOWN])
    return {"sightings": sightings, "manages": manages, "asset": asset} if sightings or manages else None
