"""This room's section of the agent card: the equipment an agent has."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.parc import permissions, queries
from parvis.portal.parc.views import looks
from parvis.portal.parc.views.computer_list import state_of

TEMPLATE = "parc/agent_card.html"


def equipment(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """Those of the agent's assets that this user may see, with their states; and whether their history is shown."""
    user = signed_in(request)
    visible = queries.assets_visible_to(user).filter(agents=agent).order_by("kind", "name")
    return {
        "assets": [
            (asset, looks.KIND_ICONS[asset.kind], state_of(asset) if asset.is_computer else looks.asset_state(asset))
            for asset in visible
        ],
        "watches": bool(permissions.can_watch(user, agent.entity)),
    }
