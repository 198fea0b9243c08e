"""Reminders: the day before and just before, once each. A worker that is late sends none after the start."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel.authz import no, require
from parvis.portal.meetings import ics, letters, posting, tell_rules
from parvis.portal.meetings.models import Guest, Meeting, Reminding
from parvis.portal.meetings.services.telling import WITH

MOST = 300
"""Reminders of one run; the next, a minute later, goes on."""


def remind(*, now: datetime) -> int:
    """Send the reminders that are due; how many. Not part of a transaction."""
    sent = 0
    with posting.Post() as post:
        for soon in (True, False):
            for guest in _due(now, soon=soon)[:MOST]:
                if post.is_away:
                    return sent
                sent += _remind(guest, post, soon=soon, now=now)
    return sent


@transaction.atomic
def choose(*, actor: User, agent: Agent, day_before: bool, soon: bool) -> None:
    """Which reminders the agent wants from now on.

    Raises:
        NotAllowed: not the agent.
    """
    if agent.user_id != actor.pk:
        require(no("not_yours", "Ces rappels sont ceux d’un autre agent."))
    Reminding.objects.update_or_create(agent=agent, defaults={"day_before": day_before, "soon": soon})


def chosen(agent: Agent) -> Reminding:
    """What the agent chose; both for who never did."""
    return Reminding.objects.filter(agent=agent).first() or Reminding(agent=agent)


def _due(now: datetime, *, soon: bool) -> QuerySet[Guest]:
    """Who may be reminded now: those told of the meeting, who have not declined and want it."""
    guests = Guest.objects.filter(removed_at=None, meeting__state=Meeting.State.PLANNED)
    guests = guests.exclude(told_sequence=tell_rules.NOTHING).exclude(answer=Guest.Answer.NO)
    guests = guests.exclude(**{f"agent__meeting_reminding__{'soon' if soon else 'day_before'}": False})
    if soon:
        # Who is outside gets one reminder only: a stranger's mailbox is not ours to fill.
        rows = guests.filter(
            reminded_soon_at=None, agent__is_active=True, meeting__starts_at__gt=now,
            meeting__starts_at__lte=now + tell_rules.SOON,
        )  # fmt: skip
    else:
        rows = guests.filter(
            Q(agent=None) | Q(agent__is_active=True), reminded_at=None,
            meeting__starts_at__gt=now + tell_rules.EVE_UNTIL, meeting__starts_at__lte=now + tell_rules.EVE,
        )  # fmt: skip
        long_known = Q(told_at__lte=F("meeting__starts_at") - tell_rules.EVE)
        rows = rows.filter(long_known | Q(told_at__lte=now - tell_rules.JUST_TOLD))
    return rows.select_related("agent__user", "meeting", *(f"meeting__{each}" for each in WITH)).order_by(
        "meeting__starts_at", "pk"
    )


def _remind(guest: Guest, post: posting.Post, *, soon: bool, now: datetime) -> bool:
    starts_at = guest.meeting.starts_at
    due = tell_rules.is_soon(starts_at, now) if soon else tell_rules.is_eve(starts_at, guest.told_at, now)
    name = "reminded_soon_at" if soon else "reminded_at"
    rows = Guest.objects.filter(pk=guest.pk)
    if not due or not ics.email_of(guest) or not rows.filter(**{name: None}).update(**{name: now}):
        return False
    outcome = post.send(letters.remind(guest, soon=soon))
    if outcome is posting.Outcome.AWAY:
        rows.filter(**{name: now}).update(**{name: None})
    return outcome is posting.Outcome.SENT
