"""Who may come into a live room, and who runs it. A room nobody gave a seat in does not exist for them (404)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.live_rooms import rules
from parvis.portal.live_rooms.models import LiveRoom, Seat

SENT_AWAY = no(
    "sent_away", _("Un animateur vous a fait sortir de cette réunion."), _("Adressez-vous à l’organisateur.")
)
CLOSED = no("room_closed", _("Cette réunion est terminée."))
LOCKED = no(
    "room_locked", _("La salle est fermée à clé par l’animateur."), _("Appelez l’organisateur pour qu’il vous ouvre.")
)
NOT_YET = no("not_open_yet", _("La salle n’est pas encore ouverte."), _("Elle ouvre 15\u202fminutes avant le début."))
NOT_HOST = no("not_host", _("Seuls les animateurs de la réunion peuvent faire cela."))


def can_enter(seat: Seat, room: LiveRoom, now: datetime) -> Decision:
    """Come in at `now`. A lock keeps out who has not been inside yet."""
    if room.closed_at is not None or now >= rules.closes_at(room.ends_at):
        return CLOSED
    if seat.is_banned:
        return SENT_AWAY
    if now < rules.opens_at(room.starts_at):
        return NOT_YET
    if room.is_locked and seat.role != Seat.Role.HOST and seat.first_joined_at is None and not seat.is_public:
        return LOCKED
    return YES


def can_host(seat: Seat | None) -> Decision:
    """Run the room: its organiser and the co-hosts."""
    return YES if seat is not None and seat.role == Seat.Role.HOST and not seat.is_banned else NOT_HOST
