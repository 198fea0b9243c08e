"""The colleagues' directory: whose professional card every signed-in agent finds.

The public part of an agent is name, job, service, phone, office, e-mail. It is shown to the agents of the same body
(métropole, commune, structure); the head of IT widens or narrows that for an entity and what is below it
(`Entity.audience`). Status, equipment, rights stay with the perimeter (`queries.agents_visible_to`). Somebody who
has left, has not arrived yet, or is not listed is found by nobody here. Looking up a phone number is not traced:
the trace would say more about people than the card does.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from parvis.portal.directory import queries, rules
from parvis.portal.directory.models import BODIES, Agent, Entity
from parvis.portal.kernel import clock


def found_by(user: queries.Someone) -> QuerySet[Agent]:
    """The colleagues in post whom `user` finds, and those of their perimeter; with entity."""
    condition = queries.within(queries.perimeter(user, *queries.VIEWING_ROLES))
    agent = queries.agent_of(user) if user.is_authenticated and user.is_active else None
    if agent is not None and condition != Q():
        listed = Q(entity__in=_ids_found(agent), is_listed=True)
        arrived = Q(starts_date=None) | Q(starts_date__lte=clock.today())
        condition |= listed & arrived | Q(pk=agent.pk)
    return Agent.objects.filter(condition, is_active=True).select_related("entity")


def entities_found_by(user: queries.Someone) -> QuerySet[Entity]:
    """The entities whose agents `user` finds, and those of their perimeter: their pages may be opened."""
    agent = queries.agent_of(user) if user.is_authenticated and user.is_active else None
    condition = Q(pk__in=queries.entities_visible_to(user).values("pk"))
    if agent is not None:
        condition |= Q(pk__in=_ids_found(agent))
    return Entity.objects.filter(condition)


def _ids_found(agent: Agent) -> list[int]:
    root = rules.lineage(agent.entity.path)[0]
    rows = Entity.objects.filter(path__startswith=root).order_by("path").values_list("pk", "path", "kind", "audience")
    nodes = [rules.Node(pk, path, kind in BODIES, audience) for pk, path, kind, audience in rows]
    return rules.found_from(nodes, agent.entity.path)
