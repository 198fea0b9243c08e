"""Live rooms: open, change, close; who has a seat."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, Invalid, Unavailable
from parvis.portal.kernel.events import publish
from parvis.portal.live_rooms import rules
from parvis.portal.live_rooms.events import RoomClosed
from parvis.portal.live_rooms.models import Happening, LiveRoom, Seat, Stay, Ticket
from parvis.portal.live_rooms.services import speaking

PIN_TRIES = 20
LONGEST = timedelta(hours=24)
BATCH = 200


def open_room(
    *,
    entity: Entity,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    mode: str = LiveRoom.Mode.MEETING,
    has_lobby: bool = True,
    now: datetime,
    is_open_inside: bool = True,
    for_public: bool = False,
    actor: User | None = None,
) -> LiveRoom:
    """A room for one meeting, with a PIN no other open room has. `for_public`: with an address to listen from.

    Raises:
        Invalid: `live_room_time`.
        Unavailable: `no_pin`, when no free PIN was found.
    """
    _require_time(starts_at, ends_at)
    with transaction.atomic():
        room = _with_pin(
            LiveRoom(
                entity=entity,
                key=secrets.token_hex(8),
                title=title[:200],
                mode=mode,
                starts_at=starts_at,
                ends_at=ends_at,
                has_lobby=has_lobby,
                is_open_inside=is_open_inside,
                public_key=secrets.token_urlsafe(24) if for_public else "",
                allows_video=True,
                created_at=now,
            )
        )
        audit.record(actor=actor, action="live_rooms.room_opened", target=room, now=now, data={"mode": room.mode})
    return room


def change_room(
    *,
    room: LiveRoom,
    now: datetime,
    title: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    has_lobby: bool | None = None,
    is_open_inside: bool | None = None,
    actor: User | None = None,
) -> LiveRoom:
    """The same room, key and PIN, at another time or under another name.

    Raises:
        Conflict: `room_closed`.
        Invalid: `live_room_time`.
    """
    given = {
        "title": title[:200] if title is not None else None,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "has_lobby": has_lobby,
        "is_open_inside": is_open_inside,
    }
    changes = {name: value for name, value in given.items() if value is not None and value != getattr(room, name)}
    _require_time(starts_at or room.starts_at, ends_at or room.ends_at)
    if not changes:
        return room
    with transaction.atomic():
        if not LiveRoom.objects.filter(pk=room.pk, closed_at__isnull=True).update(**changes):
            raise Conflict(_("Cette salle est fermée."), code="room_closed")
        audit.record(
            actor=actor, action="live_rooms.room_changed", target=room, now=now, data={"fields": sorted(changes)}
        )
    room.refresh_from_db()
    return room


def close_room(*, room: LiveRoom, now: datetime, actor: User | None = None, reason: str = "ended") -> bool:
    """Nobody comes in any more, and who is inside is put out by the next heartbeat. False: it was closed already."""
    with transaction.atomic():
        if not LiveRoom.objects.filter(pk=room.pk, closed_at__isnull=True).update(closed_at=now):
            return False
        speaking.clear(room=room, now=now)
        audit.record(actor=actor, action="live_rooms.room_closed", target=room, now=now, data={"reason": reason})
        publish(RoomClosed(room_id=room.pk, at=now))
    room.refresh_from_db()
    return True


def open_to_public(*, room: LiveRoom, is_open: bool, now: datetime, actor: User | None = None) -> LiveRoom:
    """Give the room an address the public listens from, or take it away: the old one opens nothing any more."""
    with transaction.atomic():
        found = LiveRoom.objects.filter(pk=room.pk, closed_at__isnull=True)
        found = found.filter(public_key="") if is_open else found.exclude(public_key="")
        if found.update(public_key=secrets.token_urlsafe(24) if is_open else ""):
            if not is_open:
                # Whoever listened is put out: their seat is another one from now on.
                room.seats.filter(is_public=True).delete()
            action = "live_rooms.public_opened" if is_open else "live_rooms.public_closed"
            audit.record(actor=actor, action=action, target=room, now=now)
    room.refresh_from_db()
    return room


def close_overdue(*, now: datetime) -> int:
    """Close the rooms whose time is over, which gives their PINs back; how many."""
    late = LiveRoom.objects.filter(closed_at__isnull=True, ends_at__lte=now - rules.STAYS_AFTER).order_by("pk")
    return sum(close_room(room=room, now=now, reason="time_limit") for room in late[:BATCH])


def forget_passages(*, now: datetime) -> int:
    """Tickets, stays and events that are over since a day: what is kept of them is on the seat."""
    day_ago = now - timedelta(days=1)
    over = (
        Ticket.objects.filter(expires_at__lt=day_ago),
        Stay.objects.filter(left_at__lt=day_ago),
        Happening.objects.filter(at__lt=now - timedelta(days=8)),
    )
    return sum(int(each.delete()[0]) for each in over)


def take_seat(
    *,
    room: LiveRoom,
    user: User | None = None,
    key: str = "",
    name: str,
    role: str = Seat.Role.SPEAKER,
    now: datetime,
    is_invited: bool = True,
    keeps_role: bool = False,
) -> Seat:
    """A seat for an account, or for an outside guest known by `key`; the one they have, with its new name and role.

    Who was sent away by a host stays away, however often they come; who was no longer invited, and is again, may
    come (`give_up_seat` leaves `is_invited` false). `keeps_role`: a guest who is seated has the role they have, which
    a host may have changed in the room.
    """
    name = " ".join(name.split())[:120] or "?"
    if (user is None) == (not key):
        raise Invalid(code="seat_of_nobody")
    if key and len(key) < 20:
        raise Invalid(code="key_too_short")
    known = {"user": user} if user is not None else {"key": key}
    with transaction.atomic():
        values: dict[str, object] = {"name": name, "role": role, "is_invited": is_invited}
        seat, made = Seat.objects.get_or_create(room=room, **known, defaults=values)
        if not made and is_invited:
            if not seat.is_invited:
                values["is_banned"] = False
            elif keeps_role:
                del values["role"]
            Seat.objects.filter(pk=seat.pk).update(**values)
            seat.refresh_from_db()
    return seat


def come_by_oneself(*, room: LiveRoom, user: User, name: str) -> Seat:
    """A seat for an agent nobody invited: the one they have, as it is, or a new one that waits in the lobby."""
    values = {"name": " ".join(name.split())[:120] or "?", "is_invited": False}
    return Seat.objects.get_or_create(room=room, user=user, defaults=values)[0]


def rename_guest(*, seat: Seat, name: str) -> None:
    """A guest from outside says who they are."""
    Seat.objects.filter(pk=seat.pk, user__isnull=True, is_public=False).update(name=name[:120])
    seat.name = name[:120]


def change_role(*, room: LiveRoom, role: str, user: User | None = None, key: str = "") -> None:
    """Another role for a guest who has a seat; told to who is inside by the next heartbeat."""
    seats = room.seats.filter(user=user) if user is not None else room.seats.filter(key=key).exclude(key="")
    seats.filter(is_invited=True).update(role=role)


def give_up_seat(*, room: LiveRoom, user: User | None = None, key: str = "", now: datetime) -> None:
    """No longer invited: the seat is gone if it was never taken, else closed to them."""
    seats = room.seats.filter(user=user) if user is not None else room.seats.filter(key=key).exclude(key="")
    seats.filter(first_joined_at__isnull=True).delete()
    seats.update(is_banned=True, is_invited=False)


def public_seat(room: LiveRoom) -> Seat:
    """The seat all of the public shares."""
    values = {"name": "Public", "role": Seat.Role.LISTENER}
    return Seat.objects.get_or_create(room=room, is_public=True, defaults=values)[0]


def phone_seat(*, room: LiveRoom, caller: str) -> Seat:
    """A seat for who calls. Once somebody was sent away or is uninvited, callers wait: that one has the code too."""
    is_invited = not room.seats.filter(is_banned=True).exists()
    return Seat.objects.create(room=room, name=rules.caller_name(caller), by_phone=True, is_invited=is_invited)


def _with_pin(room: LiveRoom) -> LiveRoom:
    # The constraint is the guard: looking first would let two rooms see the same PIN free.
    for _attempt in range(PIN_TRIES):
        room.pin = _random_pin()
        try:
            with transaction.atomic():
                room.save(force_insert=True)
        except IntegrityError:
            room.pk = None
            continue
        return room
    raise Unavailable(_("Aucun code n’est libre pour le moment. Réessayez."), code="no_pin")


def _random_pin() -> str:
    # Never beginning with 0: read aloud and noted by hand, it keeps its six digits.
    return str(10 ** (rules.PIN_DIGITS - 1) + secrets.randbelow(9 * 10 ** (rules.PIN_DIGITS - 1)))


def _require_time(starts_at: datetime, ends_at: datetime) -> None:
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise Invalid(_("La fin doit suivre le début, de 24\u202fheures au plus."), code="live_room_time")
