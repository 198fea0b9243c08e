"""This room's section of the agent card: which sources speak for the agent, and who won each field."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.permissions import can_manage_agents
from parvis.portal.directory.queries import VIEWING_ROLES, has_role
from parvis.portal.sources import queries
from parvis.portal.sources.items import ACTIVE, FIELDS, Value
from parvis.portal.sources.models import Hold, Link
from parvis.portal.sources.wording import Values, field_name

TEMPLATE = "sources/agent_card.html"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who won a field: `hold` a human, else `link` a source, else nobody said (typed in by hand)."""

    field: str
    name: str
    value: str
    link: Link | None
    hold: Hold | None
    said: str
    """What the source says, where a human decided otherwise."""


def origins(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """Nothing for agents no source speaks for, nor for who only sees a colleague."""
    user = signed_in(request)
    links = queries.links_of(agent) if has_role(user, *VIEWING_ROLES, entity=agent.entity) else []
    if not links:
        return {"links": []}
    found = _origins(agent, links, queries.holds_of(agent))
    return {
        "links": links,
        "decided": [origin for origin in found if origin.hold],
        "told": [(link, [each.name for each in found if each.link == link and not each.hold]) for link in links],
        "may_give_back": bool(can_manage_agents(user, agent.entity)),
        "visible_sources": set(queries.sources_visible_to(user).values_list("pk", flat=True)),
    }


def _origins(agent: Agent, links: list[Link], holds: dict[str, Hold]) -> list[Origin]:
    current: dict[str, Value] = {name: _stored(agent, name) for name in FIELDS}
    current[ACTIVE] = int(agent.is_active)
    speakers = {name: next((link for link in links if link.reported.get(name)), None) for name in FIELDS}
    speakers[ACTIVE] = links[0]
    here = int(any(link.is_enabled and not link.is_gone for link in links))
    places = [current["entity"], *(link.reported.get("entity") for link in links)]
    wanted = {int(str(place)) for place in places if place}
    values = Values(dict(Entity.objects.filter(pk__in=wanted).values_list("pk", "name")))
    found = []
    for name in (*FIELDS, ACTIVE):
        link, hold = speakers[name], holds.get(name)
        if link is None and hold is None:
            continue
        said = here if name == ACTIVE else link.reported.get(name) if link else None
        now = values.text(name, current[name])
        found.append(Origin(name, field_name(name), now, link, hold, values.text(name, said)))
    return found


def _stored(agent: Agent, name: str) -> Value:
    value = agent.entity_id if name == "entity" else getattr(agent, name)
    return value.isoformat() if hasattr(value, "isoformat") else value
