"""A commune with a live room under way: its organiser, an invited agent, a guest, a colleague nobody invited."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.live_rooms.services import rooms
from tests.integration.authority import make_entity, make_member

BOOT = uuid.UUID(int=1)
_keys = itertools.count(1)


@dataclass
class Scene:
    commune: Entity
    organiser: User
    invited: User
    colleague: User
    stranger: User
    room: LiveRoom
    host: Seat
    seat: Seat
    guest: Seat


def make_room(entity: Entity, **fields: Any) -> LiveRoom:
    now = clock.now()
    values = {"title": "Point projet", "starts_at": now, "ends_at": now + timedelta(hours=1), "mode": "meeting"}
    return rooms.open_room(**{"entity": entity, "now": now, **values, **fields})


def make_scene(**fields: Any) -> Scene:
    metropole = make_entity("Rivemarine", kind=Entity.Kind.METROPOLE)
    commune = make_entity("Lanvec", metropole, Entity.Kind.COMMUNE)
    other = make_entity("Ailleurs", kind=Entity.Kind.METROPOLE)
    organiser, invited, colleague = (make_member(commune) for _each in range(3))
    room, now = make_room(commune, **fields), clock.now()
    return Scene(
        commune=commune,
        organiser=organiser,
        invited=invited,
        colleague=colleague,
        stranger=make_member(other),
        room=room,
        host=rooms.take_seat(room=room, user=organiser, name="Claire Hostis", role="host", now=now),
        seat=rooms.take_seat(room=room, user=invited, name="Yann Kerbrat", now=now),
        guest=rooms.take_seat(room=room, key=guest_key(), name="Prestataire", now=now),
    )


def guest_key() -> str:
    return f"cle-de-l-invite-numero-{next(_keys):04d}"


def voice(path: str, body: dict[str, Any], **headers: str) -> HttpResponse:
    """What a voice server says."""
    sent = {"voice": "voix-1", "boot": str(BOOT), **body}
    given = {"authorization": f"Bearer {settings.KEYS.voice}", **headers}
    return Client(headers=given).post(  # type: ignore[return-value]
        f"/internal/voice/v1/{path}", json.dumps(sent), content_type="application/json"
    )


def happen(room: LiveRoom, kind: str, *, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    at = at or clock.now()
    return {"id": str(uuid.uuid4()), "kind": kind, "at": at.isoformat(), "room": room.key, **fields}


def tell(*events: dict[str, Any]) -> list[str]:
    answer = voice("events", {"events": list(events)})
    assert answer.status_code == 200, answer.content
    acknowledged: list[str] = answer.json()["acknowledged"]
    return acknowledged


def come_in(seat: Seat, *, minutes_ago: int = 0) -> str:
    """Into the room."""
    stay = str(uuid.uuid4())
    tell(happen(seat.room, "joined", stay=stay, seat=str(seat.pk), at=clock.now() - timedelta(minutes=minutes_ago)))
    return stay
