"""The voice servers' door: tickets, PINs, heartbeats, events; and what a hostile one gets."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts import sign_ins
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import ParvisError, TooMany
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.live_rooms import health, tickets
from parvis.portal.live_rooms.events import RoomOpened, SeatJoined
from parvis.portal.live_rooms.models import Happening, LiveRoom, Seat, Speech, Stay, Ticket
from parvis.portal.live_rooms.services import presence, rooms
from tests.integration.live_rooms.meeting import Scene, happen, make_scene, tell, voice
from tests.integration.loans.test_races import together
from tests.integration.signing_in import browser_of

ADDRESS = "192.0.2.7"


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def redeem(ticket: str) -> Any:
    return voice("redeem", {"ticket": ticket, "client_address": ADDRESS, "at": clock.now().isoformat()})


@pytest.mark.parametrize("path", ["hello", "redeem", "pin", "heartbeat", "events"])
def test_the_door_is_for_voice_servers_only(db: None, path: str) -> None:
    assert voice(path, {}, **{"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    assert voice(path, {}, authorization="Bearer wrong").status_code == 401
    assert voice(path, {}, authorization="").status_code == 401
    assert voice(path, {}, authorization=f"Bearer {settings.KEYS.gateway}").status_code == 401
    assert Client().get(f"/internal/voice/v1/{path}").status_code == 405
    answer = Client(headers={"authorization": f"Bearer {settings.KEYS.voice}"}).post(
        f"/internal/voice/v1/{path}", b"[" * 3000, content_type="application/json"
    )
    assert answer.status_code == 422
    assert voice(path, {"voice": "../x"}).status_code == 422


def test_a_ticket_opens_the_door_once(scene: Scene) -> None:
    ticket = tickets.issue(scene.seat, clock.now())
    answer = redeem(ticket)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["seat"] == {
        "id": str(scene.seat.pk), "name": "Yann Kerbrat", "role": "speaker", "waits": True, "public": False
    }  # fmt: skip
    assert body["room"]["key"] == scene.room.key
    assert "pin" not in body["room"]
    again = redeem(ticket)
    assert (again.status_code, again.json()["code"]) == (409, "ticket_used")
    assert (redeem("parvisroom1.x.y").status_code, redeem(ticket + "x").json()["code"]) == (403, "ticket_refused")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_one_ticket_at_once_one_comes_in() -> None:
    scene = make_scene()
    ticket, now = tickets.issue(scene.seat, clock.now()), clock.now()
    answers = together(*(lambda: tickets.redeem(ticket=ticket, now=now) for _each in range(8)))
    came_in = [each for each in answers if isinstance(each, Seat)]
    refused = [each.code for each in answers if isinstance(each, ParvisError)]
    assert (len(came_in), refused) == (1, ["ticket_used"] * 7)


@pytest.mark.django_db(transaction=True)
def test_looking_at_the_ticket_before_would_let_all_of_them_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without the conditional UPDATE: both look, both see it unused, both come in."""
    scene, both = make_scene(), threading.Barrier(2)
    ticket, now = tickets.issue(scene.seat, clock.now()), clock.now()

    def look_then_write(jti: uuid.UUID, seat_id: int, at: object) -> bool:
        unused = Ticket.objects.filter(pk=jti, used_at__isnull=True).exists()
        both.wait(timeout=20)
        Ticket.objects.filter(pk=jti).update(used_at=at)
        return unused

    monkeypatch.setattr(tickets, "use_up", look_then_write)
    answers = together(*(lambda: tickets.redeem(ticket=ticket, now=now) for _each in range(2)))
    assert all(isinstance(each, Seat) for each in answers), answers


def test_what_changed_since_the_ticket_was_given_counts(scene: Scene) -> None:
    now = clock.now()
    banned, closed = tickets.issue(scene.seat, now), tickets.issue(scene.guest, now)
    Seat.objects.filter(pk=scene.seat.pk).update(is_banned=True)
    assert redeem(banned).json()["code"] == "sent_away"
    ended = tickets.issue(scene.host, now, sign_in="999999")
    assert redeem(ended).json()["code"] == "access_revoked"
    rooms.close_room(room=scene.room, now=now)
    assert redeem(closed).json()["code"] == "room_closed"


def test_an_old_ticket_is_refused(scene: Scene) -> None:
    ticket = tickets.issue(scene.seat, clock.now() - timedelta(seconds=61))
    assert redeem(ticket).json()["code"] == "ticket_refused"


def test_a_caller_with_the_right_pin_comes_in_under_two_digits(scene: Scene) -> None:
    answer = voice("pin", {"pin": scene.room.pin, "caller": "+33612345678", "called": "", "at": ""})
    assert answer.status_code == 200, answer.content
    assert answer.json()["seat"]["name"] == "Téléphone … 78"
    seat = Seat.objects.get(pk=answer.json()["seat"]["id"])
    assert seat.by_phone
    assert "345" not in seat.name


def test_who_was_sent_away_does_not_walk_in_by_telephone(db: None) -> None:
    scene = make_scene(has_lobby=False)
    call = {"pin": scene.room.pin, "caller": "+33612345678"}
    first = voice("pin", call).json()["seat"]
    assert not first["waits"]
    tell(happen(scene.room, "kicked", seat=first["id"], by=str(scene.host.pk)))
    assert voice("pin", call).json()["seat"]["waits"]
    assert voice("pin", call | {"caller": ""}).json()["seat"]["waits"]


def test_tickets_without_end_do_not_fill_the_trail(scene: Scene) -> None:
    for _each in range(15):
        assert redeem("parvisroom1.x.y").status_code == 403
    assert AuditRecord.objects.filter(action="live_rooms.ticket_refused").count() == 10


@pytest.mark.parametrize("what", ["wrong", "early", "closed", "locked"])
def test_every_pin_that_opens_nothing_is_answered_alike(scene: Scene, what: str) -> None:
    room, now = scene.room, clock.now()
    changes: dict[str, dict[str, Any]] = {
        "wrong": {"pin": "000000"},
        "early": {"starts_at": now + timedelta(hours=2), "ends_at": now + timedelta(hours=3)},
        "closed": {"closed_at": now},
        "locked": {"is_locked": True},
    }
    pin = room.pin
    LiveRoom.objects.filter(pk=room.pk).update(**changes[what])
    answer = voice("pin", {"pin": pin, "caller": ""})
    assert (answer.status_code, answer.json()["code"]) == (403, "pin_refused")
    assert pin not in answer.content.decode()


def test_who_tries_pins_is_stopped_even_with_the_right_one(scene: Scene) -> None:
    for number in range(10):
        assert voice("pin", {"pin": f"00000{number}", "caller": "+33600000001"}).status_code == 403
    assert voice("pin", {"pin": scene.room.pin, "caller": "+33600000001"}).status_code == 403
    assert voice("pin", {"pin": scene.room.pin, "caller": "+33600000002"}).status_code == 200
    assert not AuditRecord.objects.filter(action="live_rooms.pin_refused", data__icontains="00000").exists()


def test_who_calls_too_early_tries_no_pins_out(scene: Scene) -> None:
    now, pin = clock.now(), scene.room.pin
    coming = {"starts_at": now + timedelta(minutes=40), "ends_at": now + timedelta(hours=2)}
    LiveRoom.objects.filter(pk=scene.room.pk).update(**coming)
    for _each in range(12):
        answer = voice("pin", {"pin": pin, "caller": "+33600000001"})
        assert (answer.status_code, answer.json()["detail"]) == (403, "not_now")
    LiveRoom.objects.filter(pk=scene.room.pk).update(starts_at=now)
    assert voice("pin", {"pin": pin, "caller": "+33600000001"}).status_code == 200
    far = {"starts_at": now + timedelta(days=3), "ends_at": now + timedelta(days=3, hours=1)}
    LiveRoom.objects.filter(pk=scene.room.pk).update(**far)
    assert voice("pin", {"pin": pin, "caller": "+33600000001"}).json()["detail"] != "not_now"


def stay_of(scene: Scene, seat: Seat, minutes: int = 0) -> str:
    stay = str(uuid.uuid4())
    tell(happen(scene.room, "joined", stay=stay, seat=str(seat.pk), at=clock.now() - timedelta(minutes=minutes)))
    return stay


def test_attendance_is_counted_once_however_often_it_is_told(scene: Scene) -> None:
    stay, now = str(uuid.uuid4()), clock.now()
    came = happen(scene.room, "joined", stay=stay, seat=str(scene.seat.pk), via="browser", at=now - timedelta(hours=1))
    left = happen(scene.room, "left", stay=stay, seat=str(scene.seat.pk), seconds=600, reason="left", at=now)
    with recorded(SeatJoined) as joined, recorded(RoomOpened) as opened:
        assert tell(came, left) == [came["id"], left["id"]]
        assert tell(came, left, {**left, "id": str(uuid.uuid4())})
    assert [each.user_id for each in joined] == [scene.invited.pk]
    assert len(opened) == 1
    seat = Seat.objects.get(pk=scene.seat.pk)
    assert seat.seconds == 600
    assert seat.first_joined_at is not None


def test_a_voice_server_cannot_count_more_time_than_has_passed(scene: Scene) -> None:
    stay = stay_of(scene, scene.seat, minutes=1)
    tell(happen(scene.room, "left", stay=stay, seat=str(scene.seat.pk), seconds=90000.5))
    assert Seat.objects.get(pk=scene.seat.pk).seconds <= 62


def test_only_hosts_did_what_hosts_do(scene: Scene) -> None:
    speaker, host, guest = (str(each.pk) for each in (scene.seat, scene.host, scene.guest))
    tell(
        happen(scene.room, "kicked", seat=guest, by=speaker),
        happen(scene.room, "role", seat=speaker, role="host", by=speaker),
        happen(scene.room, "ended", by=None),
        happen(scene.room, "kicked", seat=host, by=host),
    )
    assert not Seat.objects.filter(is_banned=True).exists()
    assert Seat.objects.get(pk=scene.seat.pk).role == "speaker"
    scene.room.refresh_from_db()
    assert scene.room.closed_at is None
    tell(
        happen(scene.room, "role", seat=speaker, role="host", by=host),
        happen(scene.room, "kicked", seat=guest, by=speaker),
        happen(scene.room, "locked", on=True, by=host),
        happen(scene.room, "ended", by=host),
    )
    scene.room.refresh_from_db()
    assert (scene.room.is_locked, scene.room.closed_at is not None) == (True, True)
    assert Seat.objects.get(pk=scene.guest.pk).is_banned


def test_a_host_of_one_room_does_nothing_in_another(scene: Scene) -> None:
    other = make_scene()
    tell(happen(scene.room, "kicked", seat=str(other.seat.pk), by=str(scene.host.pk)))
    tell(happen(other.room, "ended", by=str(scene.host.pk)))
    assert not Seat.objects.filter(is_banned=True).exists()
    other.room.refresh_from_db()
    assert other.room.closed_at is None


def test_events_that_make_no_sense_are_acknowledged_and_change_nothing(scene: Scene) -> None:
    known = str(uuid.uuid4())
    odd: list[dict[str, Any]] = [
        {"id": known, "kind": "burned", "at": "x"},
        {"kind": "joined"},
        happen(scene.room, "joined", stay="no", seat="1"),
        {**happen(scene.room, "joined", stay=str(uuid.uuid4()), seat="99999999"), "room": "nowhere"},
        happen(scene.room, "left", stay=str(uuid.uuid4()), seat=str(scene.seat.pk), seconds=1),
    ]
    assert set(tell(*odd)) == {known, *(each["id"] for each in odd[2:])}
    assert not Stay.objects.exists()
    assert voice("events", {"events": [{}] * 501}).status_code == 422


def test_the_heartbeat_says_who_must_go(scene: Scene) -> None:
    browser = browser_of(scene.invited)
    browser.get("/")
    ticket = browser.post(f"/reunions/salle/{scene.room.key}/ticket", "{}", content_type="application/json").json()
    assert redeem(ticket["ticket"]).status_code == 200
    stays = {seat: stay_of(scene, seat) for seat in (scene.host, scene.seat, scene.guest)}
    assert beat(scene, stays)["end"] == []
    Seat.objects.filter(pk=scene.guest.pk).update(is_banned=True)
    for row in sign_ins.of_user(scene.invited, now=clock.now()):
        row.delete()
    assert {(each["stay"], each["reason"]) for each in beat(scene, stays)["end"]} == {
        (stays[scene.guest], "sent_away"),
        (stays[scene.seat], "access_revoked"),
    }
    rooms.close_room(room=scene.room, now=clock.now())
    assert beat(scene, stays)["close"] == [{"room": scene.room.key, "reason": "room_closed"}]


def beat(scene: Scene, stays: dict[Seat, str]) -> dict[str, Any]:
    people = [{"stay": stay, "seat": str(seat.pk), "via": "browser"} for seat, stay in stays.items()]
    answer = voice(
        "heartbeat",
        {"at": clock.now().isoformat(), "available": True, "reason": "", "phone": True, "load": {},
         "rooms": [{"room": scene.room.key, "people": people}]},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_heartbeat_costs_the_same_for_two_and_for_forty(scene: Scene, django_assert_max_num_queries: Any) -> None:
    seats = [rooms.phone_seat(room=scene.room, caller=str(number)) for number in range(40)]
    stays = {seat: str(uuid.uuid4()) for seat in seats}
    beat(scene, {})
    with django_assert_max_num_queries(12):
        beat(scene, stays)


def test_health_is_what_the_server_said_last(scene: Scene) -> None:
    now = clock.now()
    assert health.current(now).reason == "no_server"
    voice("hello", {"version": "1", "available": False, "reason": "janus_missing", "phone": False})
    assert health.current(clock.now()) == health.Health(False, "janus_missing")
    beat(scene, {})
    assert health.current(clock.now()) == health.Health(True, "", True)
    assert health.current(clock.now() + timedelta(minutes=2)).reason == "silent"


def test_stays_of_a_dead_server_end_when_it_was_last_heard(scene: Scene) -> None:
    stay = stay_of(scene, scene.seat, minutes=10)
    Stay.objects.filter(pk=stay).update(seen_at=clock.now() - timedelta(minutes=5))
    presence.sweep(now=clock.now())
    seat = Seat.objects.get(pk=scene.seat.pk)
    assert 290 <= seat.seconds <= 310
    assert Stay.objects.get(pk=stay).left_at is not None


def test_the_speaking_list_keeps_who_spoke_and_how_long(db: None) -> None:
    scene = make_scene(mode="sitting")
    host, one, two = (str(each.pk) for each in (scene.host, scene.seat, scene.guest))
    at = clock.now() - timedelta(minutes=10)
    tell(
        happen(scene.room, "floor_asked", seat=one, at=at),
        happen(scene.room, "floor_asked", seat=two, at=at),
        happen(scene.room, "floor_asked", seat=two, at=at),
        happen(scene.room, "floor_given", seat=one, by=one, at=at),
        happen(scene.room, "floor_given", seat=one, by=host, at=at + timedelta(minutes=1)),
        happen(scene.room, "floor_given", seat=two, by=host, at=at + timedelta(minutes=3)),
    )
    states = list(scene.room.speeches.values_list("seat__name", "state"))
    assert states == [("Yann Kerbrat", "done"), ("Prestataire", "speaking")]
    spoken = Speech.objects.get(seat=scene.seat)
    assert spoken.ended_at is not None
    assert spoken.began_at is not None
    assert spoken.ended_at - spoken.began_at == timedelta(minutes=2)
    rooms.close_room(room=scene.room, now=clock.now())
    assert not scene.room.speeches.filter(state__in=("waiting", "speaking")).exists()


def test_passages_are_forgotten(scene: Scene) -> None:
    tickets.issue(scene.seat, clock.now())
    stay = stay_of(scene, scene.seat)
    tell(happen(scene.room, "left", stay=stay, seat=str(scene.seat.pk), seconds=1))
    rooms.forget_passages(now=clock.now() + timedelta(days=9))
    assert not Ticket.objects.exists()
    assert not Stay.objects.exists()
    assert not Happening.objects.exists()


def test_a_hand_raised_in_a_meeting_is_kept_nowhere(scene: Scene) -> None:
    tell(happen(scene.room, "floor_asked", seat=str(scene.seat.pk)))
    assert not Speech.objects.exists()


def test_the_public_hears_is_counted_and_limited(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene(mode="sitting", for_public=True)
    seat = rooms.public_seat(scene.room)
    assert rooms.public_seat(scene.room) == seat
    monkeypatch.setattr("parvis.portal.live_rooms.rules.MAX_PUBLIC", 2)
    granted = redeem(tickets.issue(seat, clock.now())).json()["seat"]
    assert (granted["public"], granted["role"], granted["waits"]) == (True, "listener", False)
    people = [{"stay": str(uuid.uuid4()), "seat": str(seat.pk), "via": "browser"} for _each in range(2)]
    state = {"available": True, "reason": "", "phone": True}
    voice("heartbeat", {"rooms": [{"room": scene.room.key, "people": people}], **state})
    with pytest.raises(TooMany):
        tickets.issue(seat, clock.now())
    tell(happen(scene.room, "joined", seat=str(seat.pk), stay=people[0]["stay"]))
    assert Seat.objects.get(pk=seat.pk).first_joined_at is None


def test_a_meeting_that_was_prolonged_ends_later(scene: Scene) -> None:
    later = scene.room.ends_at + timedelta(hours=1)
    rooms.change_room(room=scene.room, ends_at=later, now=clock.now())
    assert beat(scene, {})["rooms"][0]["ends_at"] == (later + timedelta(minutes=30)).isoformat()
