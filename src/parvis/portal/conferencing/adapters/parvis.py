"""Parvis's own rooms: no other machine is asked, so nothing is lost on the way."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from parvis.portal.conferencing.adapters.base import Opened, Person, Wanted
from parvis.portal.conferencing.errors import Gone, Refused, Unanswered
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.live_rooms import health
from parvis.portal.live_rooms.models import LiveRoom
from parvis.portal.live_rooms.services import rooms


class Parvis:
    """`external_id` is the room's key. Seats are the business of who invites (`rooms.take_seat`)."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def open(self, wanted: Wanted) -> Opened:
        """A room with a PIN of its own; the voice server makes it when the first person comes.

        One that is silent just now is no reason to refuse a meeting of next week.
        """
        _require_voice(health.current(clock.now()))
        entity = Entity.objects.get(pk=wanted.entity_id or self.provider.entity_id)
        room = rooms.open_room(
            entity=entity, title=wanted.title, starts_at=wanted.starts_at, ends_at=wanted.ends_at, mode=wanted.mode,
            has_lobby=wanted.lobby, for_public=wanted.mode == LiveRoom.Mode.SITTING, now=clock.now(),
        )  # fmt: skip
        return _opened(room)

    def change(self, external_id: str, wanted: Wanted) -> Opened:
        """The same room and PIN."""
        room = rooms.change_room(
            room=_room(external_id), title=wanted.title, starts_at=wanted.starts_at, ends_at=wanted.ends_at,
            has_lobby=wanted.lobby, now=clock.now(),
        )  # fmt: skip
        return _opened(room)

    def close(self, external_id: str) -> None:
        """Whoever is inside is put out."""
        try:
            rooms.close_room(room=_room(external_id), now=clock.now())
        except Gone:
            return

    def link_for(self, opened: Opened, person: Person, wanted: Wanted) -> str:
        """The room's page: it asks people to sign in. Guests from outside have an address of their own."""
        return reverse("live_rooms:room", args=[opened.external_id])

    def check(self) -> None:
        """What the voice servers said last."""
        found = health.current(clock.now())
        _require_voice(found)
        if not found.available:
            raise Unanswered("voice", found.reason)


def _require_voice(found: health.Health) -> None:
    if found.reason in ("no_server", "janus_missing"):
        raise Refused("no_voice", found.reason)


def _room(key: str) -> LiveRoom:
    room = LiveRoom.objects.filter(key=key).first()
    if room is None:
        raise Gone(key)
    return room


def _opened(room: LiveRoom) -> Opened:
    number = settings.PARVIS.voice_phone_number
    return Opened(external_id=room.key, phone_number=number, pin=room.pin if number else "")
