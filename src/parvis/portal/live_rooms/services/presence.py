"""What voice servers report: that they live, who is in which room, what happened there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from parvis.portal.kernel import audit
from parvis.portal.kernel.events import publish
from parvis.portal.live_rooms import live, permissions, rules, tickets
from parvis.portal.live_rooms.events import RoomOpened, SeatJoined
from parvis.portal.live_rooms.models import Happening, LiveRoom, Seat, Stay, VoiceServer
from parvis.portal.live_rooms.services import rooms, speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event of a voice server, understood."""

    id: uuid.UUID
    kind: str
    at: datetime
    room: str = ""
    seat: int | None = None
    by: int | None = None
    stay: uuid.UUID | None = None
    seconds: int = 0
    role: str = ""
    on: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody a heartbeat names."""

    stay: uuid.UUID
    seat: int
    room: str


def hello(
    *, name: str, boot: uuid.UUID, version: str, available: bool, reason: str, phone: bool, now: datetime
) -> None:
    """A voice server has started: who was in its rooms before is not any more."""
    before = VoiceServer.objects.filter(name=name).values_list("boot", flat=True).first()
    with transaction.atomic():
        VoiceServer.objects.update_or_create(
            name=name,
            defaults={
                "boot": boot, "version": version, "available": available, "reason": reason, "phone": phone,
                "seen_at": now,
            },
        )  # fmt: skip
        if before != boot:
            audit.record(
                actor=None, action="live_rooms.voice_started", now=now, data={"voice": name, "version": version}
            )


def heartbeat(
    *,
    name: str,
    boot: uuid.UUID,
    available: bool,
    reason: str,
    phone: bool,
    keys: Sequence[str],
    people: Sequence[Person],
    now: datetime,
) -> dict[str, Any]:
    """Take note of who is there; the answer is what must end and how rooms and seats stand. Five queries or so."""
    values = {"boot": boot, "available": available, "reason": reason, "phone": phone, "seen_at": now}
    VoiceServer.objects.update_or_create(name=name, defaults=values)
    Stay.objects.filter(pk__in=[each.stay for each in people], left_at__isnull=True).update(seen_at=now)
    found = {room.key: room for room in LiveRoom.objects.filter(key__in=keys)}
    seats = {
        seat.pk: seat
        for seat in Seat.objects.select_related("user").filter(
            pk__in=[each.seat for each in people], room__key__in=keys
        )
    }
    signed = tickets.alive([seat.sign_in for seat in seats.values() if seat.sign_in], now)
    for key in keys:
        live.note_public(key, sum(each.room == key and _is_public(seats.get(each.seat)) for each in people))
    close = [
        {"room": key, "reason": "room_closed"}
        for key in keys
        if key not in found or found[key].closed_at is not None or now >= rules.closes_at(found[key].ends_at)
    ]
    end = [
        {"stay": str(each.stay), "reason": why}
        for each in people
        if (why := _why_out(seats.get(each.seat), each, found, signed))
    ]
    return {"close": close, "end": end, "seats": list(seats.values()), "rooms": list(found.values())}


def _is_public(seat: Seat | None) -> bool:
    return seat is not None and seat.is_public


def _why_out(seat: Seat | None, person: Person, found: Mapping[str, LiveRoom], signed: set[str]) -> str:
    room = found.get(person.room)
    if seat is None or room is None or seat.room_id != room.pk:
        return "access_revoked"
    if seat.is_banned:
        return "sent_away"
    if seat.user is not None and (not seat.user.is_active or (seat.sign_in and seat.sign_in not in signed)):
        return "access_revoked"
    return ""


def take_in(told: Iterable[Told], *, now: datetime) -> list[uuid.UUID]:
    """Write what happened, each event once; those taken in (also those that make no sense: they are not sent again)."""
    done = []
    for each in told:
        try:
            with transaction.atomic():
                Happening.objects.create(id=each.id, at=now)
                _write(each, now)
        except IntegrityError:
            if not Happening.objects.filter(pk=each.id).exists():
                raise
        done.append(each.id)
    return done


def _write(told: Told, now: datetime) -> None:
    room = LiveRoom.objects.filter(key=told.room).first()
    if room is None:
        return
    seat = room.seats.filter(pk=told.seat).first() if told.seat is not None else None
    by = room.seats.select_related("user").filter(pk=told.by).first() if told.by is not None else None
    if told.kind in _OF_HOSTS and not (by is None and told.kind in _ALSO_ALONE) and not permissions.can_host(by):
        return
    if writer := _WRITERS.get(told.kind):
        writer(told, room, seat, by, min(told.at, now))


def _joined(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is None or told.stay is None or seat.is_public:
        return
    Stay.objects.get_or_create(id=told.stay, defaults={"seat": seat, "joined_at": at, "seen_at": at})
    Seat.objects.filter(pk=seat.pk, first_joined_at__isnull=True).update(first_joined_at=at)
    if LiveRoom.objects.filter(pk=room.pk, opened_at__isnull=True).update(opened_at=at):
        publish(RoomOpened(room_id=room.pk, at=at))
    publish(SeatJoined(room_id=room.pk, seat_id=seat.pk, user_id=seat.user_id, at=at))


def _left(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is None or told.stay is None:
        return
    stay = Stay.objects.filter(pk=told.stay, seat=seat).first()
    if stay is not None and Stay.objects.filter(pk=stay.pk, left_at__isnull=True).update(left_at=at):
        _count(seat, min(told.seconds, max(0, round((at - stay.joined_at).total_seconds())) + 1), at)


def _count(seat: Seat, seconds: int, at: datetime) -> None:
    Seat.objects.filter(pk=seat.pk).update(seconds=F("seconds") + seconds, last_left_at=at)


def end_lost_stays(*, now: datetime) -> int:
    """Close the stays no heartbeat has named for a while: their voice server has died; how many."""
    lost = Stay.objects.select_related("seat").filter(left_at__isnull=True, seen_at__lt=now - rules.GONE_AFTER)
    ended = 0
    for stay in lost[:500]:
        with transaction.atomic():
            if Stay.objects.filter(pk=stay.pk, left_at__isnull=True).update(left_at=stay.seen_at):
                _count(stay.seat, max(0, round((stay.seen_at - stay.joined_at).total_seconds())), stay.seen_at)
                ended += 1
    return ended


def _kicked(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is None or seat.is_public or seat == by:
        return
    if Seat.objects.filter(pk=seat.pk, is_banned=False).update(is_banned=True):
        audit.record(actor=by.user if by else None, action="live_rooms.sent_away", target=room, now=at)


def _role(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is None or seat.is_public or told.role not in Seat.Role.values:
        return
    if Seat.objects.filter(pk=seat.pk).exclude(role=told.role).update(role=told.role):
        actor = by.user if by else None
        audit.record(actor=actor, action="live_rooms.role_changed", target=room, now=at, data={"role": told.role})


def _locked(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    LiveRoom.objects.filter(pk=room.pk).update(is_locked=told.on)


def _ended(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    rooms.close_room(room=room, now=at, actor=by.user if by else None, reason="ended_by_host")


def _asked(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is not None and room.mode == LiveRoom.Mode.SITTING:
        speaking.ask(seat=seat, now=at)


def _withdrawn(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is not None:
        speaking.withdraw(seat=seat, now=at)


def _given(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    if seat is not None and room.mode == LiveRoom.Mode.SITTING:
        speaking.give(seat=seat, now=at)


def _done(told: Told, room: LiveRoom, seat: Seat | None, by: Seat | None, at: datetime) -> None:
    speaking.end(room=room, now=at)


_OF_HOSTS = frozenset({"kicked", "role", "locked", "ended", "floor_given"})
"""What only a host may have done: a voice server that says otherwise is not believed."""
_ALSO_ALONE = frozenset({"locked"})
"""What a voice server may do by itself (`by` null)."""
_WRITERS = {
    "joined": _joined,
    "left": _left,
    "kicked": _kicked,
    "role": _role,
    "locked": _locked,
    "ended": _ended,
    "floor_asked": _asked,
    "floor_withdrawn": _withdrawn,
    "floor_given": _given,
    "floor_done": _done,
}


def sweep(*, now: datetime) -> None:
    """The periodic work of this room."""
    end_lost_stays(now=now)
    rooms.close_overdue(now=now)
    rooms.forget_passages(now=now)
    VoiceServer.objects.filter(seen_at__lt=now - timedelta(days=7)).delete()
