"""Mails of changes of days, queued in the transaction of what they tell. Called by `config.wiring`."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.kernel.mail import send_later
from parvis.portal.telework import request_letters, wording
from parvis.portal.telework.events import DaysAsked, DaysDecided
from parvis.portal.telework.models import DaysChange


def tell_asked(event: DaysAsked) -> None:
    """To who decides, with a link to the request: nothing is decided from the mail itself."""
    change = _change(event.change_id)
    for user in request_letters.deciders(change.request):
        _send("days_asked", change, user)


def tell_decided(event: DaysDecided) -> None:
    """To the agent; who has just decided knows."""
    change = _change(event.change_id)
    user = change.request.agent.user
    if user is not None and user.pk != event.actor_id:
        _send("days_decided", change, user)


def _send(name: str, change: DaysChange, user: User) -> None:
    if not user.is_active:
        return
    request = change.request
    own = request.agent.user_id == user.pk
    page = reverse("telework:mine") if own else reverse("telework_staff:request", args=[request.pk])
    with translation.override(user.language):
        facts = {
            "user": user,
            "agent": request.agent,
            "entity": request.agent.entity,
            "change": change,
            "before": wording.days(change.before),
            "days": wording.days(change.days),
            "granted": change.state != DaysChange.State.REFUSED,
            "own_week": request.pattern_id is None,
            "url": settings.PARVIS.url + page,
            "authority_name": settings.PARVIS.authority_name,
        }
        text = render_to_string(f"telework/mail/{name}.txt", facts).strip()
    subject, _, body = text.partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])


def _change(change_id: int) -> DaysChange:
    found = DaysChange.objects.select_related("request__agent__entity", "request__agent__user")
    return found.get(pk=change_id)
