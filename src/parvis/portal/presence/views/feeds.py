"""The personal calendar: its address on a page, and the `.ics` itself for calendar programs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import clock, context
from parvis.portal.kernel.errors import NotFound
from parvis.portal.presence import ics
from parvis.portal.presence.models import Feed
from parvis.portal.presence.services import feeds
from parvis.portal.presence.views.mine import own_agent

READS_PER_HOUR = 60
"""Of one address from one place: calendar programs ask once an hour or so."""
WRONG_PER_HOUR = 30
"""Unknown addresses from one place."""


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """What the address is for, and whether there is one."""
    return render(request, "presence/feed.html", {"feed": Feed.objects.filter(agent=own_agent(request)).first()})


@require_POST
@fresh_second_factor
def open_feed(request: HttpRequest) -> HttpResponse:
    """A new address, shown on this answer and never again."""
    agent = own_agent(request)
    secret = feeds.open_feed(actor=signed_in(request), agent=agent, now=clock.now())
    address = request.build_absolute_uri(reverse("presence:ics", args=[secret]))
    return render(request, "presence/feed.html", {"feed": Feed.objects.filter(agent=agent).first(), "address": address})


@require_POST
def close_feed(request: HttpRequest) -> HttpResponse:
    """The address opens nothing any more."""
    feeds.close_feed(actor=signed_in(request), agent=own_agent(request), now=clock.now())
    messages.success(request, _("L’adresse est fermée\u202f: votre agenda ne recevra plus rien."))
    return redirect("presence:feed")


@login_not_required
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind an address. A wrong one, a closed one, one of a disabled account: 404 alike."""
    now, place = clock.now(), context.client_address.get()
    if throttle.counted("presence-feed-wrong", place) >= WRONG_PER_HOUR:
        throttle.hit("presence-feed-wrong", place, limit=WRONG_PER_HOUR, seconds=3600)
    agent = feeds.recognise(secret, now=now)
    if agent is None:
        throttle.count("presence-feed-wrong", place, seconds=3600)
        raise NotFound
    throttle.hit("presence-feed", f"{agent.pk}:{place}", limit=READS_PER_HOUR, seconds=3600)
    with override("fr"):
        body = ics.calendar_of(agent, now=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="presence.ics"'
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
