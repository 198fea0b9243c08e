"""“Mon bureau”: an agent's computers, their state, one large button each."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound, ParvisError
from parvis.portal.parc import services as parc
from parvis.portal.parc.models import WakeUp
from parvis.portal.remote_desktop import desks, queries, services
from parvis.portal.trust import queries as trust

RECENT = 5
"""Sessions shown under the computers; the others are on a page of their own."""
OPEN = "ouvrir"
"""`?ouvrir=<id>`: open the screen of this computer by itself once it is awake."""


@require_GET
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The page."""
    user, now = signed_in(request), clock.now()
    agent = agent_of(user)
    computers = list(queries.my_computers(user))
    for computer in computers:
        if computer.address:
            parc.request_check(computer=computer, now=now)
    screen = trust.screen_of(trust.trust_of(request))
    context = {
        "agent": agent,
        "desks": [desks.desk(user, agent, each, screen, now) for each in computers] if agent else [],
        "sessions": [
            desks.past(each, now) for each in queries.my_sessions(user).filter(started_at__isnull=False)[:RECENT]
        ],
        "opening": _opening(request),
        "help_contact": settings.PARVIS.help_contact,
    }
    return render(request, "remote_desktop/my_desk.html", context)


@require_GET
@never_cache
def one(request: HttpRequest, computer_id: int) -> HttpResponse:
    """One computer's card, asked again by htmx; leads to the screen by itself when the agent waits for it."""
    user, now = signed_in(request), clock.now()
    computer = queries.my_computer(user, computer_id)
    agent = agent_of(user)
    if agent is None:
        raise NotFound
    if "HX-Request" not in request.headers:
        return redirect("remote_desktop:mine")
    if computer.address:
        parc.request_check(computer=computer, now=now)
    desk = desks.desk(user, agent, computer, trust.screen_of(trust.trust_of(request)), now)
    awake = desk.wake_up is not None and desk.wake_up.state == WakeUp.State.AWAKE
    opening = _opening(request)
    if awake and opening == computer.pk and desk.decision:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("remote_desktop:screen", args=[computer.pk])
        return response
    context = {"desk": desk, "opening": opening, "help_contact": settings.PARVIS.help_contact}
    return render(request, "remote_desktop/desk.html", context)


@require_POST
def wake_up(request: HttpRequest, computer_id: int) -> HttpResponse:
    """Send the signal, then show how far it is."""
    user, now = signed_in(request), clock.now()
    computer = queries.my_computer(user, computer_id)
    agent = agent_of(user)
    if agent is None:
        raise NotFound
    try:
        parc.wake_up(actor=user, computer=computer, now=now, decision=desks.can_wake(agent, computer, clock.today(now)))
    except ParvisError as error:
        messages.error(request, f"{error.message} {error.advice}".strip())
        return redirect("remote_desktop:mine")
    return redirect(f"{reverse('remote_desktop:mine')}?{OPEN}={computer.pk}#ordinateur-{computer.pk}")


@require_POST
def close(request: HttpRequest, computer_id: int) -> HttpResponse:
    """End the agent's own session from the list, when its page is on another machine or closed."""
    user = signed_in(request)
    computer = queries.my_computer(user, computer_id)
    live = queries.my_sessions(user).filter(computer=computer, state__in=["requested", "active", "interrupted"])
    ended = [services.end_session(actor=user, session=each, now=clock.now()) for each in live]
    if any(ended):
        messages.success(request, _("La session est fermée. Vos fenêtres restent ouvertes sur votre ordinateur."))
    return redirect("remote_desktop:mine")


def _opening(request: HttpRequest) -> int | None:
    asked = request.GET.get(OPEN, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else None
