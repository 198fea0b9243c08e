"""The room's pages, as each person sees them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from parvis.portal.config.env import parse
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.live_rooms.models import LiveRoom, Seat, Speech
from parvis.portal.live_rooms.services import rooms, speaking
from tests.integration.live_rooms.meeting import Scene, come_in, make_scene, voice
from tests.integration.signing_in import browser_of


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def scene(db: None) -> Scene:
    made = make_scene(for_public=True)
    voice("heartbeat", {"rooms": [], "available": True, "reason": "", "phone": True})
    return made


@pytest.fixture
def phone_in(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PARVIS_MODE": "development", "PARVIS_VOICE_PHONE_NUMBER": "+33298001234"}
    monkeypatch.setattr(settings, "PARVIS", parse(given))


def room_page(scene: Scene) -> str:
    return f"/reunions/salle/{scene.room.key}/"


def config_of(content: bytes) -> dict[str, Any]:
    text = content.decode().partition('id="room-config" type="application/json">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    return found


def ask_ticket(client: Client, path: str, body: object = None) -> Any:
    return client.post(f"{path}ticket", json.dumps(body or {}), content_type="application/json")


def test_the_invited_see_number_and_code_large_enough_to_dial(scene: Scene, phone_in: None) -> None:
    content = browser_of(scene.invited).get(room_page(scene)).content.decode()
    assert f'href="tel:+33298001234,,{scene.room.pin}#"' in content
    assert f"{scene.room.pin[:3]} {scene.room.pin[3:]}" in content
    assert content.index('class="room-dial"') < content.index('id="room"')
    assert config_of(content.encode())["name"] == "Yann Kerbrat"


def test_without_phone_in_no_number_is_shown(scene: Scene) -> None:
    assert scene.room.pin not in browser_of(scene.invited).get(room_page(scene)).content.decode()


def test_who_was_not_invited_is_not_given_the_code_that_lets_in(scene: Scene, phone_in: None) -> None:
    colleague = browser_of(scene.colleague)
    for _each in range(2):  # before they have a seat, and with it
        assert "tel:+33298001234" not in colleague.get(room_page(scene)).content.decode()
        assert ask_ticket(colleague, room_page(scene)).status_code == 200


def test_a_colleague_may_ask_and_waits_a_stranger_finds_nothing(scene: Scene) -> None:
    colleague = browser_of(scene.colleague)
    assert colleague.get(room_page(scene)).status_code == 200
    assert not Seat.objects.filter(user=scene.colleague).exists()  # looking is not coming
    assert ask_ticket(colleague, room_page(scene)).status_code == 200
    assert not Seat.objects.get(user=scene.colleague).is_invited
    for stranger in (browser_of(scene.stranger),):
        assert stranger.get(room_page(scene)).status_code == 404
        assert ask_ticket(stranger, room_page(scene)).status_code == 404
    assert Client().get(room_page(scene)).status_code == 302


def test_a_room_for_the_invited_only(scene: Scene) -> None:
    rooms.change_room(room=scene.room, is_open_inside=False, now=clock.now())
    assert browser_of(scene.colleague).get(room_page(scene)).status_code == 404
    assert ask_ticket(browser_of(scene.colleague), room_page(scene)).status_code == 404
    assert browser_of(scene.invited).get(room_page(scene)).status_code == 200


def test_a_guest_comes_by_their_address_without_an_account(scene: Scene) -> None:
    path, client = f"/reunions/salle/invite/{scene.guest.key}/", Client()
    page = client.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert "Yann" not in page.content.decode()
    assert config_of(page.content)["asks_name"] is True
    answer = ask_ticket(client, path, {"name": "  Ana   Diaz "})
    assert answer.status_code == 200
    assert set(answer.json()) == {"ticket"}
    assert Seat.objects.get(pk=scene.guest.pk).name == "Ana Diaz"


@pytest.mark.parametrize("name", ["x" * 121, "a\u202eb", "a\x00b", 3, ["x"]])
def test_a_name_is_a_name(scene: Scene, name: object) -> None:
    assert ask_ticket(Client(), f"/reunions/salle/invite/{scene.guest.key}/", {"name": name}).status_code == 422
    assert Seat.objects.get(pk=scene.guest.pk).name == "Prestataire"


def test_markup_in_a_name_or_a_title_is_only_text(scene: Scene) -> None:
    LiveRoom.objects.filter(pk=scene.room.pk).update(title="</script><script>alert(1)</script>")
    ask_ticket(Client(), f"/reunions/salle/invite/{scene.guest.key}/", {"name": "<img src=x>"})
    come_in(scene.guest)
    for page in (room_page(scene), f"{room_page(scene)}animer/"):
        content = browser_of(scene.organiser).get(page).content.decode()
        assert "<script>alert" not in content
        assert "<img src=x>" not in content


def test_an_account_is_not_renamed_by_its_page(scene: Scene) -> None:
    assert ask_ticket(browser_of(scene.invited), room_page(scene), {"name": "Le maire"}).status_code == 200
    assert Seat.objects.get(pk=scene.seat.pk).name == "Yann Kerbrat"


def test_wrong_addresses_say_nothing_and_are_soon_refused(scene: Scene) -> None:
    client = Client()
    for number in range(30):
        kind = "invite" if number % 2 else "public"
        assert client.get(f"/reunions/salle/{kind}/{'x' * 30}{number}/").status_code == 404
    assert client.get(f"/reunions/salle/invite/{'x' * 31}/").status_code == 429
    assert client.get(f"/reunions/salle/invite/{scene.guest.key}/").status_code == 429


def test_the_public_listens_and_learns_nobodys_name(scene: Scene, phone_in: None) -> None:
    path, client = f"/reunions/salle/public/{scene.room.public_key}/", Client()
    come_in(scene.seat)
    content = client.get(path).content.decode()
    assert "Yann" not in content
    assert scene.room.pin not in content
    assert scene.room.key not in content
    assert config_of(content.encode())["is_public"] is True
    assert ask_ticket(client, path).status_code == 200
    rooms.open_to_public(room=scene.room, is_open=False, now=clock.now())
    assert client.get(path).status_code == 404
    assert ask_ticket(client, path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"starts_at": timedelta(hours=1), "ends_at": timedelta(hours=2)}, "not_open_yet"),
        ({"starts_at": timedelta(hours=-3), "ends_at": timedelta(hours=-1)}, "room_closed"),
        ({"is_locked": True}, "room_locked"),
    ],
)
def test_why_one_cannot_come_in_is_said(scene: Scene, changes: dict[str, Any], code: str) -> None:
    now = clock.now()
    values = {name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    LiveRoom.objects.filter(pk=scene.room.pk).update(**values)
    client = browser_of(scene.invited)
    answer = ask_ticket(client, room_page(scene))
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert client.get(room_page(scene)).status_code == 200


def test_who_was_sent_away_is_told_so_and_gets_no_ticket(scene: Scene) -> None:
    Seat.objects.filter(pk=scene.seat.pk).update(is_banned=True)
    client = browser_of(scene.invited)
    assert "Un animateur vous a fait sortir" in client.get(room_page(scene)).content.decode()
    assert ask_ticket(client, room_page(scene)).json()["code"] == "sent_away"


def test_when_no_voice_server_answers_the_page_says_what_to_do(scene: Scene, phone_in: None) -> None:
    voice("heartbeat", {"rooms": [], "available": False, "reason": "janus_down", "phone": False})
    content = browser_of(scene.invited).get(room_page(scene)).content.decode()
    assert "La salle ne peut pas s’ouvrir dans le navigateur" in content
    assert 'id="room-config"' not in content


def test_tickets_are_not_handed_out_by_the_hundred(scene: Scene) -> None:
    client = browser_of(scene.invited)
    answers = [ask_ticket(client, room_page(scene)).status_code for _each in range(31)]
    assert answers == [200] * 30 + [429]


def test_a_ticket_wants_the_pages_own_token(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    path = f"/reunions/salle/invite/{scene.guest.key}/"
    assert ask_ticket(client, path).status_code == 403
    given = config_of(client.get(path).content)["csrf"]
    answer = client.post(f"{path}ticket", "{}", content_type="application/json", headers={"X-CSRFToken": given})
    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["/reunions/salle/essai/", "/reunions/salle/aide/"])
def test_the_self_test_and_the_help_are_for_everybody(db: None, page: str) -> None:
    assert Client().get(page).status_code == 200


def test_only_hosts_run_the_room(scene: Scene) -> None:
    for user in (scene.invited, scene.colleague):
        client = browser_of(user)
        for page in ("", "presents.csv", "orateurs.csv"):
            assert client.get(f"{room_page(scene)}animer/{page}").status_code == 403
        assert client.post(f"{room_page(scene)}animer/changer", {"setting": "end"}).status_code == 403
    assert browser_of(scene.stranger).get(f"{room_page(scene)}animer/").status_code == 404
    scene.room.refresh_from_db()
    assert scene.room.closed_at is None


def test_a_host_changes_the_room(scene: Scene) -> None:
    client, path = browser_of(scene.organiser), f"{room_page(scene)}animer/"

    def change(setting: str, value: str = "") -> None:
        assert client.post(f"{path}changer", {"setting": setting, "value": value}).status_code == 302
        scene.room.refresh_from_db()

    change("lobby", "off")
    change("inside", "off")
    change("public", "off")
    assert (scene.room.has_lobby, scene.room.is_open_inside, scene.room.public_key) == (False, False, "")
    change("public", "on")
    assert scene.room.public_key in client.get(path).content.decode()
    change("end")
    assert scene.room.closed_at is not None
    assert client.post(f"{path}changer", {"setting": "burn"}).status_code == 404
    assert client.get(path).status_code == 200
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"live_rooms.room_changed", "live_rooms.public_opened", "live_rooms.room_closed"} <= actions


def test_who_came_and_who_spoke_are_given_as_csv(scene: Scene) -> None:
    LiveRoom.objects.filter(pk=scene.room.pk).update(mode="sitting")
    Seat.objects.filter(pk=scene.guest.pk).update(name="=1+1")
    come_in(scene.guest)
    now = clock.now()
    speaking.give(seat=scene.guest, now=now - timedelta(seconds=200))
    scene.room.refresh_from_db()
    speaking.end(room=scene.room, now=now)
    client, path = browser_of(scene.organiser), f"{room_page(scene)}animer/"
    assert "'=1+1" in client.get(f"{path}presents.csv").content.decode()
    spoken = client.get(f"{path}orateurs.csv").content.decode()
    assert "'=1+1" in spoken
    assert ";200" in spoken
    assert Speech.objects.get().state == "done"
    assert "3\u202fmin\u202f20" in client.get(path).content.decode()


def test_the_pages_cost_the_same_however_many_came(scene: Scene, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        come_in(rooms.phone_seat(room=scene.room, caller=str(number)))
    client = browser_of(scene.organiser)
    client.get(room_page(scene))
    with django_assert_max_num_queries(25):
        client.get(room_page(scene))
    with django_assert_max_num_queries(25):
        client.get(f"{room_page(scene)}animer/")
