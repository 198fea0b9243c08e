"""Who would see it, and what an agent sees: help for the person who publishes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.directory import queries as directory
from parvis.portal.home import queries, rules
from parvis.portal.home.forms import PublishedForm
from parvis.portal.home.services.published import require_somewhere
from parvis.portal.home.views.asked import signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound

NAMES_SHOWN = 5
AGENTS_SHOWN = 30


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """How many agents are in the audience of the form as it stands, and a few names."""
    user = signed_in(request)
    require_somewhere(user)
    form = PublishedForm(request.POST, user=user)
    if not form.is_valid():
        return render(request, "home/audience.html", {"unknown": True})
    entity, choice = form.cleaned_data["entity"], form.audience
    audience = rules.Audience(
        owner=entity.path,
        everyone=choice.for_everyone,
        services=frozenset(service.path for service in choice.services),
        roles=frozenset(choice.roles),
    )
    # Of a tile only; an announcement's form has no such box.
    for_teleworkers = "for_teleworkers" in request.POST
    agents = queries.agents_who_see(audience, for_teleworkers=for_teleworkers)
    return render(
        request,
        "home/audience.html",
        {"count": agents.count(), "names": [str(agent) for agent in agents.order_by("last_name")[:NAMES_SHOWN]]},
    )


@require_safe
def preview_choice(request: HttpRequest) -> HttpResponse:
    """Whose home page?"""
    user = signed_in(request)
    require_somewhere(user)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    agents = directory.search_agents(directory.agents_visible_to(user).filter(is_active=True), asked) if asked else ()
    return render(
        request,
        "home/preview_choice.html",
        {"asked": asked, "agents": list(agents[:AGENTS_SHOWN]), "page_has_search": True},
    )


@require_safe
def preview(request: HttpRequest, agent_id: int) -> HttpResponse:
    """The home page as this agent sees it, but for what is theirs alone (computer, favourites).

    Raises:
        NotFound: the agent is outside the perimeter.
    """
    user = signed_in(request)
    require_somewhere(user)
    agent = directory.agents_visible_to(user).filter(pk=agent_id).first()
    if agent is None:
        raise NotFound
    viewer, now = queries.viewer_as(agent), clock.now()
    context = {
        "agent": agent,
        "announcements": queries.announcements_seen_by(viewer, now),
        "troubles": queries.troubles_seen_by(viewer),
        "categories": queries.by_category(queries.tiles_seen_by(viewer)),
        "preview": True,
    }
    return render(request, "home/preview.html", context)
