"""Two gateways with one name: the second is refused, the first one's sessions go on."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from parvis.portal.kernel import clock
from parvis.portal.remote_desktop import names
from parvis.portal.remote_desktop.models import Connection, Gateway
from tests.integration.remote_desktop.conftest import BOOT, NOW, Office, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
FIRST, SECOND = uuid.UUID(int=100), uuid.UUID(int=200)
OTHER_BOOT = uuid.UUID(int=2)


def call(name: str, *, boot: uuid.UUID = BOOT, instance: uuid.UUID | None = FIRST, **more: object) -> Any:
    body = {"gateway": "gw-1", "boot": str(boot), **more}
    if instance is not None:
        body["instance"] = str(instance)
    return Client().post(
        f"/internal/gateway/v1/{name}",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {settings.KEYS.gateway}"},
    )


def hello(**who: Any) -> Any:
    return call("hello", version="1", **who)


def beat(office: Office, *connections: Connection, **who: Any) -> Any:
    held = [{"connection": str(each.pk), "session": str(each.session_id), "up": 1, "down": 1} for each in connections]
    return call("heartbeat", at=clock.now().isoformat(), connections=held, **who)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    def move(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))

    return move


def test_the_second_is_refused_in_words_and_closes_nothing(office: Office, later: Any) -> None:
    assert hello().status_code == 200
    grant = office.open()
    later(4)
    assert beat(office, grant.connection).json() == {"end": []}
    later(6)
    for refused in (
        hello(boot=OTHER_BOOT, instance=SECOND),
        beat(office, boot=OTHER_BOOT, instance=SECOND),
        call(
            "redeem",
            boot=OTHER_BOOT,
            instance=SECOND,
            ticket="not even looked at",
            client_address="192.0.2.1",
            at=clock.now().isoformat(),
        ),
    ):
        assert refused.status_code == 409
        assert refused.json()["code"] == "gateway_name_taken"
        assert "PARVIS_GATEWAY_NAME" in refused.json()["detail"]
    assert Gateway.objects.get().boot == BOOT
    assert state(grant)[0] == "active"
    assert beat(office, grant.connection).json() == {"end": []}


def test_its_own_restart_is_never_held_up(office: Office, later: Any) -> None:
    assert hello().status_code == 200
    grant = office.open()
    later(1)
    assert hello(boot=OTHER_BOOT).status_code == 200
    assert Gateway.objects.get().boot == OTHER_BOOT
    assert state(grant)[0] == "interrupted"


def test_after_a_silence_the_name_is_free_and_the_first_is_told_when_it_returns(office: Office, later: Any) -> None:
    assert hello().status_code == 200
    later(names.HELD_SECONDS - 1)
    assert hello(boot=OTHER_BOOT, instance=SECOND).status_code == 409
    later(names.HELD_SECONDS + 1)
    assert hello(boot=OTHER_BOOT, instance=SECOND).status_code == 200
    assert beat(office).status_code == 409
    assert Gateway.objects.get().boot == OTHER_BOOT


def test_a_clock_put_back_by_hours_holds_no_name_for_hours(later: Any) -> None:
    later(7200)
    assert hello().status_code == 200
    later(0)
    assert hello(boot=OTHER_BOOT, instance=SECOND).status_code == 200


def test_a_gateway_too_old_to_say_who_it_is_is_believed() -> None:
    assert hello(instance=None).status_code == 200
    assert hello(boot=OTHER_BOOT, instance=None).status_code == 200
    assert hello(boot=OTHER_BOOT, instance=FIRST).status_code == 200


def test_what_it_had_to_tell_is_taken_all_the_same(office: Office) -> None:
    assert hello().status_code == 200
    grant = office.open()
    ended = {
        "id": str(uuid.uuid4()),
        "kind": "ended",
        "at": clock.now().isoformat(),
        "connection": str(grant.connection.pk),
        "session": str(grant.session.pk),
        "reason": "closed_by_user",
    }
    answer = call("events", boot=OTHER_BOOT, instance=SECOND, events=[ended])
    assert answer.json() == {"acknowledged": [ended["id"]]}
    assert state(grant) == ("ended", "closed_by_user")
