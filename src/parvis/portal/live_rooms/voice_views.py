"""The voice servers' door: `POST /internal/voice/v1/…`. Section 3 of `docs/reference/voice-protocol.md`.

Not for browsers: a shared secret instead of a session, and a request that came through the public reverse proxy (it
carries X-Forwarded-For) does not find these addresses at all.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from parvis.portal.accounts import throttle
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import NotAllowed, ParvisError
from parvis.portal.live_rooms import queries, rules, tickets
from parvis.portal.live_rooms import voice_schemas as schemas
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.live_rooms.services import presence, rooms

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 2**20
WRONG_PINS_PER_CALLER = 10
WRONG_PINS = 120
"""In ten minutes, of all callers: a million PINs are not tried out."""
WINDOW_SECONDS = 600
NOT_NOW = "not_now"
"""The `detail` of a right PIN at the wrong moment."""

Body = TypeVar("Body", bound=schemas.Body)


def problem(status: int, code: str, detail: str) -> JsonResponse:
    """An error as RFC 9457 problem details."""
    body = {"code": code, "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _voice_call(
    schema: type[Body],
) -> Callable[[Callable[[Body], Mapping[str, Any]]], Callable[[HttpRequest], HttpResponse]]:
    """Turn `body → answer` into a view: guards first, then the shape, then the errors' translation."""

    def decorate(answer: Callable[[Body], Mapping[str, Any]]) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponse:
            if refused := _guard(request):
                return refused
            try:
                body = schema.model_validate_json(request.body, strict=True)
            except ValidationError as error:
                return problem(422, "invalid", _faults(error))
            try:
                return JsonResponse(dict(answer(body)))
            except ParvisError as error:
                return problem(int(error.status), error.code, str(error.message))

        return csrf_exempt(login_not_required(view))

    return decorate


def _guard(request: HttpRequest) -> HttpResponse | None:
    if "X-Forwarded-For" in request.headers:
        return problem(404, "not_found", "No such address.")
    if request.method != "POST":
        response = problem(405, "method_not_allowed", "POST only.")
        response["Allow"] = "POST"
        return response
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    known = hmac.compare_digest(secret.strip().encode(), settings.KEYS.voice.encode())
    if scheme.lower() != "bearer" or not known:
        response = problem(401, "unauthenticated", "The bearer secret is missing or wrong.")
        response["WWW-Authenticate"] = "Bearer"
        return response
    # A length that is not declared (chunked) is refused too: nothing is read before it is known to be small.
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return problem(411, "length_required", "Content-Length is required.")
    if int(length) > MAX_BODY_BYTES:
        return problem(413, "too_large", f"At most {MAX_BODY_BYTES} bytes.")
    return None


def _faults(error: ValidationError) -> str:
    # Places and kinds only: the values may hold a ticket or a PIN.
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in error.errors(include_input=False)]
    return "; ".join(faults[:5])


@_voice_call(schemas.Hello)
def hello(body: schemas.Hello) -> Mapping[str, Any]:
    """A voice server starts."""
    presence.hello(
        name=body.voice,
        boot=body.boot,
        version=body.version,
        available=body.available,
        reason=body.reason,
        phone=body.phone,
        now=clock.now(),
    )
    return {}


@_voice_call(schemas.Redeem)
def redeem(body: schemas.Redeem) -> Mapping[str, Any]:
    """A ticket is used up."""
    return _grants(tickets.redeem(ticket=body.ticket, now=clock.now(), place=throttle.network(body.client_address)))


@_voice_call(schemas.Pin)
def pin(body: schemas.Pin) -> Mapping[str, Any]:
    """A caller dialled a PIN. Nothing tells them a wrong one from one whose time has not come.

    The voice server is told (`detail`): thirty people who call early would otherwise pass for one who tries PINs out,
    and nobody would be let in by telephone for a while.
    """
    now, caller = clock.now(), body.caller or "hidden"
    counts = (("voice-pin-caller", caller, WRONG_PINS_PER_CALLER), ("voice-pin", "all", WRONG_PINS))
    if any(throttle.counted(scope, key) >= limit for scope, key, limit in counts):
        raise NotAllowed(code="pin_refused")
    room = queries.room_by_pin(body.pin, now)
    if room is None or room.is_locked:
        if queries.is_pin_of_a_coming_room(body.pin, now):
            raise NotAllowed(NOT_NOW, code="pin_refused")
        for scope, key, _limit in counts:
            throttle.count(scope, key, seconds=WINDOW_SECONDS)
        audit.record(actor=None, action="live_rooms.pin_refused", now=now)
        raise NotAllowed(code="pin_refused")
    return _grants(rooms.phone_seat(room=room, caller=body.caller))


@_voice_call(schemas.Heartbeat)
def heartbeat(body: schemas.Heartbeat) -> Mapping[str, Any]:
    """Who is where; the answer is what must end."""
    answer = presence.heartbeat(
        name=body.voice,
        boot=body.boot,
        available=body.available,
        reason=body.reason,
        phone=body.phone,
        keys=[each.room for each in body.rooms],
        people=[
            presence.Person(stay=each.stay, seat=int(each.seat), room=live.room)
            for live in body.rooms
            for each in live.people
        ],
        now=clock.now(),
    )
    return {
        **answer,
        "seats": [{"seat": str(seat.pk), "role": seat.role, "name": seat.name} for seat in answer["seats"]],
        "rooms": [room_grant(room) for room in answer["rooms"]],
    }


@_voice_call(schemas.Events)
def events(body: schemas.Events) -> Mapping[str, Any]:
    """A piece of the journal. An event that makes no sense is acknowledged, or it would be sent for ever."""
    understood: list[presence.Told] = []
    acknowledged: list[str] = []
    for raw in body.events:
        try:
            event = schemas.Event.model_validate_json(json.dumps(raw), strict=True)
        except ValidationError as error:
            acknowledged += _set_aside(raw, error, body.voice)
            continue
        understood.append(_told(event))
    acknowledged += [str(each) for each in presence.take_in(understood, now=clock.now())]
    return {"acknowledged": acknowledged}


def _told(event: schemas.Event) -> presence.Told:
    return presence.Told(
        id=event.id,
        kind=event.kind,
        at=event.at,
        room=event.room or "",
        seat=int(event.seat) if event.seat else None,
        by=int(event.by) if event.by else None,
        stay=event.stay,
        seconds=round(event.seconds),
        role=event.role,
        on=event.on,
        reason=event.reason,
    )


def _set_aside(raw: Mapping[str, object], error: ValidationError, voice: str) -> list[str]:
    try:
        known = str(UUID(str(raw.get("id"))))
    except ValueError:
        known = ""
    logger.error("voice event not understood: %s", _faults(error), extra={"voice": voice, "event_id": known})
    return [known] if known else []


def room_grant(room: LiveRoom) -> dict[str, Any]:
    """A room as voice servers know it."""
    return {
        "key": room.key,
        "title": room.title,
        "mode": room.mode,
        "has_lobby": room.has_lobby,
        "allows_video": room.allows_video,
        "is_locked": room.is_locked,
        "ends_at": rules.closes_at(room.ends_at).isoformat(),
        "max_people": rules.MAX_PEOPLE,
        "max_public": rules.MAX_PUBLIC,
    }


def _grants(seat: Seat) -> dict[str, Any]:
    room = seat.room
    waits = rules.waits(role=seat.role, is_invited=seat.is_invited, has_lobby=room.has_lobby, is_public=seat.is_public)
    return {
        "room": room_grant(room),
        "seat": {
            "id": str(seat.pk), "name": seat.name, "role": seat.role, "waits": waits, "public": seat.is_public
        },
    }  # fmt: skip
