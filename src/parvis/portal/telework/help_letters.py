"""Mails about calls for help: the team hears that somebody waits, the agent reads the answer."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel.mail import send_later
from parvis.portal.movements.queries import holders
from parvis.portal.telework import path_wording
from parvis.portal.telework.models import HelpCall

MOST = 10
"""People told of one call: a team, not a crowd."""
QUIET_SECONDS = 900
"""On a day of many calls the team hears of one in a quarter of an hour; the list shows all of them."""


def tell_team(call: HelpCall) -> None:
    """To the nearest IT team of the agent."""
    entity = call.enrolment.agent.entity
    team = holders(Role.TECHNICIAN, entity) or holders(Role.HEAD_OF_IT, entity)
    told = [user for user in team[:MOST] if user.pk != call.enrolment.agent.user_id]
    key = ",".join(str(user.pk) for user in told)
    if told and throttle.count("telework-help-mail", key, seconds=QUIET_SECONDS) == 1:
        _send("help_asked", call, told, reverse("telework_staff:help_calls"))


def tell_agent(call: HelpCall) -> None:
    """The answer."""
    user = call.enrolment.agent.user
    if user is not None:
        _send("help_answered", call, [user], reverse("telework:computer" if call.computer_id else "telework:help"))


def _send(kind: str, call: HelpCall, people: Iterable[User], path: str) -> None:
    for user in people:
        if not user.is_active:
            continue
        with translation.override(user.language):
            facts = {
                "user": user,
                "call": call,
                "agent": call.enrolment.agent,
                "cause": path_wording.label_of(call.code),
                "url": settings.PARVIS.url + path,
                "authority_name": settings.PARVIS.authority_name,
            }
            text = render_to_string(f"telework/mail/{kind}.txt", facts)
        subject, _, body = text.strip().partition("\n")
        send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])
