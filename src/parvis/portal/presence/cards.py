"""What other pages show of this room: a section of the agent card, a card of the home page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.presence import loading, queries, rules, showing
from parvis.portal.presence.rules import Place
from parvis.portal.presence.showing import DayShown

TEMPLATE = "presence/agent_card.html"
QUICK = 3
"""Buttons on the home page: the statuses of every day."""


def presence(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """Today and the fortnight ahead of an agent, as this request's user may see them."""
    user = signed_in(request)
    days = showing.fortnight(user, agent, clock.today()) if agent.is_active else []
    return {"today": days[0] if days else None, "days": [day for day in days if not day.is_weekend], "agent": agent}


@dataclass(frozen=True, slots=True)
class Today:
    """The home page's card."""

    day: DayShown
    quick: list[rules.Status]
    """What one click declares for the whole day."""
    waiting: int
    """Days of one's agents that wait for the user."""


def today_of(user: User) -> Today | None:
    """Where one is today, and what one click may change; None for an account that is no agent's."""
    agent = directory.agent_of(user)
    if agent is None:
        return None
    today = clock.today()
    calendar = loading.of_agents([agent], today, today)
    day = showing.shown(calendar.at(agent.pk, today), calendar, in_detail=True)
    offered = queries.offered(every=calendar.statuses.values())
    quick = [each for each in offered if each.place is not Place.ABSENT][:QUICK]
    return Today(day, quick, queries.waiting_days_for(user).count())
