"""A backup is whole under its name, or is not there: whatever fails, and whoever looks."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from parvis.backup import keys, take
from parvis.backup.database import Database
from parvis.backup.errors import BackupError
from parvis.backup.postgresql import PostgresDatabase, Server
from parvis.backup.sqlite import SqliteDatabase
from parvis.portal.config import backups
from tests.integration.backup.conftest import Shelf
from tests.integration.backup.world import Elsewhere, Office, live_server
from tests.requirements import require

pytestmark = pytest.mark.timeout(600)


def program(data_dir: Path, *arguments: str | Path, limit: str = "") -> list[str]:
    """`parvis backup` as systemd starts it; with `limit`, after a mount that nobody else sees."""
    command = [sys.executable, "-m", "parvis", "backup", *map(str, arguments)]
    if not limit:
        return command
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *user, "sh", "-ec", f'{limit}; exec "$@"', "sh", *command]


def environment(data_dir: Path, shelf: Shelf) -> dict[str, str]:
    """Of an installation whose database is the one of this test."""
    url = "sqlite" if connection.vendor == "sqlite" else live_server().url
    if url == "sqlite" and not (data_dir / "parvis.sqlite3").exists():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(data_dir / "parvis.sqlite3")])
    return {
        **os.environ,
        "PARVIS_MODE": "development",
        "PARVIS_DATA_DIR": str(data_dir),
        "PARVIS_DATABASE_URL": url,
        "PARVIS_BACKUP_RECIPIENTS": shelf.recipient,
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }


def test_it_is_encrypted_and_for_its_owner_alone(office: Office, shelf: Shelf, data_dir: Path) -> None:
    office.keep()
    backup = shelf.back_up()
    raw = backup.read_bytes()
    assert raw.startswith(b"age-encryption.org/v1\n")
    secret = (data_dir / "keys" / "django.txt").read_bytes().strip()
    assert secret not in raw
    assert b"SQLite format" not in raw
    assert b"PGDMP" not in raw
    assert backup.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"parvis-\d{8}T\d{6}Z\.tar\.age", backup.name)
    assert not (data_dir / take.SCRATCH).exists(), "nothing readable is left"


def test_the_standard_tools_open_it(office: Office, shelf: Shelf, tmp_path: Path, data_dir: Path) -> None:
    """Parvis is not needed to reach what it kept."""
    require("age", "tar")
    document, content = office.keep()
    backup = shelf.back_up()
    out = tmp_path / "out"
    out.mkdir()
    plain = subprocess.run(["age", "--decrypt", "-i", shelf.key, backup], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-xf", "-", "-C", out], input=plain, check=True)
    assert (out / "files" / str(document.file)).read_bytes() == content
    assert (out / "keys" / "ticket.pem").read_bytes() == (data_dir / "keys" / "ticket.pem").read_bytes()
    assert (out / "manifest.json").exists()
    assert len(list((out / "database").iterdir())) == 1


def test_what_cannot_be_restored_is_not_kept(
    office: Office, shelf: Shelf, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BackupError("The audit trail is broken at record 3: edited.")

    monkeypatch.setattr(backups, "check", broken)
    with pytest.raises(CommandError, match="record 3: edited"):
        shelf.back_up(verify=True)
    assert list(shelf.folder.iterdir()) == []
    assert not (data_dir / take.SCRATCH).exists()
    if connection.vendor == "postgresql":
        with live_server().connect() as server:
            like = live_server().name.replace("_", r"\_") + r"\_backup\_check\_%"
            assert server.execute("SELECT count(*) FROM pg_database WHERE datname LIKE %s", (like,)).fetchone() == (0,)


def test_an_edited_audit_trail_is_found_by_the_trial(office: Office, shelf: Shelf) -> None:
    office.keep()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_auditrecord SET actor_label = 'Personne' WHERE id = 1")
    with pytest.raises(CommandError, match="broken at record 1: edited"):
        shelf.back_up(verify=True)
    assert list(shelf.folder.iterdir()) == []


@pytest.mark.parametrize("where", ["backup", "scratch"])
def test_on_a_full_disk_it_says_so_and_leaves_nothing(
    office: Office, shelf: Shelf, data_dir: Path, tmp_path: Path, where: str
) -> None:
    require("unshare")
    for _ in range(2):
        office.keep()
    (data_dir / "files" / "noise").write_bytes(os.urandom(1_500_000))
    (shelf.folder / "parvis-20200101T000000Z.tar.age").write_bytes(b"an older one")
    full = shelf.folder if where == "backup" else data_dir / "small"
    # What lies in the small place: the older backup, or the whole data folder with its copy of the database.
    if where == "backup":
        limit = f"mount -t tmpfs -o size=1m tmpfs {full}; echo older > {full}/parvis-20200101T000000Z.tar.age"
        look = f"; ls -A {full}"
        home = data_dir
    else:
        env = environment(data_dir, shelf)
        used = sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file())
        room = used // 1024 + 60  # neither a copy of the file nor its dump has room
        home = tmp_path / "small"
        home.mkdir()
        limit = f"mount -t tmpfs -o size={room}k tmpfs {home}; cp -r {data_dir}/. {home}/"
        look = f"; ls -A {home} {shelf.folder}"
    env = {**environment(data_dir, shelf), "PARVIS_DATA_DIR": str(home)}
    command = program(home, shelf.folder, "--no-verify", "--keep", "1", limit=limit)
    command[command.index("sh") + 2] = f'{limit}; "$@" && exit 99; echo ended with $?{look}'
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The disk is full" in done.stderr, done.stderr
    assert "Nothing was kept of this backup" in done.stderr
    assert "Traceback" not in done.stderr
    assert ".part" not in done.stdout
    assert take.SCRATCH not in done.stdout
    assert re.findall(r"parvis-\S+\.age", done.stdout) == ["parvis-20200101T000000Z.tar.age"]


def test_stopped_half_way_it_leaves_nothing_and_killed_the_next_one_tidies_up(
    office: Office, shelf: Shelf, data_dir: Path, tmp_path: Path
) -> None:
    """A file that is a pipe without an end holds the backup at a known place: after its draft was begun."""
    office.keep()
    env = environment(data_dir, shelf)
    for number, leaves in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
        process = _held_half_way(data_dir, shelf, env)
        process.send_signal(number)
        process.wait(60)
        assert bool(list(shelf.folder.glob("*.part"))) is leaves
        assert (data_dir / take.SCRATCH).exists() is leaves
        assert list(shelf.folder.glob("*.age")) == []
    (data_dir / "keys" / "held").unlink()
    for draft in shelf.folder.glob("*.part"):
        os.utime(draft, (1, 1))  # two days ago
    backup = shelf.back_up()
    assert list(shelf.folder.iterdir()) == [backup]
    assert not (data_dir / take.SCRATCH).exists()


def _held_half_way(data_dir: Path, shelf: Shelf, env: dict[str, str]) -> subprocess.Popen[bytes]:
    held = data_dir / "keys" / "held"
    code = (
        "import sys, time; from parvis.backup import bundle; add = bundle.Packer.add\n"
        "def slow(self, name, path):\n"
        "    add(self, name, path)\n"
        f"    if name == 'keys/held': open({str(data_dir / 'reached')!r}, 'w').close(); time.sleep(120)\n"
        "bundle.Packer.add = slow\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        f"call_command('backup', {str(shelf.folder)!r}, verify=False)\n"
    )
    held.write_text("held")
    reached = data_dir / "reached"
    reached.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not reached.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_a_database_without_tables_is_told(office: Office, shelf: Shelf, other: Elsewhere, tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        database: Database = SqliteDatabase(tmp_path / "absent.sqlite3")
    else:
        database = PostgresDatabase(Server.from_url(other.database_url))
    place = replace(backups.place(), database=database)
    recipients = keys.recipients([shelf.recipient])
    with pytest.raises(BackupError, match=r"no database|failed"):
        take.take(
            place, folder=shelf.folder, recipients=recipients, check=None, keep=0, now=datetime.now(UTC), say=print
        )
    assert list(shelf.folder.iterdir()) == []


def test_two_at_once_are_one(office: Office, shelf: Shelf, data_dir: Path) -> None:
    from parvis.backup import shelf as lock

    with lock.one_at_a_time(data_dir), pytest.raises(CommandError, match="Another backup"):
        shelf.back_up()
    if connection.vendor == "postgresql":  # and on two machines
        with backups.place().database.one_at_a_time(), pytest.raises(CommandError, match="Another backup"):
            shelf.back_up()
    assert list(shelf.folder.iterdir()) == []


def test_older_ones_go_when_told_and_nothing_else(office: Office, shelf: Shelf) -> None:
    names = [f"parvis-2026010{day}T000000Z.tar.age" for day in range(1, 5)]
    for name in [*names, "letter.txt", "parvis-old.tar.age"]:
        (shelf.folder / name).write_text("kept")
    new = shelf.back_up(keep=3)
    assert {path.name for path in shelf.folder.iterdir()} == {*names[-2:], new.name, "letter.txt", "parvis-old.tar.age"}


def test_without_a_key_or_a_folder_it_says_what_to_do(office: Office, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="parvis backup-key"):
        call_command("backup", shelf.folder)
    with pytest.raises(CommandError, match="is not a folder: create it"):
        call_command("backup", tmp_path / "absent", recipient=[shelf.recipient])
    with pytest.raises(CommandError, match="in the form age1"):
        call_command("backup", shelf.folder, recipient=["age1nonsense"])


def test_its_age_is_a_metric(office: Office, shelf: Shelf, client: Client) -> None:
    def told() -> float:
        found = re.search(rb"^parvis_backup_timestamp_seconds (\S+)$", client.get("/metrics").content, re.MULTILINE)
        assert found
        return float(found[1])

    assert told() == 0
    before = datetime.now(UTC).timestamp()
    shelf.back_up()
    assert told() >= before - 1


def test_no_password_is_on_a_command_line(
    office: Office, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "sqlite":
        assert isinstance(backups.place().database, SqliteDatabase)
        return
    real, seen, tools = shutil.which("pg_dump"), tmp_path / "seen", tmp_path / "bin"
    tools.mkdir()
    (tools / "pg_dump").write_text(
        f'#!/bin/sh\necho "$@" >> {seen}\necho "password=$PGPASSWORD" >> {seen}\nexec {real} "$@"\n'
    )
    (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "very-secret")
    shelf.back_up()
    arguments, environment_line = seen.read_text().splitlines()
    assert "very-secret" not in arguments
    assert environment_line == "password=very-secret"
