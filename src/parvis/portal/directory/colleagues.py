"""The colleagues' directory: whose professional card every signed-in agent finds.

The public part of an agent is name, job, service, phone, office, e-mail. It is shown to the agents of the same body
(métropole, commune, structure); the head of IT widens or narrows that for an entity and what is below it
(`Entity.audience`). Status, equipment, rights stay with the perimeter (`queries.agents_visible_to`). Somebody who
has left, has not arrived yet, or is not listed is found by nobody here. Looking up a phone number is not traced:
the trace would say more about people than the card does.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from parvis.portal.directory import queries, rules
from parvis.portal.directory.models import BODIES, Agent, Entity
from parvis.portal.kernel import clock


def found_by(user: queries.Someone) -> QuerySet[Agent]:
    """The colleagues in post whom `user` finds, and those of their perimeter.

    No join and no "or" at the top: so a search reads one index from the first name on, and stops at what is shown.
    """
    reach = _reach(user)
    listed = Q(is_listed=True) & (Q(starts_date=None) | Q(starts_date__lte=clock.today()))
    rows = Agent.objects.filter(is_active=True).prefetch_related("entity")
    if not reach.all:
        rows = rows.filter(entity__in=reach.found | reach.perimeter)
    if reach.found - reach.perimeter:
        rows = rows.filter(listed | Q(entity__in=reach.perimeter) if reach.perimeter else listed)
    return rows


def entities_found_by(user: queries.Someone) -> QuerySet[Entity]:
    """The entities whose agents `user` finds, and those of their perimeter: their pages may be opened."""
    reach = _reach(user)
    return Entity.objects.all() if reach.all else Entity.objects.filter(pk__in=reach.found | reach.perimeter)


@dataclass(frozen=True, slots=True)
class _Reach:
    """Ids of entities: those whose agents are colleagues, those of the perimeter; whether that is all there are."""

    found: set[int]
    perimeter: set[int]
    all: bool


def _reach(user: queries.Someone) -> _Reach:
    prefixes = queries.perimeter(user, *queries.VIEWING_ROLES)
    agent = queries.agent_of(user) if user.is_authenticated and user.is_active else None
    if agent is None and not prefixes:
        return _Reach(set(), set(), all=False)
    rows = list(Entity.objects.order_by("path").values_list("pk", "path", "kind", "audience"))
    seen = {pk for pk, path, _kind, _audience in rows if prefixes and path.startswith(prefixes)}
    found: set[int] = set()
    if agent is not None:
        root = rules.lineage(agent.entity.path)[0]
        nodes = [rules.Node(pk, path, kind in BODIES, said) for pk, path, kind, said in rows if path.startswith(root)]
        found = set(rules.found_from(nodes, agent.entity.path))
    return _Reach(found, seen, all=len(found | seen) == len(rows))
