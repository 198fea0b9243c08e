"""Reads of this room. What a user may see starts here."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from parvis.portal.conferencing import capabilities
from parvis.portal.conferencing.adapters.base import Wanted
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import Someone, agent_of, perimeter, within
from parvis.portal.directory.rules import lineage
from parvis.portal.parc.queries import VIEWING_ROLES


def providers_run_by(user: Someone) -> QuerySet[Provider]:
    """The tools of the user's perimeter, offered or not (IT team, auditors); with entity and pool."""
    seen = within(perimeter(user, *VIEWING_ROLES))
    return Provider.objects.filter(seen).select_related("entity", "pool")


def providers_visible_to(user: Someone) -> QuerySet[Provider]:
    """Those of `providers_run_by`, and those offered to one's own department; with entity and pool."""
    condition = within(perimeter(user, *VIEWING_ROLES))
    agent = agent_of(user) if condition != Q() else None
    if agent is not None:
        condition |= Q(entity__path__in=lineage(agent.entity.path), is_open=True)
    return Provider.objects.filter(condition).select_related("entity", "pool")


def open_providers(agent: Agent) -> list[Provider]:
    """What is offered to an agent's department: those that answer first, then by preference; with entity and pool."""
    is_down = Case(When(health=Provider.Health.DOWN, then=Value(1)), default=Value(0), output_field=IntegerField())
    offered = Provider.objects.filter(entity__path__in=lineage(agent.entity.path), is_open=True)
    return list(offered.select_related("entity", "pool").order_by(is_down, "rank", "name", "pk"))


def alternatives(provider: Provider, wanted: Wanted, agent: Agent) -> list[Provider]:
    """What can take over a meeting of this agent when `provider` fails, best first.

    Only what answers and opens by itself; what lets the same people in (telephone, outside guests) and enough of
    them. Another kind comes before another tool of the same kind: what one server suffers, its twin often does too.
    Places in pools are the caller's to book.
    """
    before = capabilities.of(provider)
    found = [
        each
        for each in open_providers(agent)
        if each.pk != provider.pk and each.health != Provider.Health.DOWN and _stands_in(each, before, wanted)
    ]
    return sorted(found, key=lambda each: each.kind == provider.kind)


def _stands_in(other: Provider, before: capabilities.Capabilities, wanted: Wanted) -> bool:
    can = capabilities.of(other)
    if can.by_hand or (can.max_people and can.max_people < wanted.people):
        return False
    needed = ("phone_in", "outside_guests", "public_viewing") if wanted.phone_number else ("outside_guests",)
    if wanted.mode == "sitting" and not can.public_viewing:
        return False
    return all(getattr(can, name) or not getattr(before, name) for name in needed)
