"""Reads of live rooms, from whoever asks: an agent, the bearer of a guest's or the public's address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel.errors import NotFound
from parvis.portal.live_rooms import rules
from parvis.portal.live_rooms.models import LiveRoom, Seat, Speech, Stay


def rooms_visible_to(user: User) -> QuerySet[LiveRoom]:
    """Rooms where they have a seat, and those of their authority open to its agents."""
    condition = Q(seats__user=user)
    agent = agent_of(user)
    if agent is not None:
        root = agent.entity.path.partition(".")[0] + "."
        condition |= Q(is_open_inside=True, entity__path__startswith=root)
    return LiveRoom.objects.filter(condition).distinct()


def room_for(user: User, key: str) -> tuple[LiveRoom, Seat | None]:
    """A room by the key in its address, and the user's seat in it, if they have one.

    Raises:
        NotFound: there is none they may come to.
    """
    room = rooms_visible_to(user).filter(key=key).first()
    if room is None:
        raise NotFound
    return room, room.seats.filter(user=user).first()


def seat_of_guest(secret: str) -> Seat:
    """The seat behind a guest's own address.

    Raises:
        NotFound: a wrong one, or one of a room long over.
    """
    seat = Seat.objects.select_related("room").filter(key=secret).first() if len(secret) >= 20 else None
    if seat is None:
        raise NotFound
    return seat


def room_of_public(secret: str) -> LiveRoom:
    """The room behind the address the public listens from.

    Raises:
        NotFound: a wrong one.
    """
    room = LiveRoom.objects.filter(public_key=secret).first() if len(secret) >= 20 else None
    if room is None:
        raise NotFound
    return room


def room_by_pin(pin: str, now: datetime) -> LiveRoom | None:
    """The room that is open at `now` under this PIN."""
    room = LiveRoom.objects.filter(pin=pin, closed_at__isnull=True).first()
    return room if room is not None and rules.is_open(room.starts_at, room.ends_at, None, now) else None


def is_pin_of_a_coming_room(pin: str, now: datetime) -> bool:
    """Whether this PIN opens a room, only not now: it is locked, or begins soon."""
    return LiveRoom.objects.filter(pin=pin, closed_at__isnull=True, starts_at__lte=now + rules.COMING).exists()


def inside(room: LiveRoom) -> QuerySet[Stay]:
    """The stays under way."""
    return Stay.objects.filter(seat__room=room, left_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn of the speaking list, as the page of a sitting shows it."""

    speech: Speech
    seconds: int | None

    @property
    def minutes(self) -> str:
        """`3 min 20`, as it is read; empty while they speak."""
        return "" if self.seconds is None else f"{self.seconds // 60}\u202fmin\u202f{self.seconds % 60:02d}"


def speaking_list(room: LiveRoom) -> list[Spoken]:
    """Who speaks, who waits, who has spoken: in the order of the list."""
    found = room.speeches.select_related("seat").exclude(state=Speech.State.WITHDRAWN)
    return [Spoken(each, _seconds(each)) for each in found]


def _seconds(speech: Speech) -> int | None:
    if speech.began_at is None or speech.ended_at is None:
        return None
    return max(0, round((speech.ended_at - speech.began_at).total_seconds()))


def attendance(room: LiveRoom) -> QuerySet[Seat]:
    """Who was there: for hosts. The public is not counted as people."""
    return room.seats.filter(first_joined_at__isnull=False, is_public=False).order_by("name", "pk")
