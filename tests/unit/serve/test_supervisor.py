from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parvis.serve import demo_environment, demo_sleeper
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import Listener, Service
from parvis.ticket.addresses import AddressForbidden, AddressPolicy, check_address

HOLD = """
import os, sys, time
from parvis.serve.supervisor import Service, Supervisor
folder = sys.argv[1]
child = "import os,time,pathlib; pathlib.Path(r'%s/'+str(os.getpid())).touch(); time.sleep(60)" % folder
sys.exit(Supervisor([Service("child", [sys.executable, "-c", child], os.environ)]).run())
"""


def _wait(condition: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def held(tmp_path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def _children(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir()]


def test_a_process_that_dies_is_started_again(held: subprocess.Popen[bytes], tmp_path: Path) -> None:
    _wait(lambda: len(_children(tmp_path)) == 1)
    os.kill(_children(tmp_path)[0], signal.SIGKILL)
    _wait(lambda: len(_children(tmp_path)) == 2)
    held.terminate()
    assert held.wait(10) == 0


def test_told_to_stop_it_leaves_nobody_behind(held: subprocess.Popen[bytes], tmp_path: Path) -> None:
    _wait(lambda: len(_children(tmp_path)) == 1)
    held.terminate()
    assert held.wait(10) == 0
    _wait(lambda: not any(map(_alive, _children(tmp_path))))


def test_killed_it_leaves_nobody_behind(held: subprocess.Popen[bytes], tmp_path: Path) -> None:
    _wait(lambda: len(_children(tmp_path)) == 1)
    held.kill()
    held.wait(10)
    _wait(lambda: not any(map(_alive, _children(tmp_path))))


def test_a_process_that_keeps_dying_is_started_later_and_later() -> None:
    service = Service("dies", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
    service.tend()
    delays = []
    for _ in range(3):
        assert service.process is not None
        service.process.wait(10)
        service.tend()
        delays.append(service.retry_at - time.monotonic())
        service.retry_at = 0
        service.tend()
    service.stop(time.monotonic())
    assert delays == sorted(delays)
    assert delays[-1] > 1.5


@pytest.mark.parametrize("listen", ["8000", ":8000", "host:port", "127.0.0.1:70000", "127.0.0.1:0"])
def test_a_bad_listening_address_is_refused(listen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_LISTEN", listen)
    with pytest.raises(ValueError, match="PARVIS_LISTEN"):
        ServeOptions.from_environment()


def test_the_demo_stays_on_loopback() -> None:
    wanted = demo_environment.defaults({})
    assert wanted["PARVIS_LISTEN"].startswith("127.0.0.1:")
    assert all(pair.startswith("127.0.0.1:") for pair in wanted["PARVIS_LOOPBACK_TARGETS"].split(","))
    assert demo_environment.defaults({"PARVIS_LISTEN": "127.0.0.1:9000"})["PARVIS_URL"] == "http://localhost:9000"


def test_only_the_right_magic_packet_wakes_the_sleeper() -> None:
    mac = bytes.fromhex("0252494F5501")
    assert demo_sleeper.is_magic_packet(b"\xff" * 6 + mac * 16, mac)
    assert not demo_sleeper.is_magic_packet(b"\xff" * 6 + mac * 15, mac)
    assert not demo_sleeper.is_magic_packet(b"\xff" * 6 + bytes(6) * 16, mac)


def test_the_demo_reaches_its_own_desktops_and_nothing_else() -> None:
    wanted = demo_environment.defaults({})
    policy = AddressPolicy.parse(wanted["PARVIS_ALLOWED_NETWORKS"], "", wanted["PARVIS_LOOPBACK_TARGETS"])
    assert check_address("127.0.0.1", 5901, policy)
    for address, port in (("127.0.0.1", 22), ("10.0.0.1", 3389), ("192.168.1.1", 80), ("127.0.0.2", 5901)):
        with pytest.raises(AddressForbidden):
            check_address(address, port, policy)


def test_no_other_user_can_take_an_address_before_the_first_portal_accepts() -> None:
    """Two sockets that reuse addresses may both be bound to one, as long as neither listens (Linux)."""
    ours = Listener("127.0.0.1", 0)
    with socket.socket(fileno=os.dup(ours.fileno())) as same:
        port = same.getsockname()[1]
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="already in use"):
            thief.bind(("127.0.0.1", port))
    ours.close()
