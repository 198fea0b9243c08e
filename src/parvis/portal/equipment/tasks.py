"""The mail of the first steps. The links in it are made by the worker."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.directory.models import Agent
from parvis.portal.equipment import first_steps
from parvis.portal.kernel import clock
from parvis.portal.kernel.mail import send_later
from parvis.portal.kernel.tasks import task


@task()
def send_first_steps(agent_id: int) -> None:
    """What the agent has, how to sign in, whom to call; nothing to who has left."""
    agent = Agent.objects.select_related("entity", "user").filter(pk=agent_id, is_active=True).first()
    if agent is None:
        return
    with translation.override("fr"):
        facts = {
            "agent": agent,
            "steps": first_steps.of(agent, clock.today()),
            "authority_name": settings.PARVIS.authority_name,
            "url": settings.PARVIS.url,
            "guide_url": settings.PARVIS.url + reverse("equipment:first_steps"),
        }
        subject, _blank, body = render_to_string("equipment/mail/first_steps.txt", facts).partition("\n\n")
        send_later(subject=subject.strip(), body=body, to=[agent.email])
