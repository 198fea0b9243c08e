"""Joining: one's seat, the check-in of what was booked, and who has met with which tool."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.booking.models import Booking
from parvis.portal.booking.services import check_in as checking
from parvis.portal.conferencing.adapters.base import Opened, Person
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import opening as asking
from parvis.portal.directory.models import Agent
from parvis.portal.kernel.errors import Conflict
from parvis.portal.live_rooms.models import Seat
from parvis.portal.live_rooms.services import rooms
from parvis.portal.meetings import facts, rules
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.meetings.services.opening import wanted_of

_SEATS = {
    Guest.Role.HOST: Seat.Role.HOST,
    Guest.Role.SPEAKER: Seat.Role.SPEAKER,
    Guest.Role.LISTENER: Seat.Role.LISTENER,
}


def refuse_if_closed(meeting: Meeting, now: datetime) -> None:
    """Whether one may join now.

    Raises:
        Conflict: `meeting_cancelled`, `meeting_not_open`, `meeting_over`, `place_released`, `meeting_preparing`.
    """
    if meeting.state == Meeting.State.CANCELLED:
        raise Conflict(_("Cette réunion est annulée."), code="meeting_cancelled")
    if now < meeting.starts_at - rules.OPENS_BEFORE:
        raise Conflict(
            _("La réunion n’est pas encore ouverte."),
            code="meeting_not_open",
            advice=_("On y entre un quart d’heure avant le début."),
        )
    if now > meeting.ends_at + rules.STAYS_AFTER:
        raise Conflict(_("Cette réunion est terminée."), code="meeting_over")
    if facts.is_released(meeting):
        raise Conflict(
            _("Personne n’était là au début\u202f: la place est rendue aux autres."),
            code="place_released",
            advice=_("L’organisateur peut changer l’heure de la réunion pour en reprendre une."),
        )
    if not meeting.is_opened:
        raise Conflict(
            _("La réunion se prépare encore."), code="meeting_preparing", advice=_("Réessayez dans une minute.")
        )


def join(*, meeting: Meeting, guest: Guest, now: datetime) -> str:
    """The address by which this guest joins now in a browser; noted as use of the tool. To be followed at once.

    Raises:
        Conflict: see `refuse_if_closed`; there is nothing to join by browser (`no_browser`).
        Unavailable, Invalid: the provider gave no address.
    """
    refuse_if_closed(meeting, now)
    provider = meeting.provider
    if provider is None or not facts.has_link(meeting):
        raise Conflict(_("On ne rejoint pas cette réunion par l’ordinateur."), code="no_browser")
    address = _address(meeting, provider, guest, now)
    note(meeting=meeting, guest=guest, now=now)
    return address


def _address(meeting: Meeting, provider: Provider, guest: Guest, now: datetime) -> str:
    user = guest.agent.user if guest.agent is not None else None
    if meeting.live_room is not None:
        role, name = _SEATS[Guest.Role(guest.role)], str(guest.agent or guest.name or guest.email.split("@")[0])
        if user is not None:
            rooms.take_seat(room=meeting.live_room, user=user, name=name, role=role, now=now, keeps_role=True)
            return reverse("live_rooms:room", args=[meeting.live_room.key])
        rooms.take_seat(room=meeting.live_room, key=guest.key, name=name, role=role, now=now, keeps_role=True)
        return reverse("live_rooms:guest", args=[guest.key])
    opened = Opened(external_id=meeting.external_id, join_url=meeting.join_url)
    person = Person(
        name=str(guest.agent or guest.name or guest.email),
        email=guest.agent.email if guest.agent is not None else guest.email,
        is_host=guest.role == Guest.Role.HOST,
        ref=str(guest.pk),
    )
    link = asking.join_link(provider=provider, opened=opened, person=person, wanted=wanted_of(meeting), now=now)
    return link or meeting.join_url


@transaction.atomic
def note(*, meeting: Meeting, guest: Guest | None, now: datetime, agent: Agent | None = None) -> None:
    """Somebody is there: what was booked is in use, and who came has now met with this kind of tool."""
    for booking in (meeting.booking, meeting.room_booking):
        if booking is not None and booking.state == Booking.State.BOOKED and booking.checked_in_at is None:
            _check_in(booking, now)
    who = agent if agent is not None else guest.agent if guest is not None else None
    if who is not None and meeting.provider is not None:
        note_use(agent=who, kind=meeting.provider.kind, now=now)


def _check_in(booking: Booking, now: datetime) -> None:
    try:
        with transaction.atomic():
            checking.check_in(actor=None, booking=booking, now=now)
    except Conflict:
        pass  # another was first, or it is too early for the engine: joining is not kept back by that


def note_use(*, agent: Agent, kind: str, now: datetime) -> None:
    """One more meeting with this kind of tool; several joins of one day are one."""
    today = now.astimezone(rules.PARIS).date()
    known = ToolUse.objects.filter(agent=agent, kind=kind)
    row = known.first()
    if row is None:
        try:
            with transaction.atomic():
                ToolUse.objects.create(agent=agent, kind=kind, first_at=now, last_at=now)
        except IntegrityError:
            pass  # the same person, twice at once
    elif row.last_at.astimezone(rules.PARIS).date() < today:
        known.filter(last_at=row.last_at).update(last_at=now, times=F("times") + 1)
