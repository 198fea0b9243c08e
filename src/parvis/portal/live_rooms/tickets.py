"""Tickets of live rooms: signed, of a minute, used once. What is signed: `parvis.ticket.room`."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import sign_ins, throttle
from parvis.portal.kernel import audit, authz
from parvis.portal.kernel.errors import Conflict, NotAllowed, TooMany
from parvis.portal.live_rooms import rules
from parvis.portal.live_rooms.live import public_listening
from parvis.portal.live_rooms.models import Seat, Ticket
from parvis.portal.live_rooms.permissions import can_enter
from parvis.ticket import room as codec
from parvis.ticket.claims import TicketError

NOTED_PER_MINUTE = {"place": 10, "all": 100}
"""Whoever reaches the port can be refused as often as they like: the audit trail is not filled by it."""


def issue(seat: Seat, now: datetime, *, sign_in: str = "") -> str:
    """A ticket for this seat.

    Raises:
        NotAllowed: `room_closed`, `sent_away`, `not_open_yet`, `room_locked`.
        TooMany: `public_full`.
    """
    authz.require(can_enter(seat, seat.room, now))
    if seat.is_public and public_listening(seat.room.key) >= rules.MAX_PUBLIC:
        raise TooMany(_("Beaucoup de monde écoute déjà. Réessayez dans quelques minutes."), code="public_full")
    at = int(now.timestamp())
    claims = codec.RoomClaims(jti=uuid.uuid4(), iat=at, exp=at + rules.TICKET_SECONDS, seat=seat.pk)
    Ticket.objects.create(
        id=claims.jti, seat=seat, sign_in=sign_in, expires_at=now + timedelta(seconds=rules.TICKET_SECONDS)
    )
    return codec.sign(claims, settings.KEYS.ticket)


def redeem(*, ticket: str, now: datetime, place: str = "") -> Seat:
    """Use a ticket up; whose seat it is. `place`: where it came from.

    Raises:
        Conflict: `ticket_used`.
        NotAllowed: `ticket_refused`, `access_revoked`, `room_closed`, `sent_away`, `room_locked`.
    """
    try:
        claims = codec.verify(ticket, [settings.KEYS.ticket.public_key()], now.timestamp())
    except TicketError as error:
        _note_refusal(None, now, error.code, place)
        raise NotAllowed(code="ticket_refused") from None
    if not use_up(claims.jti, claims.seat, now):
        used = Ticket.objects.filter(pk=claims.jti, used_at__isnull=False).exists()
        _note_refusal(Seat.objects.filter(pk=claims.seat).first(), now, "used" if used else "unknown", place)
        raise (Conflict if used else NotAllowed)(code="ticket_used" if used else "ticket_refused")
    given = Ticket.objects.select_related("seat__room", "seat__user").get(pk=claims.jti)
    seat = given.seat
    if given.sign_in and given.sign_in not in alive([given.sign_in], now):
        raise NotAllowed(code="access_revoked")
    if seat.user is not None and not seat.user.is_active:
        raise NotAllowed(code="access_revoked")
    authz.require(can_enter(seat, seat.room, now))
    with transaction.atomic():
        Seat.objects.filter(pk=seat.pk).update(sign_in=given.sign_in)
    return seat


def use_up(jti: uuid.UUID, seat_id: int, now: datetime) -> bool:
    """The one place where a ticket is spent: a conditional UPDATE, so that of many at once exactly one wins."""
    spent = Ticket.objects.filter(pk=jti, seat_id=seat_id, used_at__isnull=True, expires_at__gt=now)
    return spent.update(used_at=now) == 1


def alive(ids: list[str], now: datetime) -> set[str]:
    """Which of these sign-ins still stand."""
    return sign_ins.alive(ids, now=now)


def _note_refusal(seat: Seat | None, now: datetime, reason: str, place: str) -> None:
    if throttle.count("live-room-refused", place, seconds=60) > NOTED_PER_MINUTE["place"]:
        return
    if throttle.count("live-room-refused-all", "all", seconds=60) > NOTED_PER_MINUTE["all"]:
        return
    audit.record(
        actor=None, action="live_rooms.ticket_refused", target=seat.room if seat else None, now=now,
        data={"reason": reason},
    )  # fmt: skip
