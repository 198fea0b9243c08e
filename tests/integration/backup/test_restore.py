"""What a restoration refuses, before it touches anything; and that it deletes nothing of what was there."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from parvis.backup import checks, keys, postgresql
from parvis.backup.errors import BackupDamaged, BackupError, BackupTooNew, KeyWrong, PlaceTaken
from parvis.backup.postgresql import Server
from parvis.portal.kernel import clock
from tests.integration.backup.conftest import Restore, Shelf
from tests.integration.backup.world import Elsewhere, Office, fingerprint

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def backup(office: Office, shelf: Shelf) -> Path:
    office.keep()
    return shelf.back_up()


@pytest.fixture
def portal_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the portal says of a restored installation is for the drill; each asking starts one."""
    monkeypatch.setattr(checks, "ask_portal", lambda *_: "")


def untouched(other: Elsewhere) -> bool:
    """Nothing is there, not even a folder."""
    return other.data_dir.exists() is False and (other.database_url == "sqlite" or other.tables() == 0)


@pytest.mark.usefixtures("portal_not_asked")
def test_cut_altered_or_for_another_key_it_is_refused_before_anything_is_touched(
    backup: Path, tmp_path: Path, other: Elsewhere, restore: Restore
) -> None:
    whole = backup.read_bytes()
    bad = tmp_path / "bad.tar.age"
    for length in (0, 20, 300, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:length])
        with pytest.raises(BackupDamaged):
            restore(bad)
        assert untouched(other)
    for position in (30, 200, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(BackupError):
            restore(bad)
        assert untouched(other)
    keys.new_identity(tmp_path / "other.txt", now=clock.now())
    with pytest.raises(KeyWrong, match="Give the right key"):
        restore(backup, key=tmp_path / "other.txt")
    with pytest.raises(BackupError, match="cannot be read"):
        restore(tmp_path / "absent.tar.age")
    assert untouched(other)


@contextlib.contextmanager
def applied(app: str, name: str) -> Iterator[None]:
    """As if this migration had been applied: by a newer Parvis."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", [app, name, clock.now()]
        )
        try:
            yield
        finally:
            cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])


def test_of_a_newer_parvis_it_is_refused(office: Office, shelf: Shelf, other: Elsewhere, restore: Restore) -> None:
    with applied("parc", "9999_from_next_year"):
        backup = shelf.back_up()
    with pytest.raises(BackupTooNew, match="install that version first") as refused:
        restore(backup)
    assert "parc.9999_from_next_year among them" in str(refused.value)
    assert untouched(other)


@pytest.mark.usefixtures("portal_not_asked")
def test_an_installation_is_never_overwritten_and_put_aside_when_told(
    backup: Path, office: Office, shelf: Shelf, other: Elsewhere, restore: Restore
) -> None:
    restore(backup)
    before = fingerprint(other.data_dir)
    with pytest.raises(PlaceTaken, match="add --replace"):
        restore(backup)
    assert fingerprint(other.data_dir) == before
    _, content = office.keep()
    newer = shelf.back_up()
    with in_use(other), pytest.raises(PlaceTaken, match="stop Parvis first"):
        restore(newer, "--replace")
    assert other.rows("SELECT count(*) FROM parc_document") == [(1,)]
    said = restore(newer, "--replace")
    assert other.rows("SELECT count(*) FROM parc_document") == [(2,)]
    (aside,) = other.data_dir.glob("before-restore-*")
    assert any(str(aside) in line for line in said)
    kept = fingerprint(aside)
    assert {name for name in kept if not name.startswith("parvis.sqlite3")} <= set(before)
    assert any(name.startswith("files/") for name in kept)
    assert "keys/ticket.pem" in kept
    if other.database_url == "sqlite":
        with contextlib.closing(sqlite3.connect(aside / "parvis.sqlite3")) as old:
            assert old.execute("SELECT count(*) FROM parc_document").fetchone() == (1,)
    else:
        ((schema,),) = other.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before_restore_%'")
        assert any(schema in line for line in said)
        assert other.rows(f"SELECT count(*) FROM {schema}.parc_document") == [(1,)]  # noqa: S608 - a name of our own
    assert content in {path.read_bytes() for path in (other.data_dir / "files").rglob("*.pdf")}
    assert not (other.data_dir / "restore.part").exists()


@contextlib.contextmanager
def in_use(other: Elsewhere) -> Iterator[None]:
    """A portal's connection."""
    if other.database_url == "sqlite":
        with contextlib.closing(sqlite3.connect(other.data_dir / "parvis.sqlite3")) as portal:
            portal.execute("PRAGMA journal_mode=WAL")
            portal.execute("SELECT count(*) FROM kernel_auditrecord").fetchone()
            yield
    else:
        with Server.from_url(other.database_url).connect(autocommit=True):
            yield


@pytest.mark.usefixtures("portal_not_asked")
def test_a_restoration_that_fails_at_its_end_puts_everything_back(
    backup: Path, office: Office, shelf: Shelf, other: Elsewhere, restore: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(backup)
    before, tables = fingerprint(other.data_dir), other.tables()
    office.keep()
    newer = shelf.back_up()
    rename = Path.rename

    def fails_late(self: Path, target: Path) -> Path:
        if self.parts[-2:] == ("restore.part", "keys"):
            raise OSError("the disk went away")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_late)
    with pytest.raises(OSError, match="went away"):
        restore(newer, "--replace")
    assert fingerprint(other.data_dir).keys() == before.keys()
    assert other.tables() == tables
    assert other.rows("SELECT count(*) FROM parc_document") == [(1,)]
    assert other.database_url == "sqlite" or postgresql.tables(Server.from_url(other.database_url)) == tables


@pytest.mark.usefixtures("portal_not_asked")
def test_it_can_be_looked_at_without_restoring(backup: Path, other: Elsewhere, restore: Restore) -> None:
    said = restore(backup, "--check-only")
    assert "The backup is whole. Nothing was restored." in said
    assert untouched(other) or fingerprint(other.data_dir) == {}
    altered = bytearray(backup.read_bytes())
    altered[-1] ^= 1
    backup.write_bytes(altered)
    with pytest.raises(BackupDamaged):
        restore(backup, "--check-only")


@pytest.mark.usefixtures("portal_not_asked")
def test_of_another_kind_of_database_it_is_refused(
    backup: Path, tmp_path: Path, restore: Restore, other: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "postgresql://nobody@/nowhere?host=/nonexistent" if connection.vendor == "sqlite" else "sqlite"
    monkeypatch.setattr(postgresql, "tables", lambda server: 0)
    monkeypatch.setattr(type(other), "environment", {**other.environment, "PARVIS_DATABASE_URL": wrong})
    with pytest.raises(BackupError, match="set it to a database of the same kind"):
        restore(backup)
    assert not other.data_dir.exists()


@pytest.mark.usefixtures("portal_not_asked")
def test_files_lost_before_the_backup_are_told_and_stop_nothing(
    office: Office, shelf: Shelf, data_dir: Path, other: Elsewhere, restore: Restore, capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = office.keep()
    office.keep()
    os.unlink(data_dir / "files" / str(document.file))
    backup = shelf.back_up()
    assert f"1 files named by the database were lost before this backup, {document.file}" in capsys.readouterr().err
    assert any(f"1 files were lost before the backup, {document.file}" in line for line in restore(backup))
