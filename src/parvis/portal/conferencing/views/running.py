"""One tool, for the IT team: how it is, what goes wrong and what to do; checked, offered or not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.conferencing import capabilities, looks, needs, permissions, queries, tasks
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import declaring
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock

CHECKS_A_MINUTE = 10
"""A check says what answers on the network: not a tool to explore it."""


@require_safe
@never_cache
def tool(request: HttpRequest, tool_id: int) -> HttpResponse:
    """Its page."""
    user, provider = _asked(request, tool_id)
    return render(request, "conferencing/tool.html", _context(user, provider))


@require_safe
@never_cache
def state(request: HttpRequest, tool_id: int) -> HttpResponse:
    """How it is, alone: asked for again while a check is under way."""
    user, provider = _asked(request, tool_id)
    return render(request, "conferencing/state.html", _context(user, provider))


@require_POST
def check(request: HttpRequest, tool_id: int) -> HttpResponse:
    """« Vérifier maintenant »: a task asks, the page follows."""
    user, provider = _asked(request, tool_id)
    authz.require(permissions.can_check(user, provider.entity))
    throttle.hit("tool-check", str(user.pk), limit=CHECKS_A_MINUTE, seconds=60)
    tasks.ask(provider.pk)
    if request.headers.get("HX-Request"):
        return render(request, "conferencing/state.html", _context(user, provider))
    return redirect("conferencing:tool", tool_id=provider.pk)


@require_POST
def offer(request: HttpRequest, tool_id: int) -> HttpResponse:
    """Offer it to agents, or no longer."""
    user, provider = _asked(request, tool_id)
    is_open = request.POST.get("open") == "1"
    declaring.set_open(actor=user, providers=[provider], is_open=is_open, now=clock.now())
    messages.success(
        request,
        _("L’outil est proposé aux agents.")
        if is_open
        else _("L’outil n’est plus proposé. Les réunions déjà prévues le gardent."),
    )
    return redirect("conferencing:tool", tool_id=provider.pk)


def _asked(request: HttpRequest, tool_id: int) -> tuple[User, Provider]:
    user = signed_in(request)
    return user, one(queries.providers_run_by(user), tool_id)


def _context(user: User, provider: Provider) -> dict[str, object]:
    can = capabilities.of(provider)
    problem, advice = looks.problem_of(provider)
    asked = needs.fields(provider.kind, by_hand=provider.by_hand)
    return {
        "provider": provider,
        "icon": looks.icon_of(provider.kind),
        "health": looks.health_badge(provider),
        "problem": problem,
        "advice": advice,
        "checking": tasks.is_under_way(provider.pk),
        "words": capabilities.words_of(can),
        "people": looks.people_words(can.max_people),
        "by_hand": can.by_hand,
        "facts": [
            (need.label, str(getattr(provider, name) or "—"))
            for name, need in asked.items()
            if name not in ("secret", "pool", "checksum")
        ],
        "asks_secret": "secret" in asked,
        "may_check": bool(permissions.can_check(user, provider.entity)),
        "may_manage": bool(permissions.can_manage(user, provider.entity)),
    }
