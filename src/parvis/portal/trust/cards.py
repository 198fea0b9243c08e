"""This room's sections: on an agent's card, and on a computer's page."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import clock
from parvis.portal.parc import queries as parc
from parvis.portal.parc.models import Computer
from parvis.portal.trust import permissions, queries
from parvis.portal.trust.forms import AgentChoice

AGENT_TEMPLATE, COMPUTER_TEMPLATE = "trust/agent_card.html", "trust/computer_section.html"


def agent(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The agent's supplied computers that this user may see, and the way to the tester."""
    user = signed_in(request)
    mine = agent.user_id == user.pk
    visible = queries.devices_of_agent(agent) if mine else queries.devices_visible_to(user).filter(agents=agent)
    return {"devices": list(visible[:50]), "tests": is_staff(user, agent.entity)}


def computer(request: HttpRequest, computer: Computer) -> dict[str, object] | None:
    """« Poste fourni »: its proofs and agents, and what the IT team does with them; None for anybody else."""
    user = signed_in(request)
    if computer.kind in {"server", "admin"} or not permissions.can_watch(user):
        return None
    now = clock.now()
    agents = parc.agents_of(computer)
    return {
        "device": queries.device_of(computer),
        "manages": permissions.can_enrol(user, computer),
        "codes": list(queries.codes_waiting(computer, now)[:20]),
        "form": AgentChoice(agents=agents),
        "has_agents": agents.exists(),
        "now": now,
    }
