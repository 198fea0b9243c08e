"""What a supervisor tells its next self, and when it does not become it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from parvis.serve import renewal
from parvis.serve.gateways import Gateways
from parvis.serve.renewal import HANDOVER, Handover, Renewal
from parvis.serve.supervisor import SIGNALS, Listeners, Service

TRIAL = """
import os, sys, time
folder = sys.argv[1]
open(folder + "/tried", "a").write("x")
open(folder + "/told", "w").write(os.environ["PARVIS_SERVE_HANDOVER"])
while not os.path.exists(folder + "/go"):
    time.sleep(0.02)
"""


def told(**other: Any) -> str:
    return json.dumps({"supervisor": os.getpid(), "children": {}, "leaving": {}, "listeners": {}, **other})


def test_what_another_process_was_left_is_not_ours() -> None:
    environ = {HANDOVER: told(supervisor=1, children={"gateway": 2})}
    assert Handover.taken_from(environ) is None
    assert not environ
    assert Handover.taken_from(environ) is None


def test_what_was_left_comes_back() -> None:
    environ = {HANDOVER: told(children={"portal": 7}, leaving={"gateway-2": 8}, listeners={"[::1]:80": 5}, more=1)}
    assert Handover.taken_from(environ) == Handover(os.getpid(), {"portal": 7}, {"gateway-2": 8}, {"[::1]:80": 5})


@pytest.mark.parametrize("text", ["yes", "[]", "{}", "[" * 100_000, '{"supervisor": 1}'])
def test_what_is_no_handover_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=HANDOVER):
        Handover.taken_from({HANDOVER: text})


@pytest.mark.parametrize(
    "other",
    [
        {"children": [4]},
        {"children": {"portal": -1}},  # kill(-1) is everybody
        {"children": {"portal": 0}},
        {"children": {"portal": 1}},
        {"children": {"portal": True}},
        {"children": {"portal": "7"}},
        {"leaving": {"portal": 7}},
        {"leaving": {"gateway-x": 7}},
        {"listeners": {"127.0.0.1:80": 2}},
        {"supervisor": 1, "listeners": {"127.0.0.1:80": None}},  # a form we do not know, whoever it is for
    ],
)
def test_what_cannot_be_is_refused_by_name(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=HANDOVER):
        Handover.taken_from({HANDOVER: told(**other)})


def test_an_inherited_door_is_not_passed_on_and_one_nobody_wants_is_closed() -> None:
    wanted, other = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    port = wanted.getsockname()[1]
    for each in (wanted, other):
        each.set_inheritable(True)
    unwanted = other.detach()
    listeners = Listeners({f"127.0.0.1:{port}": wanted.detach(), "127.0.0.1:1": unwanted})
    found = listeners.at("127.0.0.1", port)
    try:
        assert not os.get_inheritable(found.fileno())
        listeners.at("127.0.0.1", 9)  # not bound yet: nothing to inherit
        assert listeners.descriptors() == {f"127.0.0.1:{port}": found.fileno()}
        listeners.close_unclaimed()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(unwanted)
        os.fstat(found.fileno())
    finally:
        found.close()


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of becoming another program: what we would have told it. As exec may fail, we then go on."""
    found: list[str] = []
    monkeypatch.setattr(renewal.os, "execve", lambda _path, _argv, environ: found.append(environ[HANDOVER]))
    return found


def make(folder: Path, *check: str) -> Renewal:
    def build(_slot: int) -> Service:
        return Service("gateway", [sys.executable, "-c", "import signal; signal.pause()"], state)

    state = {**os.environ, "PARVIS_GATEWAY_STATE_DIR": str(folder / "gateway")}
    command = list(check) or [sys.executable, "-c", TRIAL, str(folder)]
    return Renewal([], Gateways(build, folder / "sock"), Listeners(), check=command, again=["/none"])


def run(found: Renewal, stopping: threading.Event, condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        found.tick(stopping)
        time.sleep(0.02)


def end(found: Renewal) -> None:
    for each in found.others():
        if each.process is not None:
            each.process.kill()
            each.process.wait(10)


def test_it_becomes_what_was_tried_and_tells_both_the_same(tmp_path: Path, becomes: list[str]) -> None:
    found, stopping = make(tmp_path), threading.Event()
    try:
        (tmp_path / "go").touch()
        found.ask()
        run(found, stopping, lambda: becomes)
        assert json.loads(becomes[0]) == json.loads((tmp_path / "told").read_text())
        assert json.loads(becomes[0])["children"].keys() == {"gateway"}
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & SIGNALS
    finally:
        end(found)


def test_asked_again_during_the_trial_it_tries_again_first(tmp_path: Path, becomes: list[str]) -> None:
    found, stopping = make(tmp_path), threading.Event()
    try:
        found.ask()
        run(found, stopping, (tmp_path / "told").exists)
        found.ask()
        (tmp_path / "go").touch()
        run(found, stopping, lambda: becomes)
        assert (tmp_path / "tried").read_text() == "xx"
    finally:
        end(found)


def test_told_to_end_during_the_trial_it_does_not_become_anything(tmp_path: Path, becomes: list[str]) -> None:
    found, stopping = make(tmp_path), threading.Event()
    try:
        found.ask()
        run(found, stopping, (tmp_path / "told").exists)
        stopping.set()
        (tmp_path / "go").touch()
        run(found, stopping, lambda: "check" not in [each.name for each in found.others()])
        found.tick(stopping)
        assert not becomes
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & SIGNALS
    finally:
        end(found)


@pytest.mark.parametrize("check", [("/none",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_a_trial_that_fails_or_cannot_be_run_leaves_what_is_there(
    check: tuple[str, ...], tmp_path: Path, becomes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    found, stopping = make(tmp_path, *check), threading.Event()
    try:
        found.ask()
        run(found, stopping, lambda: "reload_refused" in caplog.text)
        (gateway,) = found.others()
        assert gateway.is_running
        assert not becomes
    finally:
        end(found)
