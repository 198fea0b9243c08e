"""Who is invited: added, removed, invited again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.live_rooms.models import LiveRoom
from parvis.portal.live_rooms.services import rooms
from parvis.portal.meetings import permissions, rules
from parvis.portal.meetings.drafts import NAME_LENGTH, Invited
from parvis.portal.meetings.events import GuestsChanged
from parvis.portal.meetings.models import Guest, Meeting


def faults_of(invited: Sequence[Invited]) -> dict[str, list[str]]:
    """What is wrong with a list of guests: the field's name, with its faults; empty when nothing is."""
    outside = sum(1 for each in invited if each.agent is None)
    if len(invited) > rules.MOST_GUESTS:
        return {"guests": [_("%(n)s invités au plus.") % {"n": rules.MOST_GUESTS}]}
    if outside > rules.MOST_OUTSIDE:
        return {"guests": [_("%(n)s personnes extérieures au plus.") % {"n": rules.MOST_OUTSIDE}]}
    if any(each.agent is None and "@" not in each.email for each in invited):
        return {"guests": [_("Une personne extérieure s’invite par son adresse électronique.")]}
    return {}


@transaction.atomic
def invite(*, actor: User | None, meeting: Meeting, invited: Sequence[Invited], now: datetime) -> list[Guest]:
    """Add guests; who is invited already stays so, who had been removed comes back. Only those added are told.

    Raises:
        NotAllowed: see `permissions.can_run`.
        Invalid: too many.
        Conflict: it was cancelled.
    """
    if actor is not None:
        require(permissions.can_run(actor, meeting))
    audit.hold()
    _refuse_cancelled(meeting)
    there = Guest.objects.filter(meeting=meeting, removed_at__isnull=True).exclude(agent=meeting.organiser_id)
    kept = [Invited(agent=each.agent, email=each.email) for each in there.select_related("agent")]
    if faults := faults_of([*kept, *invited]):
        raise Invalid(fields=faults)
    added = write_guests(meeting=meeting, invited=invited)
    if added:
        grow = max(meeting.people, len(kept) + len(added) + 1)
        Meeting.objects.filter(pk=meeting.pk).update(people=grow)
        meeting.people = grow
        audit.record(actor=actor, action="meetings.guests_invited", target=meeting, now=now, data={"count": len(added)})
        ids = tuple(each.pk for each in added)
        events.publish(GuestsChanged(meeting_id=meeting.pk, added=ids, removed=(), at=now))
    return added


@transaction.atomic
def remove(*, actor: User | None, meeting: Meeting, guest: Guest, now: datetime) -> None:
    """No longer invited: they are told once, and cannot come in any more.

    Raises:
        NotAllowed: see `permissions.can_run`.
        Conflict: they were removed already.
    """
    if actor is not None:
        require(permissions.can_run(actor, meeting))
    audit.hold()
    there = Guest.objects.filter(pk=guest.pk, meeting=meeting, removed_at__isnull=True)
    if not there.exclude(agent=meeting.organiser_id).update(removed_at=now):
        raise Conflict(_("Cette personne n’est plus invitée."), code="guest_removed")
    if meeting.live_room is not None:
        if guest.agent is None:
            rooms.give_up_seat(room=meeting.live_room, key=guest.key, now=now)
        elif guest.agent.user is not None:
            rooms.give_up_seat(room=meeting.live_room, user=guest.agent.user, now=now)
    audit.record(actor=actor, action="meetings.guest_removed", target=meeting, now=now, data={"guest": guest.pk})
    events.publish(GuestsChanged(meeting_id=meeting.pk, added=(), removed=(guest.pk,), at=now))


@transaction.atomic
def set_role(*, actor: User | None, meeting: Meeting, guest: Guest, role: str, now: datetime) -> None:
    """What they do there: run the meeting too, take part, listen.

    Raises:
        NotAllowed: see `permissions.can_run`.
        Invalid: no such role; somebody from outside may not run a meeting.
    """
    if actor is not None:
        require(permissions.can_run(actor, meeting))
    audit.hold()
    if role not in Guest.Role.values or (role == Guest.Role.HOST and guest.agent_id is None):
        raise Invalid(_("Seul un agent peut animer la réunion avec vous."), code="role_refused")
    changed = Guest.objects.filter(pk=guest.pk, meeting=meeting).exclude(agent=meeting.organiser_id).update(role=role)
    if changed and meeting.live_room is not None:
        _set_seat(meeting.live_room, guest, role, now)
    audit.record(
        actor=actor, action="meetings.guest_role_set", target=meeting, now=now, data={"guest": guest.pk, "role": role}
    )


def _set_seat(room: LiveRoom, guest: Guest, role: str, now: datetime) -> None:
    """The same role in the room, at once: who runs the meeting is seated, who no longer does runs nothing."""
    user = guest.agent.user if guest.agent is not None else None
    if user is None:
        rooms.change_role(room=room, key=guest.key, role=role)
    elif role == Guest.Role.HOST and guest.removed_at is None:
        rooms.take_seat(room=room, user=user, name=str(guest.agent), role=role, now=now)
    else:
        rooms.change_role(room=room, user=user, role=role)


def with_role(invited: Invited, role: str) -> Invited:
    """The same person in a role; who comes from outside runs no meeting."""
    return replace(invited, role=role if invited.agent is not None or role != Guest.Role.HOST else Guest.Role.SPEAKER)


def write_organiser(meeting: Meeting) -> None:
    """The organiser is a guest too, who comes and runs it: they get their copy of what is told."""
    values = {"role": Guest.Role.HOST, "answer": Guest.Answer.YES, "key": secrets.token_urlsafe(32)}
    Guest.objects.get_or_create(meeting=meeting, agent=meeting.organiser, defaults=values)


def write_guests(*, meeting: Meeting, invited: Sequence[Invited]) -> list[Guest]:
    """The rows of those not invited yet: each agent and each address once, the organiser never. Who was added."""
    rows = list(Guest.objects.filter(meeting=meeting))
    by_agent = {each.agent_id: each for each in rows if each.agent_id is not None}
    by_email = {each.email: each for each in rows if each.agent_id is None}
    new: list[Guest] = []
    back: list[Guest] = []
    for each in invited:
        if each.agent is not None and each.agent.pk == meeting.organiser_id:
            continue
        email = "" if each.agent is not None else each.email.strip().lower()
        known = by_agent.get(each.agent.pk) if each.agent is not None else by_email.get(email)
        if known is not None:
            if known.removed_at is not None:
                known.removed_at, known.role, known.answer = None, each.role, Guest.Answer.NONE
                back.append(known)
            continue
        role = each.role if each.agent is not None or each.role != Guest.Role.HOST else Guest.Role.SPEAKER
        guest = Guest(
            meeting=meeting,
            agent=each.agent,
            email=email,
            name="" if each.agent is not None else " ".join(each.name.split())[:NAME_LENGTH],
            role=role,
            key=secrets.token_urlsafe(32),
        )
        (by_agent if each.agent is not None else by_email)[each.agent.pk if each.agent else email] = guest  # type: ignore[index]
        new.append(guest)
    Guest.objects.bulk_create(new)
    for known in back:
        known.save(update_fields=["removed_at", "role", "answer"])
    return new + back


def _refuse_cancelled(meeting: Meeting) -> None:
    if not Meeting.objects.filter(pk=meeting.pk, state__in=rules.ALIVE).exists():
        raise Conflict(_("Cette réunion est annulée."), code="meeting_cancelled")
