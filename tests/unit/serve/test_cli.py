from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from parvis import cli


def test_what_a_command_writes_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Database, cache and logs get their mode from the mask."""
    written = tmp_path / "parvis.sqlite3"
    monkeypatch.setattr(cli, "manage", lambda rest: written.write_bytes(b"") and 0)
    monkeypatch.setitem(cli.COMMANDS, "manage", (cli.manage, ""))
    before = os.umask(0o022)
    try:
        cli.main(["manage"])
    finally:
        os.umask(before)
    assert written.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_port_that_is_taken_is_said_in_one_sentence_before_anything_is_touched(
    processes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    touched: list[list[str]] = []
    monkeypatch.setattr(cli, "manage", lambda rest: touched.append(rest) or 3)
    monkeypatch.setenv("PARVIS_PORTAL_PROCESSES", processes)
    monkeypatch.setenv("PARVIS_DATA_DIR", str(tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PARVIS_LISTEN", f"127.0.0.1:{port}")
        assert cli.main(["serve"]) == 1
    assert f"port {port} is used by another program" in capsys.readouterr().err
    assert not touched
    assert not (tmp_path / "data").exists()
    # The other one has gone: it starts, and the database is next.
    assert cli.main(["serve"]) == 3
    assert touched
