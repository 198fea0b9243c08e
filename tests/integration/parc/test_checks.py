"""Reachability: real TCP sockets, how often a computer is probed, what the sweep takes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections
from django_tasks_db.models import DBTaskResult

from parvis.portal.kernel import clock
from parvis.portal.parc import network, queries, services, tasks
from parvis.portal.parc.models import Computer
from tests.integration.authority import make_agent, make_computer, make_entity, make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any loopback port may be reached, as the demo's may."""
    everywhere = ",".join(f"127.0.0.1:{port}" for port in range(1024, 65536))
    monkeypatch.setattr(settings, "PARVIS", replace(settings.PARVIS, loopback_targets=everywhere))


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def check(computer: Computer) -> Computer:
    tasks.check.call([computer.pk])
    computer.refresh_from_db()
    return computer


@pytest.mark.usefixtures("loopback")
def test_a_computer_that_answers_is_on(listener: socket.socket) -> None:
    computer = check(make_computer(make_entity(), address="localhost", probe_port=listener.getsockname()[1]))
    assert computer.reachability == Computer.Reachability.ON
    assert computer.last_seen_at == computer.checked_at
    assert computer.checked_at is not None


@pytest.mark.usefixtures("loopback")
def test_one_that_does_not_is_asleep_if_it_can_be_woken(listener: socket.socket) -> None:
    entity = make_entity()
    site = make_site(entity, wake_by="relay", wake_address="10.0.0.9")
    seen = clock.now() - timedelta(days=1)
    wakeable, other = (
        make_computer(
            entity, site=site, address="127.0.0.1", probe_port=closed_port(), mac_address=mac, last_seen_at=seen
        )
        for mac in ("02:00:00:00:00:01", "")
    )
    assert check(wakeable).reachability == Computer.Reachability.ASLEEP
    assert wakeable.last_seen_at == seen
    assert check(other).reachability == Computer.Reachability.UNREACHABLE


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "localhost", "169.254.169.254", "8.8.8.8", "", "no-such-host.invalid"]
)
def test_a_forbidden_or_unknown_address_is_not_touched(address: str, listener: socket.socket) -> None:
    computer = make_computer(
        make_entity(), address=address, probe_port=listener.getsockname()[1], last_seen_at=clock.now()
    )
    assert check(computer).reachability == Computer.Reachability.UNKNOWN
    listener.settimeout(0.05)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_in_the_demo_only_loopback_targets_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = replace(settings.PARVIS, mode="demo", loopback_targets="127.0.0.1:5901")
    monkeypatch.setattr(settings, "PARVIS", demo)
    probes = network.probe_all(
        [network.Target(1, "10.1.2.3", 3389), network.Target(2, "192.168.1.1", 3389)], seconds=0.2
    )
    assert [(probe.answered, "outside the allowed" in probe.problem) for probe in probes] == [(None, True)] * 2


def test_a_silent_address_costs_no_more_than_the_time_limit() -> None:
    # TEST-NET-1 (RFC 5737) is routed nowhere.
    allowed = replace(network.policy(), allowed=network.AddressPolicy.parse("192.0.2.0/24").allowed)
    import asyncio
    import time

    started = time.monotonic()
    found = asyncio.run(
        network.gather_probes([network.Target(n, f"192.0.2.{n}", 3389) for n in range(1, 33)], allowed, 0.3)
    )
    assert time.monotonic() - started < 5  # one after the other: 9.6 s
    assert {probe.answered for probe in found} == {False}


def test_a_computer_is_asked_for_once_in_ten_seconds() -> None:
    computer, now = make_computer(make_entity(), address="10.0.0.1"), clock.now()
    assert services.request_check(computer=computer, now=now)
    assert not services.request_check(computer=computer, now=now + timedelta(seconds=9))
    assert DBTaskResult.objects.filter(task_path="parvis.portal.parc.tasks.check").count() == 1
    assert services.request_check(computer=computer, now=now + timedelta(seconds=10))


@pytest.mark.django_db(transaction=True)
def test_many_pages_at_once_ask_for_one_check() -> None:
    computer, now = make_computer(make_entity(), address="10.0.0.1"), clock.now()
    won: list[bool] = []
    start = threading.Barrier(8)

    def page() -> None:
        start.wait()
        won.append(services.request_check(computer=computer, now=now))
        connections.close_all()

    threads = [threading.Thread(target=page) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_the_sweep_takes_assigned_computers_whose_state_is_old() -> None:
    now, entity = clock.now(), make_entity()
    agent, gone = make_agent(entity), make_agent(entity, is_active=False)
    never, old = (
        make_computer(entity, agent, address="10.0.0.1"),
        make_computer(entity, agent, address="10.0.0.2", check_requested_at=now - timedelta(minutes=6)),
    )
    make_computer(entity, agent, address="10.0.0.3", check_requested_at=now - timedelta(minutes=4))
    make_computer(entity, address="10.0.0.4")
    make_computer(entity, gone, address="10.0.0.5")
    make_computer(entity, agent, address="")
    assert services.due_for_check(now, 1) == [never.pk]
    assert services.due_for_check(now, 10) == [old.pk]
    assert services.due_for_check(now, 10) == []


def test_noting_a_thousand_probes_takes_few_queries(django_assert_max_num_queries: object) -> None:
    entity = make_entity()
    Computer.objects.bulk_create([Computer(entity=entity, name=f"PC-{n}", address="10.0.0.1") for n in range(1000)])
    probes = [network.Probe(pk, pk % 2 == 0) for pk in Computer.objects.values_list("pk", flat=True)]
    with django_assert_max_num_queries(6, connection=connection):  # type: ignore[operator]
        services.record_probes(probes, now=clock.now())
    assert Computer.objects.filter(reachability="on").count() == 500


def test_targets_are_where_computers_are() -> None:
    computer = make_computer(make_entity(), address="pc.example", probe_port=5901)
    assert queries.targets([computer.pk]) == [network.Target(computer.pk, "pc.example", 5901)]
