"""The room's page and its tickets: for agents, for guests by their own address, for the public."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import sign_ins, throttle
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import clock, context
from parvis.portal.kernel.errors import Invalid, NotFound, ParvisError
from parvis.portal.live_rooms import health, joining, queries, rules, tickets
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.live_rooms.permissions import can_enter
from parvis.portal.live_rooms.services import rooms

TICKETS_PER_MINUTE = 30
"""A page that comes back tries far less often."""
PUBLIC_TICKETS_PER_MINUTE = 120
"""From one address: a hall of people behind one line."""
WRONG_PER_HOUR = 30
"""Unknown addresses from one place."""
MAX_BODY_BYTES = 1000


def _json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Errors as problem+json in the user's language; never cached."""

    @wraps(view)
    def translated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ParvisError as error:
            body = {
                "code": error.code,
                "title": str(error.message),
                "status": int(error.status),
                "detail": str(error.message),
                "advice": str(error.advice),
            }
            return JsonResponse(body, status=int(error.status), content_type="application/problem+json")

    return never_cache(translated)


@require_safe
@never_cache
def room(request: HttpRequest, room_key: str) -> HttpResponse:
    """The page that becomes the room, for an agent."""
    found, seat = queries.room_for(signed_in(request), room_key)
    return _page(request, found, seat, reverse("live_rooms:ticket", args=[room_key]))


@require_POST
@_json
def ticket(request: HttpRequest, room_key: str) -> HttpResponse:
    """A ticket for an agent; who was not invited gets a seat now, in the lobby."""
    user, now = signed_in(request), clock.now()
    throttle.hit("live-room-ticket", str(user.pk), limit=TICKETS_PER_MINUTE, seconds=60)
    found, seat = queries.room_for(user, room_key)
    if seat is None:
        seat = rooms.come_by_oneself(room=found, user=user, name=str(agent_of(user) or user))
    return JsonResponse({"ticket": tickets.issue(seat, now, sign_in=sign_ins.current(request))})


@login_not_required
@require_safe
@never_cache
def guest(request: HttpRequest, secret: str) -> HttpResponse:
    """The same page for somebody from outside, by the address that was sent to them."""
    seat = _known(lambda: queries.seat_of_guest(secret))
    return _page(request, seat.room, seat, reverse("live_rooms:guest_ticket", args=[secret]))


@login_not_required
@require_POST
@_json
def guest_ticket(request: HttpRequest, secret: str) -> HttpResponse:
    """A ticket for a guest, under the name they give."""
    seat = _known(lambda: queries.seat_of_guest(secret))
    throttle.hit("live-room-guest", str(seat.pk), limit=TICKETS_PER_MINUTE, seconds=60)
    name = _name(request)
    if name and name != seat.name:
        rooms.rename_guest(seat=seat, name=name)
    return JsonResponse({"ticket": tickets.issue(seat, clock.now())})


@login_not_required
@require_safe
@never_cache
def public(request: HttpRequest, secret: str) -> HttpResponse:
    """Where the public listens to a sitting."""
    found = _known(lambda: queries.room_of_public(secret))
    seat = Seat(room=found, is_public=True, role=Seat.Role.LISTENER)
    return _page(request, found, seat, reverse("live_rooms:public_ticket", args=[secret]))


@login_not_required
@require_POST
@_json
def public_ticket(request: HttpRequest, secret: str) -> HttpResponse:
    """A ticket that only hears."""
    place = throttle.network(context.client_address.get())
    throttle.hit("live-room-public", place, limit=PUBLIC_TICKETS_PER_MINUTE, seconds=60)
    found = _known(lambda: queries.room_of_public(secret))
    return JsonResponse({"ticket": tickets.issue(rooms.public_seat(found), clock.now())})


def _known(look: Callable[[], Any]) -> Any:
    """What a secret address is for; who tries many is made to wait."""
    place = throttle.network(context.client_address.get())
    if throttle.counted("live-room-wrong", place) >= WRONG_PER_HOUR:
        throttle.hit("live-room-wrong", place, limit=WRONG_PER_HOUR, seconds=3600)
    try:
        return look()
    except NotFound:
        throttle.count("live-room-wrong", place, seconds=3600)
        raise


def _name(request: HttpRequest) -> str:
    if len(request.body) > MAX_BODY_BYTES:
        raise Invalid
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise Invalid from None
    name = body.get("name", "") if isinstance(body, dict) else None
    if not isinstance(name, str) or len(name) > 120 or not name.isprintable():
        raise Invalid
    return " ".join(name.split())


def _page(request: HttpRequest, found: LiveRoom, seat: Seat | None, ticket_url: str) -> HttpResponse:
    now = clock.now()
    asking = seat or Seat(room=found, is_invited=False)
    decision = can_enter(asking, found, now)
    is_public = seat is not None and seat.is_public
    response = render(
        request,
        "live_rooms/room.html",
        {
            "room": found,
            "seat": seat,
            "is_public": is_public,
            "is_host": seat is not None and seat.role == Seat.Role.HOST,
            "refused": None if decision or decision.code in ("not_open_yet", "room_locked") else decision,
            "opens_at": rules.opens_at(found.starts_at) if decision.code == "not_open_yet" else None,
            "icons": joining.icons(),
            "works": health.current(now).available,
            # Number and code let in by telephone: who was not invited asks at this door, where they are known.
            "phone": None if is_public or not asking.is_invited else joining.phone_of(found),
            "config": joining.page_config(request, found, seat, ticket_url=ticket_url),
        },
    )
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
