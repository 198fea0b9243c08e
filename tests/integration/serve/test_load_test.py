"""`parvis simulate-sessions` for true: a gateway process, pretended PCs and browsers, on loopback."""

from __future__ import annotations

import json
import os
import socket

import pytest

from parvis import cli
from parvis.serve.load_test import measure


@pytest.mark.parametrize("protocol", ["vnc", "rdp"])
def test_screens_open_and_stay_open(protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["--sessions", "4", "--seconds", "1", "--protocol", protocol, "--json"]
    assert cli.main(["simulate-sessions", *order]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["opened"], found["lost"], found["failure"]) == (4, 4, 0, "")
    assert found["cpu_ms_per_session_minute"] > 0
    assert found["kbps_per_session"] > 0
    assert 0 < found["down_p50"] <= found["down_p99"]
    assert 0 < found["up_p50"] <= found["up_p99"]


def test_a_person_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate-sessions", "--sessions", "2", "--seconds", "1", "--protocol", "vnc"]) == 0
    text = capsys.readouterr().out
    assert "2 of 2 screens opened (vnc), 0 lost" in text
    assert "carries about" in text


def test_a_gateway_that_does_not_start_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(measure, "_free_port", lambda host: taken.getsockname()[1])
        assert cli.main(["simulate-sessions", "--sessions", "1", "--seconds", "1"]) == 2
    assert "the gateway did not start" in capsys.readouterr().err


def test_the_installation_is_not_touched(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings of the real gateway in the environment reach nothing: not its portal, not its secret."""
    with socket.socket() as portal:
        portal.bind(("127.0.0.1", 0))
        portal.listen()
        portal.setblocking(False)
        address = f"http://127.0.0.1:{portal.getsockname()[1]}"
        monkeypatch.setitem(os.environ, "PARVIS_PORTAL_INTERNAL_URL", address)
        monkeypatch.setitem(os.environ, "PARVIS_GATEWAY_SECRET", "x" * 40)
        monkeypatch.setitem(os.environ, "PARVIS_GATEWAY_SOCKET", "/nonexistent/gateway.sock")
        assert cli.main(["simulate-sessions", "--sessions", "1", "--seconds", "1", "--protocol", "vnc"]) == 0
        with pytest.raises(BlockingIOError):
            portal.accept()
    assert "1 of 1" in capsys.readouterr().out
