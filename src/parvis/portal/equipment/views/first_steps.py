"""« Premiers pas »: the guide of whoever is signed in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.equipment import first_steps, queries
from parvis.portal.kernel import clock


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What one has, how to sign in, how to open one's computer, whom to call."""
    user = signed_in(request)
    agent = agent_of(user)
    context = {
        "agent": agent,
        "steps": first_steps.of(agent, clock.today()) if agent is not None else None,
        "outfits": queries.outfits_of(user)[:5],
        "portal_url": settings.PARVIS.url,
        "today": clock.today(),
    }
    return render(request, "equipment/first_steps.html", context)
