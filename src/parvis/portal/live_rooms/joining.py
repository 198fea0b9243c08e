"""What the page of a room is told (`frontend/src/room/config.ts`). Holds no ticket."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse

from parvis.portal.live_rooms import room_texts, rules
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.ui import manifest

WEBSOCKET = "/voice/v1/room"
ECHO = "/voice/v1/echo"


def page_config(request: HttpRequest, room: LiveRoom, seat: Seat | None, *, ticket_url: str) -> dict[str, Any]:
    """The `room-config` of a page."""
    public = seat is not None and seat.is_public
    return {
        "title": room.title,
        "mode": room.mode,
        "ticket_url": ticket_url,
        "websocket": WEBSOCKET,
        "csrf": get_token(request),
        "name": "" if public or seat is None else seat.name,
        "asks_name": seat is not None and seat.user_id is None and not public,
        "listens": public or (seat is not None and seat.role == Seat.Role.LISTENER),
        "is_public": public,
        "is_host": seat is not None and seat.role == Seat.Role.HOST,
        "check_url": reverse("live_rooms:check"),
        "home_url": "/" if request.user.is_authenticated else "",
        "texts": room_texts.translated(),
    }


def icons() -> str:
    """The address of the sprite, for what the page draws itself."""
    return f"{static('ui/build/icons.svg')}?v={manifest.icons_version()}"


def phone_of(room: LiveRoom) -> dict[str, str] | None:
    """Number and PIN, as they are read and as one touch dials them; None: nobody answers the telephone."""
    number = settings.PARVIS.voice_phone_number
    if not number or room.closed_at is not None:
        return None
    return {"number": spaced(number), "pin": rules.spelled(room.pin), "dial": f"tel:{number},,{room.pin}#"}


def spaced(number: str) -> str:
    """`+33298001234` as it is read in France: `02 98 00 12 34`; others as they are."""
    national = f"0{number[3:]}" if number.startswith("+33") else number
    if len(national) == 10 and national.isdigit():
        return "\u00a0".join(national[at : at + 2] for at in range(0, 10, 2))
    return number
