"""Reads of this room. What a user may see starts here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import Someone, perimeter, within
from parvis.portal.infrastructure.models import ITService, Line, Outage, SiteLink, Uplink
from parvis.portal.infrastructure.rules import Needs, Node, Stop, impact
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.parc.record_queries import watched_assets

SERVERS = (Asset.Kind.SERVER,)
NETWORK = (Asset.Kind.NETWORK,)
BATCH = 500
GONE = ("retired", "disposed", "lost")
"""An asset in one of these carries nothing any more, and saves nothing."""


def services_visible_to(user: Someone) -> QuerySet[ITService]:
    """Those of the user's perimeter; with entity."""
    return ITService.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def lines_visible_to(user: Someone) -> QuerySet[Line]:
    """Those of the user's perimeter; with all that a row shows."""
    lines = Line.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return lines.select_related("entity", "sim", "phone", "agent", "contract")


def outages_visible_to(user: Someone) -> QuerySet[Outage]:
    """Those of the user's perimeter; with what they are about."""
    outages = Outage.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return outages.select_related("entity", "asset", "site", "it_service")


def sites_watched_by(user: Someone) -> QuerySet[Site]:
    """The sites of the user's perimeter."""
    return Site.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def sites_with_what_they_are_behind(user: Someone) -> QuerySet[Any]:
    """Those sites with `behind_name`; None: behind nothing known, or behind what is outside the user's perimeter."""
    behind = watched_assets(user).filter(pk=OuterRef("network_link__behind")).order_by().values("name")
    return sites_watched_by(user).annotate(behind_name=Subquery(behind[:1]))


def assets_of_kinds(user: Someone, kinds: Iterable[str]) -> QuerySet[Asset]:
    """Those of the perimeter that are still there."""
    return watched_assets(user).filter(kind__in=list(kinds)).exclude(state__in=["disposed", "retired"]).order_by("name")


def running(outages: QuerySet[Outage], now: datetime) -> QuerySet[Outage]:
    """Those under way."""
    return outages.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


def graph() -> dict[Node, Needs]:
    """Who needs what. Assets that are only in a building are not in it: `impact_of` adds them."""
    found: dict[Node, Needs] = {}
    for key, behind, site in Uplink.objects.exclude(asset__state__in=GONE).values_list(
        "asset_id", "behind_id", "asset__site_id"
    ):
        needs: set[Node] = {("asset", behind)}
        if site is not None:
            needs.add(("site", site))
        found["asset", key] = Needs(frozenset(needs))
    for site_id, behind in SiteLink.objects.values_list("site_id", "behind_id"):
        found["site", site_id] = Needs(frozenset({("asset", behind)}))
    hosts: dict[int, set[Node]] = {}
    placed: set[int] = set()
    hosting = ITService.hosts.through.objects.exclude(asset__state__in=GONE)
    for service, asset in hosting.values_list("itservice_id", "asset_id"):
        hosts.setdefault(service, set()).add(("asset", asset))
        placed.add(asset)
    placed |= set(Uplink.objects.values_list("behind_id", flat=True))
    placed |= set(SiteLink.objects.values_list("behind_id", flat=True))
    standing = Asset.objects.filter(pk__in=placed, site__isnull=False).exclude(state__in=GONE)
    for key, site in standing.values_list("pk", "site_id"):
        found.setdefault(("asset", key), Needs(frozenset({("site", site)})))
    needed: dict[int, set[Node]] = {}
    for service, other in ITService.needs.through.objects.values_list("from_itservice_id", "to_itservice_id"):
        needed.setdefault(service, set()).add(("service", other))
    for key, redundant in ITService.objects.values_list("pk", "redundant"):
        on = frozenset(hosts.get(key, ()))
        others = frozenset(needed.get(key, ()))
        found["service", key] = Needs(others, on) if redundant else Needs(others | on)
    return _without_own_router(found)


def _without_own_router(found: dict[Node, Needs]) -> dict[Node, Needs]:
    # The router that links a site stands in it: the site's equipment needs the site, the site needs the router.
    for node, needs in list(found.items()):
        if node[0] == "site":
            for router in needs.all_of:
                own = found.get(router)
                if own is not None and node in own.all_of:
                    found[router] = Needs(own.all_of - {node}, own.any_of)
    return found


@dataclass(frozen=True, slots=True)
class Impact:
    """What stops with one thing, as far as the user may see it."""

    stops: list[Stop]
    services: list[ITService]
    sites: list[Site]
    assets: list[Asset]
    agents: int
    """In post, counted once each: who has a stopped computer, who uses a stopped service."""
    hidden: int
    """Stopped things outside the user's perimeter."""


def impact_of(user: Someone, cause: Node) -> Impact:
    """See `Impact`. A handful of queries, whatever the number of things."""
    stops = impact(cause, graph())
    keys = {kind: [stop.node[1] for stop in stops if stop.node[0] == kind] for kind in ("service", "site", "asset")}
    services = list(services_visible_to(user).filter(pk__in=keys["service"]))
    sites = list(sites_watched_by(user).filter(pk__in=keys["site"]))
    assets = list(watched_assets(user).filter(pk__in=keys["asset"]))
    stopped_sites = {*keys["site"], *([cause[1]] if cause[0] == "site" else [])}
    stopped_assets = {*keys["asset"], *([cause[1]] if cause[0] == "asset" else [])}
    users = Q(assets__site__in=stopped_sites) | Q(assets__in=stopped_assets)
    stopped_services = services
    if cause[0] == "service":
        stopped_services = [*services, *services_visible_to(user).filter(pk=cause[1])]
    for service in stopped_services:
        users |= Q(entity__path__startswith=service.entity.path)
    hit = Agent.objects.filter(users, is_active=True).filter(within(perimeter(user, *VIEWING_ROLES)))
    hidden = len(stops) - len(services) - len(sites) - len(assets)
    return Impact(stops, services, sites, assets, hit.values("pk").distinct().count(), hidden)
