"""Copies of a database made once: of today's migrations, made by one process, whole or not at all."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from tests import databases


def test_every_migration_counts_and_what_it_calls() -> None:
    names = {migration.__module__ for migration in MigrationLoader(None).disk_migrations.values()}
    files = {Path(str(sys.modules[name].__file__)) for name in names}
    assert files <= set(databases.sources())
    assert {path.name for path in databases.sources()} >= {"search.py", "clock.py"}  # imported by ours


def test_another_migration_is_another_database(tmp_path: Path) -> None:
    path = tmp_path / "0001_initial.py"
    seen = set()
    for content in ("one", "two"):
        path.write_text(content)
        seen.add(databases.fingerprint([path]))
    seen.add(databases.fingerprint([]))
    assert len(seen) == 3


def test_made_once_however_many_ask(tmp_path: Path) -> None:
    made = []

    def make(path: Path) -> None:
        made.append(path)
        time.sleep(0.1)
        path.write_text("whole")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: databases.kept(tmp_path, "a.sqlite3", make).read_text(), range(4)))
    assert (found, len(made)) == (["whole"] * 4, 1)


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def breaks(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no space")

    with pytest.raises(RuntimeError, match="no space"):
        databases.kept(tmp_path, "a.sqlite3", breaks)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert databases.kept(tmp_path, "a.sqlite3", lambda path: path.touch()).exists()


def test_old_ones_go(tmp_path: Path) -> None:
    for number in range(databases.KEPT + 3):
        databases.kept(tmp_path, f"{number}.sqlite3", lambda path: path.touch())
    assert len(list(tmp_path.glob("*.sqlite3"))) == databases.KEPT
    assert (tmp_path / f"{databases.KEPT + 2}.sqlite3").exists()
