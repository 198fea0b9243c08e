"""This room's section of the agent card: the computers an agent works on."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.parc import queries
from parvis.portal.parc.views.computer_list import state_of

TEMPLATE = "parc/agent_card.html"


def computers(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """Those of the agent's computers that this user may see, with their states."""
    visible = queries.computers_visible_to(signed_in(request)).filter(agents=agent).order_by("name")
    return {"computers": [(computer, state_of(computer)) for computer in visible]}
