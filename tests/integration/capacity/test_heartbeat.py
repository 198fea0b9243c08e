"""The processor time of a gateway, from its process to the portal's hours."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from parvis.portal.capacity import sampling
from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop import live
from parvis.portal.remote_desktop.models import Gateway
from tests.integration.capacity.conftest import NOW
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import gateway_for, in_loop, until


def heartbeat(load: dict[str, object]) -> int:
    body = {
        "gateway": "gw-1", "boot": str(uuid.UUID(int=1)), "at": NOW.isoformat().replace("+00:00", "Z"),
        "connections": [], "load": load,
    }  # fmt: skip
    return (
        Client()
        .post(
            "/internal/gateway/v1/heartbeat",
            data=json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {settings.KEYS.gateway}"},
        )
        .status_code
    )


@pytest.mark.gateway
@in_loop
async def test_a_gateway_says_it(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path):
            await until(lambda: len(portal.heartbeats) >= 2)
    said = [beat["load"]["cpu_seconds"] for beat in portal.heartbeats]
    assert said[0] > 0
    assert said == sorted(said)


@pytest.mark.django_db
def test_it_arrives() -> None:
    assert heartbeat({"event_loop_lag_ms": 1.5, "connections": 0, "cpu_seconds": 12.5}) == 200
    pulse = live.pulse(Gateway.objects.get().pk)
    assert pulse is not None
    assert pulse.load.cpu_seconds == 12.5
    sampling.sample(now=NOW + timedelta(seconds=3))
    assert Sample.objects.get().lag_most_ms == 1.5


@pytest.mark.django_db
def test_a_gateway_too_old_to_say_it_is_understood() -> None:
    assert heartbeat({"event_loop_lag_ms": 1.5, "connections": 0}) == 200
    pulse = live.pulse(Gateway.objects.get().pk)
    assert pulse is not None
    assert pulse.load.cpu_seconds is None


@pytest.mark.parametrize("wrong", [-1, "12", True, float("nan"), float("inf")])
@pytest.mark.django_db
def test_impossible_times(wrong: object) -> None:
    assert heartbeat({"cpu_seconds": wrong}) == 422
