"""The mails of a loan under way: receipt, reminders, return, extension, loss. Plain words, the next step, one link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import heads_of
from parvis.portal.kernel.mail import send_later
from parvis.portal.loans.models import Extension, Item, Loan, Loss
from parvis.portal.movements.queries import holders

MOST = 10
"""People of the team told of one loss."""


def write(name: str, agent: Agent, loan: Loan, **more: object) -> tuple[str, str]:
    """Subject and body of `loans/mail/<name>.txt` (its first line is the subject), in the reader's language."""
    language = agent.user.language if agent.user is not None else settings.LANGUAGE_CODE
    return _written(name, agent, language, loan, **more)


def _written(name: str, reader: object, language: str, loan: Loan, **more: object) -> tuple[str, str]:
    with translation.override(language):
        context = {
            "reader": reader,
            "loan": loan,
            "url": settings.PARVIS.url + reverse("loans:loan", args=[loan.pk]),
            "authority_name": settings.PARVIS.authority_name,
            **more,
        }
        text = render_to_string(f"loans/mail/{name}.txt", context)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def returned(loan: Loan, items: Sequence[Item]) -> None:
    """What was taken back, and in what state: the agent may object while it is fresh."""
    _send("returned", [loan.agent], loan, items=items, left=_out(loan))


def reminder(loan: Loan, *, today: date, to_head: bool) -> int:
    """It is due, or late; the head of department reads their own version. How many mails."""
    late = max(0, (today - loan.ends_date).days)
    sent = _send("reminder", [loan.agent], loan, late=late, today=today, left=_out(loan))
    if to_head:
        heads = [head for head in heads_of(loan.agent.entity) if head.pk != loan.agent_id]
        sent += _send("reminder_head", heads, loan, late=late, left=_out(loan))
    return sent


def extension_decided(extension: Extension) -> None:
    """Granted or refused, and until when the thing may be kept."""
    _send("extension", [extension.loan.agent], extension.loan, extension=extension)


def lost(loss: Loss) -> None:
    """What was declared, and what the agent still has to do (the complaint of a theft); the IT team that lends hears
    of it, but for who declared it.
    """
    loan = loss.item.loan
    _send("lost", [loan.agent], loan, loss=loss)
    team = holders(Role.TECHNICIAN, loan.entity) or holders(Role.HEAD_OF_IT, loan.entity)
    for user in team[:MOST]:
        if user.pk != loss.declared_by_id and user.pk != loan.agent.user_id:
            subject, body = _written("lost_team", user, user.language, loan, loss=loss)
            send_later(subject=subject, body=body, to=[user.email])


def _out(loan: Loan) -> list[Item]:
    return list(loan.items.filter(state=Item.State.OUT).select_related("asset", "part"))


def _send(name: str, readers: Iterable[Agent], loan: Loan, **more: object) -> int:
    sent = 0
    for reader in readers:
        if reader.is_active and reader.email:
            subject, body = write(name, reader, loan, **more)
            send_later(subject=subject, body=body, to=[reader.email])
            sent += 1
    return sent
