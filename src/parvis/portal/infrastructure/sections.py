"""« Ce qui en dépend » on an asset's page and a site's, and the lines on an agent's card."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import has_role
from parvis.portal.infrastructure import queries
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.queries import VIEWING_ROLES

ASSET_TEMPLATE = "infrastructure/asset_section.html"
SITE_TEMPLATE = "infrastructure/site_section.html"
AGENT_TEMPLATE = "infrastructure/agent_section.html"
KINDS = frozenset({Asset.Kind.SERVER, Asset.Kind.NETWORK, Asset.Kind.PRINTER})


def asset(request: HttpRequest, asset: Asset) -> dict[str, object] | None:
    """What stops with it, in short; None for what nothing depends on, and for who does not watch the parc."""
    user = signed_in(request)
    if asset.kind not in KINDS or not has_role(user, *VIEWING_ROLES, entity=asset.entity):
        return None
    return {
        "impact": queries.impact_of(user, ("asset", asset.pk)),
        "outages": list(queries.running(queries.outages_visible_to(user).filter(asset=asset.pk), clock.now())[:5]),
    }


def site(request: HttpRequest, site: Site) -> dict[str, object] | None:
    """What stops with it, in short; None for who does not watch its parc."""
    user = signed_in(request)
    if not has_role(user, *VIEWING_ROLES, entity=site.entity):
        return None
    return {
        "impact": queries.impact_of(user, ("site", site.pk)),
        "outages": list(queries.running(queries.outages_visible_to(user).filter(site=site.pk), clock.now())[:5]),
    }


def agent(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """Their telephone lines, for themselves and who watches the parc."""
    user = signed_in(request)
    mine = agent.user_id is not None and agent.user_id == user.pk
    rows = queries.lines_visible_to(user).filter(agent=agent)
    lines = list(agent.lines.exclude(state="ended")[:20]) if mine else list(rows.exclude(state="ended")[:20])
    return {"lines": lines}
