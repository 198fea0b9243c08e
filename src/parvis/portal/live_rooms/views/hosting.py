"""What hosts see beside the room: settings, who came, the speaking list of a sitting."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import NotFound
from parvis.portal.live_rooms import queries
from parvis.portal.live_rooms.models import LiveRoom
from parvis.portal.live_rooms.permissions import can_host
from parvis.portal.live_rooms.services import rooms
from parvis.portal.ui import csv


def _csv(name: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    response = HttpResponse("".join(csv.lines(header, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _hosted(request: HttpRequest, room_key: str) -> LiveRoom:
    found, seat = queries.room_for(signed_in(request), room_key)
    authz.require(can_host(seat))
    return found


@require_safe
@never_cache
def manage(request: HttpRequest, room_key: str) -> HttpResponse:
    """Settings and what is known of the meeting."""
    found = _hosted(request, room_key)
    public_url = ""
    if found.public_key:
        public_url = request.build_absolute_uri(reverse("live_rooms:public", args=[found.public_key]))
    context = {
        "room": found,
        "public_url": public_url,
        "spoken": queries.speaking_list(found) if found.mode == LiveRoom.Mode.SITTING else [],
        "attendance": queries.attendance(found),
        "inside": set(queries.inside(found).values_list("seat_id", flat=True)),
    }
    return render(request, "live_rooms/manage.html", context)


@require_POST
def change(request: HttpRequest, room_key: str) -> HttpResponse:
    """One setting: `lobby`, `inside`, `public`, each `on` or `off`; `end`."""
    found, user, now = _hosted(request, room_key), signed_in(request), clock.now()
    wanted, is_on = request.POST.get("setting"), request.POST.get("value") == "on"
    if wanted == "lobby":
        rooms.change_room(room=found, has_lobby=is_on, now=now, actor=user)
    elif wanted == "inside":
        rooms.change_room(room=found, is_open_inside=is_on, now=now, actor=user)
    elif wanted == "public":
        rooms.open_to_public(room=found, is_open=is_on, now=now, actor=user)
    elif wanted == "end":
        rooms.close_room(room=found, now=now, actor=user, reason="ended_by_host")
    else:
        raise NotFound
    messages.success(request, _("C’est fait."))
    return redirect("live_rooms:manage", room_key)


@require_safe
@never_cache
def attendance(request: HttpRequest, room_key: str) -> HttpResponse:
    """Who came and how long, as CSV."""
    found = _hosted(request, room_key)
    rows = (
        (seat.name, seat.get_role_display(), seat.first_joined_at, round(seat.seconds / 60))
        for seat in queries.attendance(found)
    )
    return _csv("presents", (_("Nom"), _("Rôle"), _("Arrivée"), _("Minutes")), rows)


@require_safe
@never_cache
def speeches(request: HttpRequest, room_key: str) -> HttpResponse:
    """The speaking list, as CSV."""
    found = _hosted(request, room_key)
    rows = (
        (each.speech.seat.name, each.speech.get_state_display(), each.speech.began_at, each.seconds)
        for each in queries.speaking_list(found)
    )
    return _csv("orateurs", (_("Nom"), _("État"), _("Début"), _("Secondes")), rows)
