"""This room's section of the agent card: the agent's last movements."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.movements import queries
from parvis.portal.movements.tables import state_of

TEMPLATE = "movements/agent_card.html"
SHOWN = 3


def movements(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The newest that this user may see."""
    seen = queries.movements_visible_to(signed_in(request)).filter(agent=agent).order_by("-effective_date", "-pk")
    return {"movements": [(each, state_of(each)) for each in seen[:SHOWN]]}
