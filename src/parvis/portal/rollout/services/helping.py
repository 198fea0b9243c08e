"""From the board to one person: a reminder, or somebody who looks at what blocks them, in one click."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import wave_words
from parvis.portal.rollout.models import Place
from parvis.portal.telework import help_facts, help_queries
from parvis.portal.telework.models import HelpCall
from parvis.portal.telework.services import help as calls
from parvis.portal.telework.services import path_reminders


def remind_now(*, actor: User, places: Iterable[Place], now: datetime) -> int:
    """Write to those who may begin and have not finished; how many. Once a day each, whoever asks.

    Raises:
        NotAllowed: one of them is not of the actor's agents.
    """
    enrolments = [enrolment for place in places if (enrolment := wave_words.enrolment_of(place)) is not None]
    return path_reminders.remind_now(actor=actor, enrolments=enrolments, now=now)


@transaction.atomic
def look_at(*, actor: User, place: Place, now: datetime) -> HelpCall:
    """The actor looks at what blocks somebody: their call, or one written for them, taken at once.

    A colleague's stays the colleague's: its page says who has it.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict: it is not open to them yet (`not_open`); see also `telework.services.help.call`.
    """
    enrolment = wave_words.enrolment_of(place)
    if enrolment is None:
        raise Conflict(
            _("Ce n’est pas encore ouvert pour cet agent\u202f: il n’a encore rien pu commencer."), code="not_open"
        )
    facts = help_facts.gather(enrolment, None, None, None, now)
    call = help_queries.open_call_of(enrolment) or calls.call(actor=actor, enrolment=enrolment, now=now, facts=facts)
    if call.state == HelpCall.State.WAITING:
        calls.take(actor=actor, call=call, now=now)
    return call
