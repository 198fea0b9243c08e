"""Mail leaves by a task, never by the page that asked for it."""

from __future__ import annotations

from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from parvis.portal.kernel.tasks import task


def send_later(*, subject: str, body: str, to: list[str]) -> None:
    """Queue a plain-text message; part of the caller's transaction."""
    # Named now: a worker that is killed after the server took it and before that is written down sends it again, and
    # what reads the mails knows by its name that it is the same.
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    deliver.enqueue(subject=subject, body=body, to=to, message_id=make_msgid(domain=domain or "localhost"))


@task()
def deliver(subject: str, body: str, to: list[str], message_id: str = "") -> None:
    """Hand the message to the mail server. `message_id`: its name, the same each time it is tried."""
    EmailMessage(subject=subject, body=body, to=to, headers={"Message-ID": message_id} if message_id else None).send()
