"""Calls for help, the last resort: the portal writes what it knows, somebody of the IT team looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import Computer
from parvis.portal.telework import help_letters, help_permissions, help_queries, rules
from parvis.portal.telework.models import Enrolment, HelpCall, Request, Try
from parvis.portal.telework.services import enrolment as path

MESSAGE_LENGTH = 300
ANSWER_LENGTH = 300


def call(
    *,
    actor: User,
    enrolment: Enrolment,
    now: datetime,
    message: str = "",
    computer: Computer | None = None,
    code: str = "",
    facts: Mapping[str, Any] | None = None,
) -> HelpCall:
    """Ask for somebody to look at where this path is stuck; the call that is open already, if there is one.

    `facts`: what the diagnosis saw (`help_facts.gather`); nothing typed, nothing of the screen.

    Raises:
        NotAllowed: neither the agent nor the IT team of their entity.
        Conflict: the telework is not open (`path_shut`).
    """
    require(help_permissions.can_ask(actor, enrolment))
    if enrolment.request.state != Request.State.OPEN:
        raise Conflict(_("Ce télétravail n’est pas ouvert en ce moment."), code="path_shut")
    try:
        with transaction.atomic():
            made = HelpCall.objects.create(
                enrolment=enrolment,
                computer=computer,
                stage=enrolment.stage if computer is None else rules.Stage.COMPUTER,
                code=code or enrolment.blocked_code,
                facts=dict(facts or {}),
                message=_one_line(message, MESSAGE_LENGTH),
                created_at=now,
            )
            audit.record(
                actor=actor, action="telework.help_asked", target=made, now=now,
                data={"stage": str(made.stage), "code": made.code},
            )  # fmt: skip
            help_letters.tell_team(made)
    except IntegrityError:
        # One open call at a time: pressed twice, or asked for on the telephone meanwhile.
        there = help_queries.open_call_of(enrolment)
        if there is None:
            raise Conflict from None
        return there
    return made


@transaction.atomic
def take(*, actor: User, call: HelpCall, now: datetime) -> None:
    """Look at it: of two colleagues, one.

    Raises:
        NotAllowed: not of the IT team of the agent's entity, or one's own call.
        Conflict: taken or closed already (`help_call_moved`).
    """
    require(help_permissions.can_help(actor, call))
    _move(call, (HelpCall.State.WAITING,), state=HelpCall.State.TAKEN, taken_by=actor, taken_at=now)
    audit.record(actor=actor, action="telework.help_taken", target=call, now=now)


@transaction.atomic
def give_back(*, actor: User, call: HelpCall, now: datetime) -> None:
    """Let a colleague look at it: it waits again.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict: not taken (`help_call_moved`).
    """
    require(help_permissions.can_help(actor, call))
    _move(call, (HelpCall.State.TAKEN,), state=HelpCall.State.WAITING, taken_by=None, taken_at=None)
    audit.record(actor=actor, action="telework.help_given_back", target=call, now=now)


@transaction.atomic
def answer(*, actor: User, call: HelpCall, words: str, unblock: bool, now: datetime) -> None:
    """Settle it: the agent reads the answer, and is told by mail. `unblock`: their stage counts as passed, with help.

    Raises:
        NotAllowed: not of the IT team of the agent's entity, or one's own call.
        Invalid: no words.
        Conflict: closed already (`help_call_moved`).
    """
    require(help_permissions.can_help(actor, call))
    said = _one_line(words, ANSWER_LENGTH)
    if not said:
        raise Invalid(fields={"words": [_("Écrivez à l’agent ce qui a été fait, ou ce qu’il doit faire.")]})
    taken = {} if call.taken_by_id else {"taken_by": actor, "taken_at": now}
    _move(call, help_queries.OPEN, state=HelpCall.State.CLOSED, closed_at=now, answer=said, **taken)
    audit.record(actor=actor, action="telework.help_answered", target=call, now=now, data={"unblocked": unblock})
    if unblock:
        path.note_try(
            enrolment=call.enrolment, stage=call.stage, outcome=Try.Outcome.HELPED, code=call.code, now=now,
            actor=actor,
        )  # fmt: skip
    help_letters.tell_agent(call)


@transaction.atomic
def withdraw(*, actor: User, call: HelpCall, now: datetime) -> None:
    """The agent needs nobody any more.

    Raises:
        NotAllowed: not one's own.
        Conflict: closed already (`help_call_moved`).
    """
    require(help_permissions.can_withdraw(actor, call))
    _move(call, help_queries.OPEN, state=HelpCall.State.CLOSED, closed_at=now)
    audit.record(actor=actor, action="telework.help_withdrawn", target=call, now=now)


@transaction.atomic
def close_passed(*, enrolment_id: int, stage: str, now: datetime) -> bool:
    """The stage it was about is passed: nobody need look any more. Whether one was open."""
    about = HelpCall.objects.filter(enrolment_id=enrolment_id, stage=stage, state__in=help_queries.OPEN)
    return bool(
        about.update(state=HelpCall.State.CLOSED, closed_at=now, answer=_("L’étape a été réussie entre-temps."))
    )


def _move(call: HelpCall, sources: tuple[str, ...], **facts: Any) -> None:
    if not HelpCall.objects.filter(pk=call.pk, state__in=sources).update(**facts):
        raise Conflict(
            _("Cette demande d’aide a changé entre-temps."),
            code="help_call_moved",
            advice=_("Rechargez la page pour voir qui s’en occupe."),
        )
    for name, value in facts.items():
        setattr(call, name, value)


def _one_line(text: str, length: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:length]
