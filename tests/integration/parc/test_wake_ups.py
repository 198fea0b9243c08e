"""Wake-up: one at a time, real packets, a computer that wakes late or never."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django_tasks_db.models import DBTaskResult

from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc import queries, rules, services, wake_ups
from parvis.portal.parc.models import Computer, Site, WakeUp
from tests.integration.authority import make_agent, make_computer, make_entity, make_member, make_site
from tests.requirements import require

pytestmark = pytest.mark.django_db

MAC = "02:52:49:4F:55:01"
FAST = wake_ups.Limits(between_packets=0.05, probe=0.3, between_rounds=0.1, give_up_after=1.0)
PATIENT = replace(FAST, give_up_after=30)


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = ",".join(f"127.0.0.1:{port}" for port in range(1024, 65536))
    monkeypatch.setattr(settings, "PARVIS", replace(settings.PARVIS, loopback_targets=everywhere))


@pytest.fixture
def relay() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def sleeping(wake_address: str, wake_port: int, **fields: object) -> Computer:
    entity = make_entity()
    site = make_site(entity, wake_by=Site.WakeBy.RELAY, wake_address=wake_address, wake_port=wake_port)
    values = {"mac_address": MAC, "address": "127.0.0.1", "probe_port": free_port(), "reachability": "asleep", **fields}
    return make_computer(entity, make_agent(entity, account=True), site=site, last_seen_at=clock.now(), **values)


def ask(computer: Computer) -> WakeUp:
    agent = queries.agents_of(computer).get()
    assert agent.user
    return services.wake_up(actor=agent.user, computer=computer, now=clock.now())


def run_to_the_end(limits: wake_ups.Limits) -> int:
    rounds = 0
    while wake_ups.run_round(limits):
        rounds += 1
        time.sleep(limits.between_rounds)  # as the task's `run_after` does
    return rounds


@pytest.mark.usefixtures("loopback")
def test_a_computer_that_wakes_late(relay: socket.socket) -> None:
    computer = sleeping(*relay.getsockname())
    received: list[bytes] = []

    def pc() -> None:
        """Starts when the packet for it comes; its desktop answers a moment later."""
        received.append(relay.recv(2048))
        time.sleep(0.7)
        with socket.create_server(("127.0.0.1", computer.probe_port)) as server:
            server.settimeout(5)
            server.accept()[0].close()

    machine = threading.Thread(target=pc)
    machine.start()
    asked = ask(computer)
    assert run_to_the_end(PATIENT) >= 1
    machine.join()
    assert received == [rules.magic_packet(MAC)]
    progress = queries.wake_up_progress(computer)
    assert progress is not None
    assert (progress.id, progress.state, progress.running) == (asked.pk, "awake", False)
    assert progress.detail == "L’ordinateur répond."
    computer.refresh_from_db()
    assert computer.reachability == Computer.Reachability.ON
    actions = list(AuditRecord.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["parc.wake_up_requested", "parc.wake_up_ended"]


@pytest.mark.usefixtures("loopback")
def test_a_computer_that_starts_and_refuses_is_asked_again(relay: socket.socket) -> None:
    """Its network is up before its screen listens: the refusal comes at once, long before the probe's own time."""
    ask(sleeping("127.0.0.1", relay.getsockname()[1]))
    patient = replace(PATIENT, probe=5.0)
    for _ in range(4):
        assert wake_ups.run_round(patient)
        time.sleep(patient.between_rounds)


@pytest.mark.usefixtures("loopback")
def test_a_computer_that_never_wakes(relay: socket.socket) -> None:
    computer = sleeping(*relay.getsockname())
    ask(computer)
    assert wake_ups.run_round(PATIENT)
    progress = queries.wake_up_progress(computer)
    assert progress is not None
    assert (progress.state, progress.running) == ("sent", True)
    time.sleep(1)
    run_to_the_end(FAST)
    assert [relay.recv(2048) for _ in range(3)] == [rules.magic_packet(MAC)] * 3
    relay.setblocking(False)
    with pytest.raises(BlockingIOError):
        relay.recv(1)
    progress = queries.wake_up_progress(computer)
    assert progress is not None
    assert (progress.state, progress.outcome) == ("failed", "no_answer")
    assert "n’a pas répondu" in progress.detail


@pytest.mark.parametrize(
    ("wake_address", "port", "address", "outcome"),
    [
        ("127.0.0.1", 9, "127.0.0.1", "wake_address_forbidden"),
        ("255.255.255.255", 9, "127.0.0.1", "wake_address_forbidden"),
        ("224.0.0.1", 9, "127.0.0.1", "wake_address_forbidden"),
        ("203.0.113.1", 9, "127.0.0.1", "wake_address_forbidden"),
    ],
)
def test_the_wake_address_is_checked_when_used(wake_address: str, port: int, address: str, outcome: str) -> None:
    computer = sleeping(wake_address, port, address=address)
    ask(computer)
    assert not wake_ups.run_round(FAST)
    progress = queries.wake_up_progress(computer)
    assert progress is not None
    assert (progress.state, progress.outcome) == ("failed", outcome)


@pytest.mark.usefixtures("loopback")
def test_a_computer_without_usable_address_fails_at_once(relay: socket.socket) -> None:
    computer = sleeping(*relay.getsockname(), address="169.254.169.254")
    ask(computer)
    assert not wake_ups.run_round(FAST)
    assert WakeUp.objects.get().outcome == "address_unusable"


def test_a_second_request_joins_the_first_and_a_later_one_is_new() -> None:
    computer = sleeping("10.0.0.9", 9)
    first = ask(computer)
    assert ask(computer).pk == first.pk
    assert DBTaskResult.objects.filter(task_path="parvis.portal.parc.tasks.wake_round").count() == 1
    assert services.move_wake_up(first, WakeUp.State.FAILED, outcome="no_answer", now=clock.now())
    assert not services.move_wake_up(first, WakeUp.State.AWAKE, outcome="answered", now=clock.now())
    assert ask(computer).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_are_one_wake_up() -> None:
    computer = sleeping("10.0.0.9", 9)
    ids: list[int] = []
    start = threading.Barrier(10)

    def click() -> None:
        with contextlib.closing(connections["default"]):
            start.wait()
            ids.append(ask(computer).pk)

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 10
    assert len(set(ids)) == 1
    assert WakeUp.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_rounds_at_once_share_the_work() -> None:
    for _ in range(6):
        ask(sleeping("10.0.0.9", 9))
    taken: list[int] = []
    start = threading.Barrier(4)

    def round_() -> None:
        with contextlib.closing(connections["default"]):
            start.wait()
            taken.extend(wake_up.pk for wake_up in wake_ups.take(clock.now(), timedelta(seconds=30)))

    threads = [threading.Thread(target=round_) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(WakeUp.objects.values_list("pk", flat=True))


def test_a_wake_up_whose_round_is_lost_is_noticed() -> None:
    wake_up = ask(sleeping("10.0.0.9", 9))
    assert not queries.wake_ups_are_stuck(clock.now())
    WakeUp.objects.filter(pk=wake_up.pk).update(next_step_at=clock.now() - timedelta(seconds=31))
    assert queries.wake_ups_are_stuck(clock.now())


def test_who_may_wake() -> None:
    computer = sleeping("10.0.0.9", 9)
    stranger = make_member(make_entity())
    with pytest.raises(NotAllowed):
        services.wake_up(actor=stranger, computer=computer, now=clock.now())
    assert services.wake_up(actor=stranger, computer=computer, now=clock.now(), decision=YES).requested_by == stranger


@pytest.mark.parametrize("change", [{"mac_address": ""}, {"site": None}])
def test_what_cannot_be_woken_is_said_before_anything_is_sent(change: dict[str, object]) -> None:
    computer = sleeping("10.0.0.9", 9, **change) if "site" not in change else sleeping("10.0.0.9", 9)
    for name, value in change.items():
        setattr(computer, name, value)
    with pytest.raises(Conflict) as refused:
        ask(computer)
    assert refused.value.code == "wake_up_impossible"
    assert not WakeUp.objects.exists()


PC_IN_ITS_OWN_NETWORK = textwrap.dedent(
    """
    import socket, sys, time
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", 9))
    print("asleep", flush=True)
    packet, (sender, _) = udp.recvfrom(2048)
    print(packet.hex(), flush=True)
    time.sleep(0.5)
    tcp = socket.create_server(("", 3389))
    print("awake", flush=True)
    tcp.accept()
    """
)


def may_make_networks() -> bool:
    require("ip")
    return os.geteuid() == 0 and (
        subprocess.run(["ip", "netns", "add", "parvis-probe"], capture_output=True).returncode == 0
        and subprocess.run(["ip", "netns", "del", "parvis-probe"], capture_output=True).returncode == 0
    )


@pytest.fixture
def office() -> Iterator[str]:
    """A network of its own behind a virtual cable, 10.213.77.0/24; the office PC is .2. Gives its namespace."""
    if not may_make_networks():
        pytest.skip("network namespaces need root")
    tag = f"{os.getpid() % 100000}"
    namespace, here, there = f"parvis-{tag}", f"pv{tag}a", f"pv{tag}b"

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    ip("netns", "add", namespace)
    try:
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", namespace)
        ip("addr", "add", "10.213.77.1/24", "brd", "+", "dev", here)
        ip("link", "set", here, "up")
        ip("-n", namespace, "addr", "add", "10.213.77.2/24", "brd", "+", "dev", there)
        ip("-n", namespace, "link", "set", there, "up")
        yield namespace
    finally:
        subprocess.run(["ip", "link", "del", here], capture_output=True)
        ip("netns", "del", namespace)


def line(process: subprocess.Popen[str], seconds: float = 10) -> str:
    assert process.stdout
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        assert waiting.select(seconds), "the office PC says nothing"
    return process.stdout.readline().strip()


def test_a_directed_broadcast_wakes_a_pc_in_its_own_network(office: str) -> None:
    computer = sleeping("10.213.77.255", 9, address="10.213.77.2", probe_port=3389)
    with subprocess.Popen(
        ["ip", "netns", "exec", office, sys.executable, "-c", PC_IN_ITS_OWN_NETWORK], stdout=subprocess.PIPE, text=True
    ) as pc:
        try:
            assert line(pc) == "asleep"
            ask(computer)
            run_to_the_end(PATIENT)
            assert line(pc) == rules.magic_packet(MAC).hex()
            assert line(pc) == "awake"
        finally:
            pc.kill()
    assert WakeUp.objects.get().state == WakeUp.State.AWAKE
