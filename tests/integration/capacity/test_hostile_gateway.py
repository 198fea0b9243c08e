"""A gateway that says absurd things: its figures stay within what a machine can do, and stop nobody else's."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.capacity import costs, sampling
from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop.gateway_schemas import MAX_CONNECTIONS
from parvis.portal.remote_desktop.models import Gateway
from tests.integration.authority import make_entity, make_member
from tests.integration.capacity.conftest import NOW, beat, make_gateway
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MOST = 2**63 - 1


def absurd(gateway: Gateway, minute: int) -> None:
    figures = {uuid.UUID(int=number): (MOST, MOST) for number in range(1, 5)} if minute else {}
    beat(gateway, NOW + minute * MINUTE, sessions=MOST, cpu=minute * 5e307, lag=1e308, figures=figures)


def look(minute: int) -> int:
    return sampling.sample(now=NOW + minute * MINUTE)


def test_its_figures_stay_what_a_machine_can_do() -> None:
    gateway = make_gateway()
    for minute in range(4):
        absurd(gateway, minute)
        assert look(minute) == 1
    row = Sample.objects.get()
    assert row.sessions_most == MAX_CONNECTIONS
    assert row.sessions_sum == 3 * MAX_CONNECTIONS
    assert 0 < row.cpu_seconds <= 3 * 60 * sampling.MOST_CORES
    assert row.lag_most_ms <= 60_000
    assert row.bytes_down <= 3 * 60 * sampling.MOST_BYTES_A_SECOND
    assert costs.measured(NOW) is not None


def test_the_others_are_sampled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    mad, sane = make_gateway("a-folle", 1), make_gateway("b-saine", 2)
    real = sampling._add

    def breaks(gateway: Gateway, *rest: object) -> bool:
        if gateway == mad:
            raise OverflowError("out of range")
        return real(gateway, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sampling, "_add", breaks)
    for minute in range(2):
        for each in (mad, sane):
            beat(each, NOW + minute * MINUTE, sessions=3, cpu=float(minute))
        assert look(minute) == 1
    assert Sample.objects.get().gateway == sane


def test_a_new_process_every_minute_uses_no_more_than_its_minute() -> None:
    gateway = make_gateway()
    for minute in range(3):
        Gateway.objects.filter(pk=gateway.pk).update(boot=uuid.UUID(int=100 + minute))
        beat(gateway, NOW + minute * MINUTE, sessions=1, cpu=1e9)
        look(minute)
    assert Sample.objects.get().cpu_seconds <= 2 * 60 * sampling.MOST_CORES


def test_its_page_is_still_there() -> None:
    gateway = make_gateway()
    for minute in range(2):
        absurd(gateway, minute)
        look(minute)
    beat(gateway, NOW, sessions=MOST, lag=1e308)
    browser: Client = browser_of(make_member(make_entity(kind="commune"), "technician"))
    for address in (
        reverse("capacity:overview"), reverse("capacity:gateway", args=[gateway.pk]), reverse("capacity:samples"),
    ):  # fmt: skip
        assert browser.get(address).status_code == 200
