"""What voice servers report: that they live, who is in which room, what happened there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.events import publish
from parvis.portal.live_rooms import permissions, rules, tickets
from parvis.portal.live_rooms.events import RoomOpened, SeatJoined
from parvis.portal.live_rooms.models import Happening, LiveRoom, Seat, Stay, VoiceServer
from parvis.portal.live_rooms.services import rooms, speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event of a voice server, understood."""

    id: uuid.UUID
    kind: str
    at: datetime
    entry: uuid.UUID
    """Whom it is about: a `Stay`."""
    by: uuid.UUID | None = None
    seconds: int = 0
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A voice server, as it describes itself."""

    name: str
    boot: uuid.UUID
    version: str = ""
    available: bool = False
    reason: str = ""
    phone: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who must go and why (`sent_away`, `room_closed`, `signed_out`, `withdrawn`), and the rooms they are in."""

    end: dict[uuid.UUID, str]
    rooms: list[LiveRoom]


def heartbeat(*, server: Server, entries: Sequence[uuid.UUID], now: datetime) -> Verdict:
    """Take note of who is there; the answer is what must end. The number of queries does not depend on how many."""
    _note_server(server, now)
    Stay.objects.filter(pk__in=entries, left_at__isnull=True).update(seen_at=now)
    stays = {stay.pk: stay for stay in Stay.objects.select_related("seat__room", "seat__user").filter(pk__in=entries)}
    signed = tickets.alive([stay.seat.sign_in for stay in stays.values() if stay.seat.sign_in], now)
    found = {stay.seat.room_id: stay.seat.room for stay in stays.values()}
    end = {entry: why for entry in entries if (why := _why_out(stays.get(entry), signed, now))}
    return Verdict(end, list(found.values()))


def _note_server(server: Server, now: datetime) -> None:
    before = VoiceServer.objects.filter(name=server.name).values_list("boot", flat=True).first()
    values = {
        "boot": server.boot,
        "version": server.version,
        "available": server.available,
        "reason": server.reason,
        "phone": server.phone,
        "seen_at": now,
    }
    with transaction.atomic():
        VoiceServer.objects.update_or_create(name=server.name, defaults=values)
        if before != server.boot:
            data = {"voice": server.name, "version": server.version}
            audit.record(actor=None, action="live_rooms.voice_started", now=now, data=data)


def _why_out(stay: Stay | None, signed: set[str], now: datetime) -> str:
    if stay is None:
        return "withdrawn"
    seat, room = stay.seat, stay.seat.room
    if room.closed_at is not None or now >= rules.closes_at(room.ends_at):
        return "room_closed"
    if seat.is_banned:
        return "sent_away"
    if seat.user is not None and (not seat.user.is_active or (seat.sign_in and seat.sign_in not in signed)):
        return "signed_out"
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
    stays = Stay.objects.select_related("seat__room", "seat__user")
    stay = stays.filter(pk=told.entry).first()
    if stay is None or told.kind not in _WRITERS:
        return
    by = stays.filter(pk=told.by).first() if told.by is not None else None
    if told.kind in _OF_HOSTS:
        of_this_room = by is not None and by.seat.room_id == stay.seat.room_id
        if by is None or not of_this_room or not permissions.can_host(by.seat):
            return
    _WRITERS[told.kind](told, stay, by.seat.user if by is not None else None, min(told.at, now))


def _joined(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    seat, room = stay.seat, stay.seat.room
    if seat.is_public:
        return
    Stay.objects.filter(pk=stay.pk, joined_at__isnull=True).update(joined_at=at, seen_at=at)
    Seat.objects.filter(pk=seat.pk, first_joined_at__isnull=True).update(first_joined_at=at)
    if LiveRoom.objects.filter(pk=room.pk, opened_at__isnull=True).update(opened_at=at):
        publish(RoomOpened(room_id=room.pk, at=at))
    publish(SeatJoined(room_id=room.pk, seat_id=seat.pk, user_id=seat.user_id, at=at))


def _left(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    _end_stay(stay, at, told.seconds)


def _end_stay(stay: Stay, at: datetime, seconds: int | None = None) -> bool:
    """Once; a voice server cannot count more time than has passed."""
    if not Stay.objects.filter(pk=stay.pk, left_at__isnull=True).update(left_at=at):
        return False
    if stay.joined_at is not None:
        passed = max(0, round((at - stay.joined_at).total_seconds()))
        counted = passed if seconds is None else min(seconds, passed + 1)
        Seat.objects.filter(pk=stay.seat_id).update(seconds=F("seconds") + counted, last_left_at=at)
    return True


def end_lost_stays(*, now: datetime) -> int:
    """Close the stays no heartbeat has named for a while: their voice server has died, or their events; how many."""
    lost = Stay.objects.filter(left_at__isnull=True, seen_at__lt=now - rules.GONE_AFTER).order_by("seen_at")
    ended = 0
    for stay in lost[:500]:
        with transaction.atomic():
            ended += _end_stay(stay, stay.seen_at)
    return ended


def _sent_away(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    if stay.seat.is_public or told.by == told.entry:
        return
    if Seat.objects.filter(pk=stay.seat_id, is_banned=False).update(is_banned=True):
        audit.record(actor=actor, action="live_rooms.sent_away", target=stay.seat.room, now=at)


def _role(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    if stay.seat.is_public or told.role not in Seat.Role.values:
        return
    if Seat.objects.filter(pk=stay.seat_id).exclude(role=told.role).update(role=told.role):
        data = {"role": told.role}
        audit.record(actor=actor, action="live_rooms.role_changed", target=stay.seat.room, now=at, data=data)


def _locked(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    LiveRoom.objects.filter(pk=stay.seat.room_id).update(is_locked=told.kind == "locked")


def _ended(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    rooms.close_room(room=stay.seat.room, now=at, actor=actor, reason="ended_by_host")


def _is_sitting(stay: Stay) -> bool:
    return stay.seat.room.mode == LiveRoom.Mode.SITTING


def _raised(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    if _is_sitting(stay):
        speaking.ask(seat=stay.seat, now=at)


def _lowered(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    speaking.withdraw(seat=stay.seat, now=at)


def _given(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    if _is_sitting(stay):
        speaking.give(seat=stay.seat, now=at)


def _floor_ended(told: Told, stay: Stay, actor: User | None, at: datetime) -> None:
    speaking.end(room=stay.seat.room, now=at)


_OF_HOSTS = frozenset({"sent_away", "role", "locked", "unlocked", "ended", "floor_given"})
"""What only a host may have done: a voice server that says otherwise is not believed."""
_WRITERS: dict[str, Callable[[Told, Stay, User | None, datetime], None]] = {
    "joined": _joined,
    "left": _left,
    "sent_away": _sent_away,
    "role": _role,
    "locked": _locked,
    "unlocked": _locked,
    "ended": _ended,
    "hand_raised": _raised,
    "hand_lowered": _lowered,
    "floor_given": _given,
    "floor_ended": _floor_ended,
}


def sweep(*, now: datetime) -> None:
    """The periodic work of this room."""
    end_lost_stays(now=now)
    rooms.close_overdue(now=now)
    rooms.forget_passages(now=now)
    VoiceServer.objects.filter(seen_at__lt=now - timedelta(days=7)).delete()
