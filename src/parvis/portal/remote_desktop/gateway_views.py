"""The gateways' door: `POST /internal/gateway/v1/…`. Section 3 of `docs/reference/gateway-protocol.md`.

Not for browsers: a shared secret instead of a session, and a request that came through the public
reverse proxy (it carries X-Forwarded-For) does not find these addresses at all.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import ValidationError

from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.remote_desktop import gateway_guard, live, names, services
from parvis.portal.remote_desktop import gateway_schemas as schemas

logger = logging.getLogger(__name__)

Body = TypeVar("Body", bound=schemas.Body)


def problem(status: int, code: str, detail: str) -> JsonResponse:
    """An error as RFC 9457 problem details."""
    body = {"code": code, "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _gateway_call(
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
    refused = gateway_guard.refusal(request.method or "", request.headers)
    if refused is None:
        return None
    response = problem(*refused)
    if refused[0] == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "POST"
    if refused[0] == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _faults(error: ValidationError) -> str:
    # Places and kinds only: the values may hold a ticket.
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in error.errors(include_input=False)]
    return "; ".join(faults[:5])


@_gateway_call(schemas.Hello)
def hello(body: schemas.Hello) -> Mapping[str, Any]:
    """A gateway starts; it learns the keys that sign tickets."""
    names.hold(body.gateway, instance=body.instance, now=clock.now())
    services.hello(gateway=body.gateway, boot=body.boot, version=body.version, now=clock.now())
    raw = settings.KEYS.ticket.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"public_keys": [base64.b64encode(raw).decode()]}


@_gateway_call(schemas.Redeem)
def redeem(body: schemas.Redeem) -> Mapping[str, Any]:
    """A ticket is used up."""
    names.hold(body.gateway, instance=body.instance, now=clock.now())
    done = services.redeem(
        gateway=body.gateway,
        boot=body.boot,
        ticket=body.ticket,
        client_address=body.client_address,
        now=clock.now(),
    )
    return {
        "session": str(done.session),
        "connection": str(done.connection),
        "pin": done.pin or None,
        "user_limit": done.user_limit,
    }


@_gateway_call(schemas.Pin)
def pin(body: schemas.Pin) -> Mapping[str, Any]:
    """An office PC showed a certificate."""
    accepted = services.present_certificate(
        connection_id=body.connection,
        session_id=body.session,
        fingerprint=body.fingerprint,
        subject=body.subject,
        not_after=body.not_after,
        now=clock.now(),
    )
    return {"accepted": accepted}


@_gateway_call(schemas.Heartbeat)
def heartbeat(body: schemas.Heartbeat) -> Mapping[str, Any]:
    """What is open; the answer is what must end."""
    names.hold(body.gateway, instance=body.instance, now=clock.now())
    figures = {
        each.connection: live.Figures(
            up=each.up,
            down=each.down,
            rtt_ms=each.rtt_ms,
            idle_seconds=each.idle_seconds,
            clipboard_to_pc=each.clipboard_to_pc,
            clipboard_from_pc=each.clipboard_from_pc,
        )
        for each in body.connections
    }
    load = live.Load(**body.load.model_dump())
    ends = services.heartbeat(gateway=body.gateway, boot=body.boot, figures=figures, load=load, now=clock.now())
    return {"end": [{"connection": str(connection), "reason": reason} for connection, reason in ends.items()]}


@_gateway_call(schemas.Events)
def events(body: schemas.Events) -> Mapping[str, Any]:
    """A piece of the journal. An event that makes no sense is acknowledged, or it would be sent for ever."""
    now = clock.now()
    understood: list[services.Happening] = []
    acknowledged: list[str] = []
    for raw in body.events:
        try:
            event = schemas.Event.model_validate_json(json.dumps(raw), strict=True)
        except ValidationError as error:
            acknowledged += _set_aside(raw, error, body.gateway)
            continue
        understood.append(_happening(event))
    acknowledged += [str(each) for each in services.take_in(understood, now=now)]
    return {"acknowledged": acknowledged}


def _happening(event: schemas.Event) -> services.Happening:
    return services.Happening(
        id=event.id,
        kind=event.kind,
        at=event.at,
        connection=event.connection,
        session=event.session,
        client_address=event.client_address,
        target=event.target or event.target_address or "",
        reason=event.reason or "",
        detail=event.detail or "",
        up=event.up,
        down=event.down,
        clipboard_to_pc=event.clipboard_to_pc,
        clipboard_from_pc=event.clipboard_from_pc,
    )


def _set_aside(raw: Mapping[str, object], error: ValidationError, gateway: str) -> list[str]:
    identity = raw.get("id")
    try:
        known = str(UUID(str(identity)))
    except ValueError:
        known = ""
    logger.error("gateway event not understood: %s", _faults(error), extra={"gateway": gateway, "event_id": known})
    if not known:
        return []
    audit.record(
        actor=None,
        action="remote_desktop.gateway_event_not_understood",
        now=clock.now(),
        data={"gateway": gateway, "id": known, "faults": _faults(error)},
    )
    return [known]
