"""A source's first import brings thousands of agents who have been there for years: no movement is opened for them.

How it is known: within an hour, more than `rules.BULK_ARRIVALS` arrivals from sources came into one authority
(commune, structure, métropole), or more than it had agents before. Those opened before the load was recognised are
taken back, and a `BulkArrival` keeps the fact for the IT team to read.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from parvis.portal.directory.models import BODIES, Agent, Entity
from parvis.portal.kernel import audit
from parvis.portal.movements import rules
from parvis.portal.movements.models import BulkArrival, Kind, Movement
from parvis.portal.movements.queries import authority_of

NOTED_EVERY = timedelta(minutes=5)


def is_load(entity_id: int, *, at: datetime) -> bool:
    """Whether the agent a source has just put in this entity is one of a load."""
    authority = authority_of(entity_id)
    if authority is None:
        return False
    since = at - rules.BULK_WINDOW
    running = BulkArrival.objects.filter(entity=authority, last_at__gte=since).order_by("-pk").first()
    if running is not None:
        if at - running.last_at > NOTED_EVERY:
            BulkArrival.objects.filter(pk=running.pk).update(last_at=at)
        return True
    opened = _of(authority).filter(kind=Kind.JOINER, origin=Movement.Origin.SOURCE, opened_at__gte=since)
    arrivals = opened.count() + 1
    known = Agent.objects.filter(_in(authority, "entity__path")).count() - arrivals
    if not rules.is_bulk(arrivals, known):
        return False
    opened.filter(state__in=rules.LIVE).delete()
    load = BulkArrival.objects.create(entity=authority, first_at=at, last_at=at)
    audit.record(actor=None, action="movements.bulk_arrival", target=load, now=at, data={"entity": authority.pk})
    return True


def _of(authority: Entity) -> QuerySet[Movement]:
    return Movement.objects.filter(_in(authority, "to_entity__path"))


def _in(authority: Entity, path: str) -> Q:
    """In this authority and not in another one below it."""
    inner = Entity.objects.filter(path__startswith=authority.path, kind__in=BODIES)
    condition = Q(**{f"{path}__startswith": authority.path})
    for below in inner.exclude(pk=authority.pk).values_list("path", flat=True):
        condition &= ~Q(**{f"{path}__startswith": below})
    return condition
