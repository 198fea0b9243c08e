from __future__ import annotations

import os
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
