"""Mails to an agent: their telework is open; a text waits for them. One link each."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.directory.models import Agent
from parvis.portal.kernel.mail import send_later
from parvis.portal.telework import rules
from parvis.portal.telework.models import Document, Enrolment


def invite(enrolment: Enrolment) -> None:
    """Telework is open: what to have at hand, and where to begin."""
    screen = enrolment.level == rules.LEVEL_2
    _send("invitation", enrolment.agent, reverse("telework:path"), request=enrolment.request, screen=screen)


def text_waits(document: Document, agent: Agent) -> None:
    """A text is to be read and accepted."""
    _send("text_waits", agent, reverse("telework:texts"), document=document)


def _send(name: str, agent: Agent, path: str, **facts: object) -> None:
    """Queue `telework/mail/<name>.txt` in the agent's language (its first line is the subject), with the caller."""
    if agent.user is None or not agent.user.is_active:
        return
    with translation.override(agent.user.language):
        known = {"agent": agent, "url": settings.PARVIS.url + path, "authority_name": settings.PARVIS.authority_name}
        text = render_to_string(f"telework/mail/{name}.txt", known | facts)
    subject, _, body = text.strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[agent.user.email])
