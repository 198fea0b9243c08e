"""Whether one comes: said on a page, by a button, by who was invited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import no, require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.meetings.models import Guest, Meeting

NAME_LENGTH = 120
CHOICES = (Guest.Answer.YES, Guest.Answer.MAYBE, Guest.Answer.NO)


@transaction.atomic
def answer(*, guest: Guest, actor: User | None, answer: str, now: datetime) -> None:
    """Note the answer; the last one counts. `actor` None: who has the key of a person without an account.

    Raises:
        NotAllowed: the invitation is somebody else's.
        Invalid: no such answer.
        Conflict: no longer invited; the meeting is cancelled or over.
    """
    _require_own(guest, actor)
    if answer not in CHOICES:
        raise Invalid(_("Choisissez une réponse."), code="answer_unknown")
    alive = (Meeting.State.PREPARING, Meeting.State.PLANNED, Meeting.State.WAITING)
    meetings = Meeting.objects.filter(state__in=alive, ends_at__gt=now)
    rows = Guest.objects.filter(pk=guest.pk, removed_at=None, meeting__in=meetings)
    if not rows.update(answer=answer, answered_at=now):
        raise Conflict(
            _("Cette réunion n’attend plus de réponse\u202f: elle est passée, annulée, ou continue sans vous.")
        )
    guest.answer, guest.answered_at = answer, now
    audit.record(
        actor=actor,
        action="meetings.answered",
        target=guest.meeting,
        now=now,
        data={"guest": guest.pk, "answer": answer},
    )


@transaction.atomic
def rename(*, guest: Guest, name: str) -> None:
    """What a person from outside is called there, in their own words. Agents have the directory's name.

    Raises:
        Invalid: an agent; no name.
    """
    said = "".join(each for each in " ".join(name.split()) if each.isprintable())[:NAME_LENGTH].strip()
    if guest.agent_id is not None or not said:
        raise Invalid(_("Écrivez votre nom."), code="name_missing", fields={"name": [_("Écrivez votre nom.")]})
    Guest.objects.filter(pk=guest.pk).update(name=said)
    guest.name = said


def _require_own(guest: Guest, actor: User | None) -> None:
    own = guest.agent.user_id if guest.agent is not None else None
    if own is not None and (actor is None or actor.pk != own):
        require(no("not_your_invitation", _("Cette invitation est celle de quelqu’un d’autre.")))
