"""Rooms and seats; the PIN no two open rooms share, also when two are opened at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, Unavailable
from parvis.portal.kernel.events import recorded
from parvis.portal.live_rooms.events import RoomClosed
from parvis.portal.live_rooms.models import LiveRoom, Seat
from parvis.portal.live_rooms.services import rooms
from tests.integration.authority import make_entity
from tests.integration.live_rooms.meeting import guest_key, make_room, make_scene
from tests.integration.loans.test_races import together


@pytest.mark.django_db
def test_a_room_is_opened_changed_and_closed_once() -> None:
    room = make_room(make_entity())
    assert len(room.pin) == 6
    assert room.pin.isdigit()
    later = room.ends_at + timedelta(hours=1)
    changed = rooms.change_room(room=room, ends_at=later, title="Autre", now=clock.now())
    assert (changed.ends_at, changed.title, changed.key, changed.pin) == (later, "Autre", room.key, room.pin)
    with recorded(RoomClosed) as closed:
        assert rooms.close_room(room=room, now=clock.now())
        assert not rooms.close_room(room=room, now=clock.now())
    assert len(closed) == 1
    with pytest.raises(Conflict):
        rooms.change_room(room=room, title="Encore", now=clock.now())


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_a_room_has_a_sensible_time(minutes: int) -> None:
    with pytest.raises(Invalid):
        make_room(make_entity(), ends_at=clock.now() + timedelta(minutes=minutes))


@pytest.mark.django_db
def test_a_pin_is_given_again_only_when_its_room_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    entity = make_entity()
    drawn = iter(["111111", "111111", "222222", "111111"])
    monkeypatch.setattr(rooms, "_random_pin", lambda: next(drawn))
    first = make_room(entity)
    assert make_room(entity).pin == "222222"
    rooms.close_room(room=first, now=clock.now())
    assert make_room(entity).pin == "111111"


@pytest.mark.django_db
def test_when_no_pin_is_free_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    entity = make_entity()
    monkeypatch.setattr(rooms, "_random_pin", lambda: "111111")
    make_room(entity)
    with pytest.raises(Unavailable):
        make_room(entity)
    assert LiveRoom.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_rooms_opened_at_once_draw_the_same_pin_and_one_draws_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look, both see it free: looking first is no guard. The constraint refuses one, which draws again."""
    entity, both = make_entity(), threading.Barrier(2)
    saw_it_free: list[bool] = []
    drawn = threading.local()

    def same_first() -> str:
        if getattr(drawn, "before", False):
            return "222222"
        drawn.before = True
        if connection.vendor == "postgresql":  # SQLite lets one transaction write at a time: the other waits outside
            saw_it_free.append(not LiveRoom.objects.filter(pin="111111").exists())
            both.wait(timeout=20)
        return "111111"

    monkeypatch.setattr(rooms, "_random_pin", same_first)
    answers = together(lambda: make_room(entity), lambda: make_room(entity))
    assert not [each for each in answers if isinstance(each, Exception)], answers
    assert all(saw_it_free)
    assert sorted(LiveRoom.objects.values_list("pin", flat=True)) == ["111111", "222222"]


@pytest.mark.django_db(transaction=True)
def test_looking_before_writing_would_not_do() -> None:
    """Without the retry: both see the PIN free, one is stopped by the database alone."""
    entity, both = make_entity(), threading.Barrier(2)
    room = make_room(entity)

    def look_then_write(key: str) -> None:
        assert not LiveRoom.objects.filter(pin="333333").exists()
        both.wait(timeout=20)
        LiveRoom.objects.create(
            entity=entity, key=key, title="x", starts_at=room.starts_at, ends_at=room.ends_at, pin="333333"
        )

    answers = together(lambda: look_then_write("a"), lambda: look_then_write("b"))
    assert sorted(type(each).__name__ for each in answers) == ["IntegrityError", "NoneType"]


@pytest.mark.django_db
def test_a_seat_is_taken_once_and_who_was_sent_away_stays_away() -> None:
    scene, now = make_scene(), clock.now()
    again = rooms.take_seat(room=scene.room, user=scene.invited, name=" Yann  K ", role="host", now=now)
    assert (again.pk, again.name, again.role) == (scene.seat.pk, "Yann K", "host")
    Seat.objects.filter(pk=again.pk).update(is_banned=True)
    rooms.come_by_oneself(room=scene.room, user=scene.invited, name="Yann")
    rooms.take_seat(room=scene.room, user=scene.invited, name="Yann", now=now)
    assert Seat.objects.get(pk=again.pk).is_banned


@pytest.mark.django_db
def test_who_is_invited_again_may_come() -> None:
    scene, now = make_scene(), clock.now()
    Seat.objects.filter(pk=scene.seat.pk).update(first_joined_at=now)
    rooms.give_up_seat(room=scene.room, user=scene.invited, now=now)
    assert Seat.objects.get(pk=scene.seat.pk).is_banned
    rooms.take_seat(room=scene.room, user=scene.invited, name="Yann", now=now)
    assert not Seat.objects.get(pk=scene.seat.pk).is_banned


@pytest.mark.django_db
def test_a_seat_is_somebodys() -> None:
    scene, now = make_scene(), clock.now()
    for wrong in ({}, {"user": scene.invited, "key": guest_key()}, {"key": "short"}):
        with pytest.raises(Invalid):
            rooms.take_seat(room=scene.room, name="x", now=now, **wrong)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(room=make_room(scene.commune), key=scene.guest.key, name="x")


@pytest.mark.django_db
def test_who_is_no_longer_invited_has_no_seat_or_a_closed_one() -> None:
    scene, now = make_scene(), clock.now()
    rooms.give_up_seat(room=scene.room, key=scene.guest.key, now=now)
    assert not Seat.objects.filter(pk=scene.guest.pk).exists()
    Seat.objects.filter(pk=scene.seat.pk).update(first_joined_at=now)
    rooms.give_up_seat(room=scene.room, user=scene.invited, now=now)
    assert Seat.objects.get(pk=scene.seat.pk).is_banned
    assert not Seat.objects.get(pk=scene.host.pk).is_banned


@pytest.mark.django_db
def test_rooms_whose_time_is_over_are_closed() -> None:
    entity, now = make_entity(), clock.now()
    old = make_room(entity, starts_at=now - timedelta(hours=3), ends_at=now - timedelta(minutes=31))
    running_on = make_room(entity, starts_at=now - timedelta(hours=3), ends_at=now - timedelta(minutes=29))
    assert rooms.close_overdue(now=now) == 1
    old.refresh_from_db()
    running_on.refresh_from_db()
    assert old.closed_at == now
    assert running_on.closed_at is None
