"""From the form's question to tools: what is open to the agent, what is free then, which physical rooms are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from parvis.portal.booking import availability
from parvis.portal.booking.models import Pool, Resource
from parvis.portal.booking.queries import pools_for
from parvis.portal.conferencing import capabilities
from parvis.portal.conferencing import queries as providers
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.suggest_rules import Question, Suggestion, Tool, suggest

ROOMS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Found:
    """The answer, and the providers by their id."""

    suggestion: Suggestion
    providers: dict[int, Provider]


def answer(
    agent: Agent,
    question: Question,
    starts_at: datetime,
    ends_at: datetime,
    *,
    without: Iterable[int] = (),
    own: Meeting | None = None,
) -> Found:
    """What this agent may meet with then. `without`: ids of providers not to propose; `own`: its place counts as free.

    A bounded number of queries, whatever the number of tools.
    """
    left_out = set(without)
    open_to = [each for each in providers.open_providers(agent) if each.pk not in left_out]
    pools = {each.pool_id: each.pool for each in open_to if each.pool is not None}
    held = own.booking if own is not None else None
    free = availability.free_many(list(pools.values()), starts_at, ends_at, people=question.people, excluding=held)
    tools = [_tool(each, free) for each in open_to]
    return Found(suggest(question, tools), {each.pk: each for each in open_to})


def question_of(meeting: Meeting) -> Question:
    """What was asked when it was planned."""
    return Question(
        people=meeting.people,
        audience=meeting.audience,
        by_phone_only=meeting.by_phone_only,
        needs=frozenset(meeting.needs),
    )


def _tool(provider: Provider, free: dict[int, availability.Availability]) -> Tool:
    can = capabilities.of(provider)
    places = free.get(provider.pool_id) if provider.pool_id is not None else None
    return Tool(
        id=provider.pk,
        kind=provider.kind,
        name=provider.name,
        phone_in=can.phone_in,
        browser=can.browser,
        without_webcam_ok=can.without_webcam_ok,
        no_install=can.browser or can.phone_in,
        outside_guests=can.outside_guests,
        lobby=can.lobby,
        public_viewing=can.public_viewing,
        recording=can.recording,
        sharing=can.shares_screen,
        video=can.video,
        by_hand=can.by_hand,
        max_people=can.max_people,
        is_down=provider.health == Provider.Health.DOWN,
        rank=provider.rank,
        free=places.free if places is not None else None,
        total=places.total if places is not None else 0,
        next_free_at=places.next_free_at if places is not None else None,
    )


def free_rooms(
    agent: Agent, starts_at: datetime, ends_at: datetime, *, people: int = 1, own: Meeting | None = None
) -> list[Resource]:
    """Physical rooms open to the agent that are free then and large enough: the smallest first.

    As the engine sees it, which will book them: a bounded number of queries, whatever the number of rooms.
    """
    pools = list(pools_for(agent).filter(kind=Pool.Kind.ROOM))
    held = own.room_booking if own is not None else None
    free = availability.free_many(pools, starts_at, ends_at, people=people, excluding=held)
    ids = [pk for each in free.values() for pk in each.resources]
    rooms = Resource.objects.filter(pk__in=ids).select_related("pool", "site")
    return list(rooms.order_by("capacity", "name", "pk")[:ROOMS_SHOWN])
