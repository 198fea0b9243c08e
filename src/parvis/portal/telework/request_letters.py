"""Mails of requests and decisions, queued in the transaction of what they tell. Called by `config.wiring`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel.mail import send_later
from parvis.portal.movements.queries import holders
from parvis.portal.telework import queries, wording
from parvis.portal.telework.events import (
    TeleworkDecided,
    TeleworkEnded,
    TeleworkRequested,
    TeleworkResumed,
    TeleworkSuspended,
    TeleworkWithdrawn,
)
from parvis.portal.telework.models import Request
from parvis.portal.ui import formats

MOST = 10
"""People told of one request: a team, not a crowd."""
NAMES = 15
"""Agents named in a reminder."""


def tell_requested(event: TeleworkRequested) -> None:
    """To who decides, with a link to the request: behind the sign-in, nothing is decided from the mail itself."""
    request = _request(event.request_id)
    for user in deciders(request):
        others = queries.to_decide(user).exclude(pk=request.pk).count()
        send("requested", request, [user], others=others)


def tell_decided(event: TeleworkDecided) -> None:
    """To the agent, and to who asked for them; who has just decided knows. Opened already: the invitation says it."""
    request = _request(event.request_id)
    if request.state == Request.State.OPEN:
        return
    people = {request.agent.user, request.requested_by}
    kind = "approved" if event.granted else "refused"
    send(kind, request, [user for user in people if user is not None and user.pk != event.actor_id])


def tell_withdrawn(event: TeleworkWithdrawn) -> None:
    """To who had been asked; to the agent, if it was not they who gave it up."""
    request = _request(event.request_id)
    people = deciders(request) if request.decided_at is None else []
    send("withdrawn", request, _others([*people, request.agent.user], event.actor_id))


def tell_suspended(event: TeleworkSuspended) -> None:
    """To the agent."""
    request = _request(event.request_id)
    send("suspended", request, _others([request.agent.user], event.actor_id))


def tell_resumed(event: TeleworkResumed) -> None:
    """To the agent."""
    request = _request(event.request_id)
    send("resumed", request, _others([request.agent.user], event.actor_id))


def tell_ended(event: TeleworkEnded) -> None:
    """To the agent, and to the heads of their department: who ended it knows."""
    request = _request(event.request_id)
    send("ended", request, _others([request.agent.user, *queries.heads_for(request.agent)[:MOST]], event.actor_id))


def remind(user: User, waiting: Sequence[Request]) -> None:
    """That these requests wait for this person's word: one mail for all."""
    with translation.override(user.language):
        facts = {
            "user": user,
            "n": len(waiting),
            "names": [(str(each.agent), formats.day(each.requested_at)) for each in waiting[:NAMES]],
            "more": max(len(waiting) - NAMES, 0),
            "url": settings.PARVIS.url + reverse("telework_staff:waiting"),
            "authority_name": settings.PARVIS.authority_name,
        }
        subject, _, body = render_to_string("telework/mail/waiting.txt", facts).strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])


def deciders(request: Request) -> list[User]:
    """Who is told that a request waits: the nearest heads of the agent's department, or the nearest IT team."""
    entity = request.agent.entity
    team = queries.heads_for(request.agent) or holders(Role.TECHNICIAN, entity) or holders(Role.HEAD_OF_IT, entity)
    return [user for user in team if user.pk != request.agent.user_id][:MOST]


def _others(people: Iterable[User | None], actor_id: int | None) -> list[User]:
    return list({user.pk: user for user in people if user is not None and user.pk != actor_id}.values())


def send(kind: str, request: Request, people: Iterable[User], *, others: int = 0) -> None:
    """Queue the mail `telework/mail/<kind>.txt` to each, in their language; its first line is the subject."""
    for user in people:
        if not user.is_active:
            continue
        with translation.override(user.language):
            text = render_to_string(f"telework/mail/{kind}.txt", _facts(user, request, others))
        subject, _, body = text.strip().partition("\n")
        send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])


def _facts(user: User, request: Request, others: int) -> dict[str, object]:
    own = request.agent.user_id == user.pk
    page = reverse("telework:mine") if own else reverse("telework_staff:request", args=[request.pk])
    return {
        "user": user,
        "agent": request.agent,
        "entity": request.agent.entity,
        "days": wording.days(request.days),
        "period": wording.period(request),
        "level": request.get_level_display(),
        "note": request.note,
        "refusal": request.refusal,
        "suspension": request.suspension,
        "resumes_date": request.resumes_date,
        "ending": request.ending,
        "others": others,
        "url": settings.PARVIS.url + page,
        "all_url": settings.PARVIS.url + reverse("telework_staff:waiting"),
        "authority_name": settings.PARVIS.authority_name,
    }


def _request(request_id: int) -> Request:
    return Request.objects.select_related("agent__entity", "agent__user", "requested_by").get(pk=request_id)
