"""For everybody: which tools there are, how they are, and the two-minute guides."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parvis.portal.conferencing import capabilities, looks, permissions, queries
from parvis.portal.conferencing.guides import GUIDES
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel.errors import NotFound


@require_safe
def tools(request: HttpRequest) -> HttpResponse:
    """What one's department may meet with."""
    user = signed_in(request)
    agent = agent_of(user)
    cards = []
    for provider in queries.open_providers(agent) if agent is not None else []:
        can = capabilities.of(provider)
        cards.append(
            {
                "provider": provider,
                "icon": looks.icon_of(provider.kind),
                "health": looks.health_badge(provider),
                "words": capabilities.words_of(can),
                "people": looks.people_words(can.max_people),
                "by_hand": can.by_hand,
            }
        )
    shown = {card["provider"].kind for card in cards}  # type: ignore[attr-defined]
    guides = [(kind, guide) for kind, guide in GUIDES.items() if not shown or kind in shown]
    context = {"cards": cards, "guides": guides, "watches": bool(permissions.can_watch(user))}
    return render(request, "conferencing/tools.html", context)


@require_safe
def guide(request: HttpRequest, kind: str) -> HttpResponse:
    """Two minutes to read.

    Raises:
        NotFound: no such kind.
    """
    signed_in(request)
    if kind not in GUIDES:
        raise NotFound
    return render(request, "conferencing/guide.html", {"guide": GUIDES[kind], "kind": kind, "guides": GUIDES.items()})
