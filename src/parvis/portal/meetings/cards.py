"""This room's part of the home page: one's meetings of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock
from parvis.portal.meetings import queries, rules, showing

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Today:
    """What is left of today."""

    rows: Sequence[showing.Row]


def today_of(user: User) -> Today | None:
    """The meetings of today that are not over; None for an account without an agent. One query."""
    agent = agent_of(user)
    if agent is None:
        return None
    now = clock.now()
    local = now.astimezone(rules.PARIS)
    midnight = datetime(local.year, local.month, local.day, tzinfo=rules.PARIS) + timedelta(days=1)
    found = queries.between(queries.of_agent(agent), now, midnight).select_related(
        "organiser", "provider", "room_booking__resource__site"
    )
    return Today([showing.row(meeting, agent.pk, now) for meeting in found[:SHOWN]])
