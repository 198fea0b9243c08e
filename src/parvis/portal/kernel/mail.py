"""Mail leaves by a task, never by the page that asked for it."""

from __future__ import annotations

from django.core.mail import EmailMessage

from parvis.portal.kernel.tasks import task


def send_later(*, subject: str, body: str, to: list[str]) -> None:
    """Queue a plain-text message; part of the caller's transaction."""
    deliver.enqueue(subject=subject, body=body, to=to)


@task()
def deliver(subject: str, body: str, to: list[str]) -> None:
    """Hand the message to the mail server."""
    EmailMessage(subject=subject, body=body, to=to).send()
