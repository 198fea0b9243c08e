"""The reminder of an enrolment path left half-way: where one stands, one link."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.kernel.mail import send_later
from parvis.portal.telework import path_wording, rules
from parvis.portal.telework.models import Enrolment


def remind(enrolment: Enrolment) -> bool:
    """Queue it, in the agent's language; part of the caller's transaction. False: nobody to write to."""
    user = enrolment.agent.user
    if user is None or not user.is_active or not enrolment.agent.is_active:
        return False
    stages, stage = rules.STAGES[enrolment.level], rules.Stage(enrolment.stage)
    with translation.override(user.language):
        facts = {
            "agent": enrolment.agent,
            "started": enrolment.started_at is not None,
            "stage": path_wording.STAGES[stage].title,
            "minutes": sum(path_wording.STAGES[each].minutes for each in stages[stages.index(stage) :]),
            "stopped_by": path_wording.stopped_by(enrolment.blocked_code),
            "url": settings.PARVIS.url + reverse("telework:path"),
            "authority_name": settings.PARVIS.authority_name,
        }
        text = render_to_string("telework/mail/path_reminder.txt", facts)
    subject, _, body = text.strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[user.email])
    return True
