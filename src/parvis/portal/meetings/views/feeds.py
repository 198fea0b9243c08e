"""One's calendar of meetings: its address, the reminders, and the `.ics` itself for calendar programs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory import queries as directory
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock, context, ical
from parvis.portal.kernel.errors import NotFound
from parvis.portal.meetings import feed as calendars
from parvis.portal.meetings.models import Feed
from parvis.portal.meetings.services import feeds, reminding

READS_PER_HOUR = 60
"""Of one address from one place: calendar programs ask once an hour or so."""
WRONG_PER_HOUR = 30
"""Unknown addresses from one place."""


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """What the address is for, whether there is one, and which reminders come."""
    return _page(request, _own_agent(request))


@require_POST
@fresh_second_factor
def open_feed(request: HttpRequest) -> HttpResponse:
    """A new address, shown on this answer and never again."""
    agent = _own_agent(request)
    secret = feeds.open_feed(actor=signed_in(request), agent=agent, now=clock.now())
    return _page(request, agent, address=request.build_absolute_uri(reverse("meetings:ics", args=[secret])))


@require_POST
def close_feed(request: HttpRequest) -> HttpResponse:
    """The address opens nothing any more."""
    feeds.close_feed(actor=signed_in(request), agent=_own_agent(request), now=clock.now())
    messages.success(request, _("L’adresse est fermée\u202f: votre agenda ne recevra plus rien."))
    return redirect("meetings:feed")


@require_POST
def choose_reminders(request: HttpRequest) -> HttpResponse:
    """Which reminders come by mail."""
    day_before, soon = "day_before" in request.POST, "soon" in request.POST
    reminding.choose(actor=signed_in(request), agent=_own_agent(request), day_before=day_before, soon=soon)
    messages.success(request, _("Vos rappels sont réglés."))
    return redirect("meetings:feed")


@login_not_required
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The calendar behind an address. A wrong one, a closed one, one of a disabled account: 404 alike."""
    now, place = clock.now(), context.client_address.get()
    agent = feeds.recognise(secret, now=now)
    if agent is None:
        throttle.hit("meetings-feed-wrong", place, limit=WRONG_PER_HOUR, seconds=3600)
        raise NotFound
    throttle.hit("meetings-feed", f"{agent.pk}:{place}", limit=READS_PER_HOUR, seconds=3600)
    with override(agent.user.language if agent.user is not None else "fr"):
        body = calendars.calendar_of(agent, now=now)
    tag = ical.tag(body)
    asked = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    response: HttpResponseBase
    if tag in asked:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="reunions.ics"'
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _own_agent(request: HttpRequest) -> Agent:
    agent = directory.agent_of(signed_in(request))
    if agent is None:
        raise NotFound(_("Votre compte n’est pas celui d’un agent\u202f: il n’a pas de réunions."))
    return agent


def _page(request: HttpRequest, agent: Agent, address: str = "") -> HttpResponse:
    facts = {
        "feed": Feed.objects.filter(agent=agent).first(),
        "address": address,
        "reminding": reminding.chosen(agent),
    }
    return render(request, "meetings/feed.html", facts)
