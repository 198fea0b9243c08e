"""This room's sections: on an agent's card, and on an asset's page."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import clock
from parvis.portal.loans import looks, permissions, queries
from parvis.portal.loans.models import Item, PoolAsset
from parvis.portal.loans.rules import HOLDING
from parvis.portal.parc.models import Asset

AGENT_TEMPLATE, ASSET_TEMPLATE = "loans/agent_card.html", "loans/asset_section.html"
SHOWN = 6


def agent(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The agent's newest loans that this user may see, and the way to lend them something."""
    user, today = signed_in(request), clock.today()
    loans = list(queries.loans_visible_to(user).filter(agent=agent).order_by("-starts_date", "-pk")[: SHOWN + 1])
    return {
        "loans": [(loan, looks.state_of(loan, today)) for loan in loans[:SHOWN]],
        "more": len(loans) > SHOWN,
        "lends": agent.is_active and is_staff(user, agent.entity),
    }


def asset(request: HttpRequest, asset: Asset) -> dict[str, object] | None:
    """Whether it may be lent, to whom it is or will be, and who had it. For those who see the loans."""
    user = signed_in(request)
    if not permissions.can_watch(user):
        return None
    pooled = PoolAsset.objects.filter(asset_id=asset.pk).first()
    seen = queries.loans_visible_to(user)
    items = Item.objects.filter(asset_id=asset.pk, loan__in=seen).exclude(state=Item.State.RELEASED)
    items = items.select_related("loan__agent", "loan__offer").order_by("-starts_date", "-pk")
    if pooled is None and not items.exists():
        return None
    today = clock.today()
    return {
        "pooled": pooled,
        "items": [(item, looks.item_state(item, today)) for item in items[:SHOWN]],
        "busy": items.filter(state__in=HOLDING).exists(),
        "today": today,
    }
