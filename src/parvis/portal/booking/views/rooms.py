"""Physical rooms, as agents find them: a free one now or then, a room's day, its door, its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.booking import board, occupation, permissions, queries
from parvis.portal.booking.forms import FindForm
from parvis.portal.booking.models import Booking, Resource
from parvis.portal.booking.occupation import Occupation
from parvis.portal.booking.rules import UNDER_WAY, refusal_to_check_in
from parvis.portal.booking.services import feeds
from parvis.portal.booking.views.asking import parse_day, usual_times
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import clock, context, ical
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc.models import Site

READS_PER_HOUR = 60
"""Of one address from one place: calendar programs ask once an hour or so."""
WRONG_PER_HOUR = 30
"""Unknown addresses from one place."""
LOOK_AFTER = timedelta(hours=12)
"""How long after the time asked for one looks for who has a free room next."""
CALENDAR_BEHIND, CALENDAR_AHEAD = timedelta(days=7), timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Found:
    """A room, and what stands in the way at the time asked for."""

    room: Resource
    until: datetime | None
    """Taken at that time until then; None: free."""
    next_at: datetime | None
    """Free, and taken again from then on."""


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Rooms free at a time, large enough, with what is asked for; those that are taken after them."""
    user, now = signed_in(request), clock.now()
    rooms = queries.rooms_visible_to(user).filter(is_active=True, pool__is_open=True)
    sites = Site.objects.filter(pk__in=rooms.order_by().values("site_id")).order_by("name")
    initial = usual_times(now, parse_day(request.GET.get("jour")), None) | {"people": 4}
    asked = "day" in request.GET
    form = FindForm(request.GET if asked else None, sites=sites, initial=initial)
    found: list[Found] = []
    times: dict[str, object] = dict(initial)
    if not asked:
        form = FindForm(_as_sent(initial), sites=sites)
    if form.is_valid():
        times = form.cleaned_data
        found = _found(rooms, form.cleaned_data)
    context_ = {
        "form": form,
        "free": [each for each in found if each.until is None],
        "taken": [each for each in found if each.until is not None],
        "times": times,
        "searched": form.is_valid(),
        "any_room": rooms.exists(),
        "now": now,
    }
    return render(request, "booking/find.html", context_)


def _as_sent(initial: dict[str, object]) -> dict[str, object]:
    return {"day": initial["day"], "starts": initial["starts"], "ends": initial["ends"], "people": initial["people"]}


def _found(rooms: QuerySet[Resource], data: dict[str, Any]) -> list[Found]:
    """As the engine that books them sees it, in three queries; the smallest that is enough first."""
    if data["site"]:
        rooms = rooms.filter(site=data["site"])
    needs = set(data["equipment"])
    fitting = [room for room in rooms.filter(capacity__gte=data["people"]) if needs <= set(room.equipment)]
    pools = {room.pool_id: room.pool for room in fitting}
    held = occupation.read(list(pools.values()), data["starts_at"], data["ends_at"] + LOOK_AFTER, now=clock.now())
    found = [_as_found(room, held[room.pool_id], data["starts_at"], data["ends_at"]) for room in fitting]
    return sorted(found, key=lambda each: (each.room.capacity, board.natural(each.room.name)))


def _as_found(room: Resource, held: Occupation, starts_at: datetime, ends_at: datetime) -> Found:
    wanted = held.newcomer(starts_at, ends_at, people=1, equipment=(), only=room.pk)
    here = [each for each in held.seated if each.at == room.pk]
    until = max((each.ends for each in here if each.touches(wanted)), default=None)
    return Found(room, until, min((each.starts for each in here if each.starts >= wanted.ends), default=None))


@require_safe
def room(request: HttpRequest, resource_id: int) -> HttpResponse:
    """A room: what it has, and its day, without saying who."""
    user, now = signed_in(request), clock.now()
    found = one(queries.rooms_visible_to(user), resource_id)
    day = parse_day(request.GET.get("jour")) or clock.today(now)
    kept = Booking.objects.filter(
        resource=found, state__in=queries.KEPT, starts_at__lt=board.midnight(day + timedelta(days=1)),
        ends_at__gt=board.midnight(day),
    ).exclude(state=Booking.State.RELEASED)  # fmt: skip
    context_ = {
        "room": found,
        "day": day,
        "today": clock.today(now),
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
        "bookings": kept.order_by("starts_at"),
        "manages": bool(permissions.can_manage(user, found.pool.entity)),
        "books": found.is_active and found.pool.is_open and day >= clock.today(now),
    }
    return render(request, "booking/room.html", context_)


@require_safe
def door(request: HttpRequest, resource_id: int) -> HttpResponse:
    """What the code at a room's door leads to: what is on, what comes, « nous y sommes » in one touch."""
    user, now = signed_in(request), clock.now()
    found = one(queries.rooms_visible_to(user), resource_id)
    today = clock.today(now)
    coming = list(
        Booking.objects.filter(
            resource=found,
            state__in=UNDER_WAY,
            ends_at__gt=now,
            starts_at__lt=board.midnight(today + timedelta(days=1)),
        )
        .select_related("holder__entity", "pool__entity")
        .order_by("starts_at")[:6]
    )
    current = next((each for each in coming if each.starts_at <= now), None)
    following = [each for each in coming if each is not current]
    mine = next(
        (
            each
            for each in coming
            if each.state == Booking.State.BOOKED
            and not refusal_to_check_in(each.starts_at, each.ends_at, now)
            and permissions.can_check_in(user, each)
        ),
        None,
    )
    ends = next((each for each in coming if each is current and permissions.can_change(user, each)), None)
    context_ = {
        "room": found,
        "current": current,
        "following": following,
        "mine": mine,
        "ends": ends,
        "now": now,
        "free_until": following[0].starts_at if following and current is None else None,
    }
    return render(request, "booking/door.html", context_)


@require_safe
def poster(request: HttpRequest, resource_id: int) -> HttpResponse:
    """The sheet for a room's door, to be printed: its name, and the code that leads to `door`."""
    found = one(queries.rooms_visible_to(signed_in(request)), resource_id)
    address = str(settings.PARVIS.url) + reverse("booking:door", args=[found.pk])
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=4, light="#fff")
    return render(request, "booking/poster.html", {"room": found, "address": address, "picture": picture})


@require_POST
@fresh_second_factor
def open_feed(request: HttpRequest, resource_id: int) -> HttpResponse:
    """A new calendar address, shown on this answer and never again."""
    user = signed_in(request)
    found = one(queries.resources_run_by(user), resource_id)
    secret = feeds.open_feed(actor=user, resource=found, now=clock.now())
    address = request.build_absolute_uri(reverse("booking:ics", args=[secret]))
    return render(request, "booking/feed.html", {"resource": found, "address": address})


@require_POST
def close_feed(request: HttpRequest, resource_id: int) -> HttpResponse:
    """The address opens nothing any more."""
    user = signed_in(request)
    found = one(queries.resources_run_by(user), resource_id)
    feeds.close_feed(actor=user, resource=found, now=clock.now())
    messages.success(request, _("L’adresse est fermée\u202f: les agendas ne recevront plus rien."))
    return redirect("booking:resource", resource_id=found.pk)


@login_not_required
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """When a room is taken, for calendar programs and door screens. A wrong or closed address: 404 alike."""
    now, place = clock.now(), context.client_address.get()
    if throttle.counted("booking-feed-wrong", place) >= WRONG_PER_HOUR:
        throttle.hit("booking-feed-wrong", place, limit=WRONG_PER_HOUR, seconds=3600)
    found = feeds.recognise(secret)
    if found is None:
        throttle.count("booking-feed-wrong", place, seconds=3600)
        raise NotFound
    throttle.hit("booking-feed", f"{found.pk}:{place}", limit=READS_PER_HOUR, seconds=3600)
    with override("fr"):
        body = _calendar(found, now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="salle.ics"'
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _calendar(resource: Resource, now: datetime) -> bytes:
    """Neither names nor titles: the address is shown on screens and shared. The department says whom to ask."""
    taken = Booking.objects.filter(
        resource=resource, is_final=True, state__in=(*UNDER_WAY, Booking.State.DONE),
        ends_at__gt=now - CALENDAR_BEHIND, starts_at__lt=now + CALENDAR_AHEAD,
    ).select_related("holder__entity")  # fmt: skip
    entries = [
        ical.Entry(
            uid=f"booking-{each.pk}@parvis",
            stamped_at=now,
            starts_at=each.starts_at,
            ends_at=min(each.ends_at, each.ended_at or each.ends_at),
            title=_("Réservée – %(department)s") % {"department": each.holder.entity},
            location=", ".join(str(part) for part in (resource.name, resource.site, resource.location) if part),
        )
        for each in taken.order_by("starts_at")
    ]
    return ical.write(entries, method=ical.PUBLISH, name=resource.name, refresh=timedelta(minutes=15))
