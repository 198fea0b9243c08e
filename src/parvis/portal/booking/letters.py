"""What the holder of a booking is told by mail when it changes without them. Called by `config.wiring`.

A meeting tells its guests, its organiser too, what becomes of its place and of its room. From here its holder is mailed
what no guest hears: that it may have to move, that nobody came, that no place came free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import events, meetings
from parvis.portal.booking.models import Booking, MoveRequest
from parvis.portal.booking.rules import GIVEN_BACK
from parvis.portal.booking.services.passing_time import AGENT_LEFT, NEVER_PLACED
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.mail import send_later
from parvis.portal.ui import formats


def tell_placed(event: events.BookingPlaced) -> None:
    """Their turn on the waiting list has come."""
    _tell(event.booking_id, lambda: (_("une place s’est libérée"), _("Votre réservation a quitté la liste d’attente.")))


def tell_moved(event: events.BookingMoved) -> None:
    """Somebody else moved it, or its resource went out of service."""
    _tell(
        event.booking_id,
        lambda: (_("votre réservation a changé"), _("Voici l’heure et la salle à retenir désormais.")),
        but=event.actor_id,
    )


def tell_cancelled(event: events.BookingCancelled) -> None:
    """Somebody else gave it up, or it waited for nothing."""
    if event.reason in (AGENT_LEFT, GIVEN_BACK):
        return
    if event.reason == NEVER_PLACED:
        _tell(
            event.booking_id,
            lambda: (_("aucune place ne s’est libérée"), _("L’heure est venue sans qu’une place se libère.")),
            even_of_a_meeting=True,
        )
        return
    _tell(
        event.booking_id,
        lambda: (_("votre réservation est annulée"), _("Cette réservation n’a plus lieu.")),
        but=event.actor_id,
    )


def tell_released(event: events.BookingReleased) -> None:
    """Nobody said that they are there."""
    _tell(
        event.booking_id,
        lambda: (
            _("votre réservation est libérée"),
            _("Personne n’a signalé son arrivée\u202f: la salle est rendue aux autres."),
        ),
        even_of_a_meeting=True,
    )


def tell_unseated(event: events.BookingUnseated) -> None:
    """Its resource is out of service and nothing else fits."""
    _tell(
        event.booking_id,
        lambda: (
            _("votre réservation est en attente"),
            _("La salle prévue n’est plus en service, aucune autre ne convient. Vous serez prévenu s’il s’en libère."),
        ),
    )


def tell_asked(event: events.MoveAsked) -> None:
    """A crisis cell needs the place: the holder decides, and who booked it for them may too."""
    request = MoveRequest.objects.select_related("booking__holder__user", "booking__booked_by").get(pk=event.request_id)
    booking = _booking(event.booking_id)
    path = reverse("booking:answer", args=[request.pk])
    _send(
        booking,
        {user for user in (booking.holder.user, booking.booked_by) if user is not None},
        lambda: (
            _("une cellule de crise a besoin de votre salle"),
            _("Pouvez-vous déplacer cette réservation\u202f? Rien ne change sans votre accord."),
        ),
        path,
    )


def tell_answered(event: events.MoveAnswered) -> None:
    """A no is told to who booked for the crisis cell; after a yes they hear of their place."""
    if event.accepted:
        return
    request = MoveRequest.objects.get(pk=event.request_id)
    booking = _booking(request.wanted_by_id)
    _send(
        booking,
        {user for user in (booking.holder.user, booking.booked_by) if user is not None},
        lambda: (
            _("une demande de déplacement est refusée"),
            _("La personne sollicitée ne peut pas laisser sa place. Vous pouvez en solliciter une autre."),
        ),
        reverse("booking:booking", args=[booking.pk]),
    )


Words = Callable[[], tuple[str, str]]
"""The end of the subject and the sentence, in the language of the moment."""


def _tell(booking_id: int, words: Words, *, but: int | None = None, even_of_a_meeting: bool = False) -> None:
    """To the holder, unless they did it themselves or their meeting tells."""
    if not even_of_a_meeting and meetings.address_of(booking_id):
        return
    booking = _booking(booking_id)
    if booking.holder.user is not None and booking.holder.user_id != but:
        _send(booking, [booking.holder.user], words, reverse("booking:booking", args=[booking.pk]))


def _send(booking: Booking, people: Iterable[User], words: Words, path: str) -> None:
    for user in people:
        if not user.is_active:
            continue
        with translation.override(user.language):
            end, sentence = words()
            start, finish = booking.starts_at.astimezone(PARIS), booking.ends_at.astimezone(PARIS)
            when = _("Le %(day)s, de %(start)s à %(end)s") % {
                "day": formats.day(start.date()),
                "start": f"{start:%H:%M}",
                "end": f"{finish:%H:%M}",
            }
            where = booking.resource if booking.is_final and booking.resource is not None else booking.pool
            greeting = _("Bonjour %(user)s,") % {"user": user}
            body = f"{greeting}\n\n{sentence}\n\n{booking.title}\n{when}\n{where}\n\n{settings.PARVIS.url}{path}\n"
            subject = f"{settings.PARVIS.authority_name}\u202f: {end}"
        send_later(subject=subject, body=body, to=[user.email])


def _booking(pk: int) -> Booking:
    return Booking.objects.select_related("holder__user", "booked_by", "resource", "pool").get(pk=pk)
