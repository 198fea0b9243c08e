"""Put a backup back: everything is checked in a folder of its own first, what was there is put aside, never deleted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from parvis.backup import postgresql, shelf, sqlite
from parvis.backup.bundle import unpack
from parvis.backup.container import Opener
from parvis.backup.errors import BackupError, PlaceTaken
from parvis.backup.examine import Check, examine
from parvis.backup.keys import Identity
from parvis.backup.manifest import Manifest
from parvis.backup.postgresql import RestoredPostgres, Server
from parvis.backup.sqlite import RestoredSqlite

DRAFT = "restore.part"
OWN = ("files", "keys", sqlite.FILE_NAME)
"""What a backup brings to a data folder; the database last, so that nothing starts on half of it."""
_ASIDE_TOO = (f"{sqlite.FILE_NAME}-wal", f"{sqlite.FILE_NAME}-shm", "cache")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back."""

    manifest: Manifest
    aside: list[str]
    """Where what was there before is now, as sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to: a data folder and a database (`sqlite`: in that folder)."""

    data_dir: Path
    database_url: str

    @property
    def vendor(self) -> str:
        """`sqlite` or `postgresql`."""
        return "sqlite" if self.database_url == "sqlite" else "postgresql"


Known = Callable[[Path, Manifest], None]
"""Raises BackupTooNew if the portal does not know the migrations; the data folder given holds the backup's keys."""


def look(file: BinaryIO, identities: Sequence[Identity], *, target: Target, known: Known, check: Check) -> Manifest:
    """Only check: opened, unpacked, and (embedded database) restored for trial. Nothing is kept.

    Raises:
        BackupError: it could not be restored.
    """
    with _draft(target.data_dir) as draft:
        manifest = unpack(Opener(file, identities), draft)
        if manifest.vendor == "sqlite":
            examine(draft, RestoredSqlite(draft / sqlite.FILE_NAME), manifest, check)
        else:
            known(draft, manifest)
        return manifest


def restore(
    file: BinaryIO,
    identities: Sequence[Identity],
    *,
    target: Target,
    replace: bool,
    known: Known,
    check: Check,
    now: datetime,
) -> Restored:
    """Restore; with `replace`, what is there is put aside under another name.

    Raises:
        PlaceTaken: something is there, and `replace` was not said; or it is in use.
        BackupError: the backup cannot be restored; the target is as it was.
    """
    if not replace:
        _refuse_taken(target)
    with _draft(target.data_dir) as draft:
        manifest = unpack(Opener(file, identities), draft)
        if manifest.vendor != target.vendor:
            raise BackupError(
                f"The backup is of {_NAMES[manifest.vendor]}, PARVIS_DATABASE_URL names {_NAMES[target.vendor]}: "
                "set it to a database of the same kind."
            )
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if target.vendor == "sqlite":
            examine(draft, RestoredSqlite(draft / sqlite.FILE_NAME), manifest, check)
            sqlite.close_down(draft / sqlite.FILE_NAME)
            return Restored(manifest, _swap(target.data_dir, draft, stamp))
        known(draft, manifest)  # before the server's database is touched; the embedded one is tried in the draft
        with _loaded(target, stamp) as (restored, aside):
            examine(draft, restored, manifest, check)
            return Restored(manifest, [*aside, *_swap(target.data_dir, draft, stamp)])


_NAMES = {"sqlite": "the embedded database (SQLite)", "postgresql": "PostgreSQL"}


def _refuse_taken(target: Target) -> None:
    there = [name for name in OWN if _anything(target.data_dir / name)]
    if target.vendor == "postgresql" and (count := postgresql.tables(Server.from_url(target.database_url))):
        there.append(f"{count} tables in the database")
    if there:
        raise PlaceTaken(
            f"There is an installation already ({target.data_dir}: {', '.join(there)}). "
            "Restore elsewhere, or stop Parvis and add --replace: what is there is put aside, not deleted."
        )


def _anything(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


@contextmanager
def _draft(data_dir: Path) -> Iterator[Path]:
    """A folder on the same disk, gone afterwards."""
    fresh = not data_dir.exists()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = False
    try:
        with shelf.one_at_a_time(data_dir):
            path = data_dir / DRAFT
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(mode=0o700)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
        done = True
    finally:
        if fresh and not done:
            shutil.rmtree(data_dir, ignore_errors=True)


@contextmanager
def _loaded(target: Target, stamp: str) -> Iterator[tuple[RestoredPostgres, list[str]]]:
    """The server's database, emptied by renaming; as it was if the block fails."""
    server = Server.from_url(target.database_url)
    name = f"{postgresql.ASIDE}{stamp.lower()}" if postgresql.tables(server) else None
    if name is not None:
        postgresql.set_aside(server, name)
    try:
        yield RestoredPostgres(server), [f"schema {name} of the database {server.name}"] if name else []
    except BaseException:
        postgresql.put_back(server, name)
        raise


def _swap(data_dir: Path, draft: Path, stamp: str) -> list[str]:
    """Put aside what is there, put in place what was checked; undone if it fails half-way."""
    database = data_dir / sqlite.FILE_NAME
    if database.exists():
        sqlite.close_down(database)
    aside = data_dir / f"before-restore-{stamp}"
    leaving = [name for name in (*_ASIDE_TOO, *OWN) if (data_dir / name).exists()]
    coming = [name for name in OWN if (draft / name).exists()]
    moved: list[tuple[Path, Path]] = []
    try:
        if leaving:
            aside.mkdir(mode=0o700)
        for source, target in [
            *((data_dir / name, aside / name) for name in reversed(leaving)),
            *((draft / name, data_dir / name) for name in coming),
        ]:
            source.rename(target)
            moved.append((source, target))
        shelf.sync_folder(data_dir)
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        with suppress(OSError):
            aside.rmdir()
        raise
    return [f"folder {aside}"] if leaving else []
