"""What other pages show of this room: a section of the agent card."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.equipment import permissions, queries, rules
from parvis.portal.equipment.tables import in_words
from parvis.portal.kernel import clock

TEMPLATE = "equipment/agent_card.html"


def level(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The profile and what lacks, for who follows the agent's department; nothing for others, nor of who has left."""
    user = signed_in(request)
    if not agent.is_active or not queries.reads_level_of(user, agent):
        return {"seen": False}
    person = queries.person_of(agent, clock.today())
    slots = queries.slots_of(person)
    return {
        "seen": True,
        "kit": person.kit if person is not None else None,
        "lacking": in_words(slots, rules.LACKING),
        "old": in_words(slots, rules.OLD),
        "equips": bool(permissions.can_equip(user, agent)),
    }
