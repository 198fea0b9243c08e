"""The viewer's page and its JSON calls (section 4 of `docs/reference/gateway-protocol.md`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from parvis.portal.accounts import sign_ins, throttle
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, ParvisError
from parvis.portal.remote_desktop import facts, queries, rules, services, viewer, wording
from parvis.portal.trust import queries as trust

CONNECTIONS_PER_MINUTE = 30
"""A viewer coming back tries far less often."""
REFUSALS_PER_MINUTE = 10
"""Faster than anybody types passwords."""

MAX_BODY_BYTES = 1000


@require_GET
@never_cache
def screen(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The page that becomes the computer's screen; the reason instead, when it may not be opened."""
    user = signed_in(request)
    computer = queries.my_computer(user, computer_id)
    agent = agent_of(user)
    known = facts.of(agent, computer) if agent else rules.Facts(agent_active=False)
    authz.require(wording.decision(rules.why_not(known, clock.today())))
    authz.require(trust.screen_of(trust.trust_of(request)).decision)
    context = {"computer": computer, "config": viewer.page_config(request, computer)}
    return render(request, "remote_desktop/screen.html", context)


def _json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Errors as problem+json in the user's language; never cached."""

    @wraps(view)
    def translated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ParvisError as error:
            body = {
                "code": error.code,
                "title": str(wording.refusal_words(error.code).label) if error.code in _KNOWN else str(error.message),
                "status": int(error.status),
                "detail": str(error.message),
                "advice": str(error.advice),
            }
            return JsonResponse(body, status=int(error.status), content_type="application/problem+json")

    return never_cache(translated)


_KNOWN = frozenset(wording.REFUSAL_WORDS) | frozenset(wording.END_WORDS)


@require_POST
@_json
def connect(request: HttpRequest, computer_id: int) -> HttpResponse:
    """A ticket for a new session (`session` null) or for the same one after a cut."""
    user = signed_in(request)
    throttle.hit("connect", str(user.pk), limit=CONNECTIONS_PER_MINUTE, seconds=60)
    grant = services.request_connection(
        actor=user,
        computer_id=computer_id,
        sign_in=sign_ins.current(request),
        session_id=_session_id(request),
        screen=trust.screen_of(trust.trust_of(request)),
        now=clock.now(),
    )
    return JsonResponse(viewer.grant_answer(grant))


@require_GET
@_json
def state(request: HttpRequest, computer_id: int) -> HttpResponse:
    """How a session stands."""
    session = queries.my_session(signed_in(request), computer_id, _uuid(request.GET.get("session")))
    return JsonResponse(viewer.state_answer(session, clock.now()))


@require_POST
@_json
def end(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The agent has finished."""
    user = signed_in(request)
    session_id = _session_id(request)
    if session_id is None:
        raise Invalid
    session = queries.my_session(user, computer_id, session_id)
    services.end_session(actor=user, session=session, now=clock.now())
    return HttpResponse(status=204)


@require_POST
@_json
def refused(request: HttpRequest, computer_id: int) -> HttpResponse:
    """The viewer says why the PC refused the sign-in: a code of a closed list, of one's own session."""
    user = signed_in(request)
    throttle.hit("sign-in-refused", str(user.pk), limit=REFUSALS_PER_MINUTE, seconds=60)
    body = _body(request)
    session = queries.my_session(user, computer_id, _uuid(body["session"]))
    services.note_sign_in_refusal(actor=user, session=session, code=str(body.get("code", "")), now=clock.now())
    return HttpResponse(status=204)


def _session_id(request: HttpRequest) -> UUID | None:
    """The `session` of a JSON body; None when it is null."""
    found = _body(request)["session"]
    return None if found is None else _uuid(found)


def _body(request: HttpRequest) -> dict[str, Any]:
    """A JSON body with a `session` in it."""
    if len(request.body) > MAX_BODY_BYTES:
        raise Invalid
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Invalid from None
    if not isinstance(body, dict) or "session" not in body:
        raise Invalid
    return body


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise Invalid from None
