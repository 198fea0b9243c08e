"""This room's section on an agent's card."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.telework import permissions, queries, rules, showing, wording

TEMPLATE = "telework/agent_card.html"


def agent(request: HttpRequest, agent: Agent) -> dict[str, object]:
    """The agent's request under way, or the last one, that this user may see; the way to ask for them."""
    user = signed_in(request)
    seen = queries.requests_visible_to(user).filter(agent=agent)
    found = seen.filter(state__in=rules.LIVE).first() or seen.first()
    live = found is not None and found.state in rules.LIVE
    own = agent.user_id == user.pk
    context: dict[str, object] = {
        "request_": found,
        "asks": agent.is_active and not live and not own and permissions.leads(user, agent),
    }
    if found is not None:
        context |= {
            "state": wording.state_of(found),
            "days": wording.days(found.days),
            "period": wording.period(found),
            "url": showing.page_of(user, found),
        }
    return context
