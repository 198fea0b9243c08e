"""Make a backup: hold the files, copy one instant of the database, encrypt, restore it for trial, give it its name."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from parvis.backup import files, shelf
from parvis.backup.bundle import DATABASES, Packer, unpack
from parvis.backup.container import Opener, Sealer
from parvis.backup.database import Database, FileColumn, Snapshot
from parvis.backup.errors import BackupError
from parvis.backup.examine import Check, examine
from parvis.backup.keys import Recipient
from parvis.backup.manifest import FORMAT, Manifest

SCRATCH = "backup.scratch"
"""Below the data folder: what is not yet encrypted never leaves it."""
_ATTEMPTS = 5
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The installation that is backed up."""

    data_dir: Path
    keys_dir: Path
    files_dir: Path | None
    """None: files are kept elsewhere (object storage)."""
    database: Database
    file_columns: Sequence[FileColumn]
    version: str
    outside: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made."""

    path: Path
    sha256: str
    manifest: Manifest
    deleted: list[Path]


def take(
    place: Place,
    *,
    folder: Path,
    recipients: Sequence[Recipient],
    check: Check | None,
    keep: int,
    now: datetime,
    say: Callable[[str], None],
) -> Taken:
    """Write one backup into `folder`; with `check` it has its name only once it was restored for trial.

    Raises:
        BackupError: nothing was kept, and older backups are as they were.
    """
    if not recipients:
        raise BackupError(
            "Nobody could open the backup: make a key with parvis backup-key, set PARVIS_BACKUP_RECIPIENTS."
        )
    if not folder.is_dir():
        raise BackupError(f"{folder} is not a folder: create it, or mount what should be there.")
    final = folder / shelf.name(now)
    if final.exists():
        raise BackupError(f"{final} exists already.")
    with (
        _told(folder, place),
        shelf.one_at_a_time(place.data_dir),
        place.database.one_at_a_time(),
        _scratch(place) as scratch,
    ):
        draft = shelf.draft(final)
        try:
            manifest, file_key = _write(place, draft, scratch, recipients, say)
            digest = _digest(draft)
            if check is not None:
                say("Restoring it for trial…")
                _try(place, draft, file_key, scratch / "restored", check)
            shelf.put_in_place(draft, final)
        finally:
            draft.unlink(missing_ok=True)
        shelf.note(place.data_dir, at=manifest_time(manifest), file=final, verified=check is not None)
        return Taken(final, digest, manifest, shelf.tidy(folder, keep, newest=final))


def manifest_time(manifest: Manifest) -> datetime:
    """The instant of the snapshot."""
    return datetime.fromisoformat(manifest.taken_at)


def _write(
    place: Place, draft: Path, scratch: Path, recipients: Sequence[Recipient], say: Callable[[str], None]
) -> tuple[Manifest, bytes]:
    say("Copying one instant of the database…")
    snapshot, missing = _instant(place, scratch)
    held = scratch / "files"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        sealer = Sealer(file, recipients)
        packer = Packer(sealer)
        packer.add(DATABASES[place.database.vendor], snapshot.path)
        for name in files.names(place.keys_dir):
            packer.add(f"keys/{name}", place.keys_dir / name)
        names = files.names(held) if held.is_dir() else []
        say(f"Encrypting the database, the keys and {len(names)} files…")
        for name in names:
            packer.add(f"files/{name}", held / name)
        manifest = Manifest(
            format=FORMAT,
            parvis=place.version,
            taken_at=snapshot.taken_at.isoformat(),
            vendor=place.database.vendor,
            server=snapshot.server,
            audit_head=snapshot.audit_head,
            migrations=snapshot.migrations,
            tables=snapshot.tables,
            parts=packer.parts,
            missing_files=sorted(missing),
            file_columns=list(place.file_columns),
            outside=list(place.outside),
        )
        packer.finish(manifest)
        sealer.finish()
        file.flush()
        os.fsync(file.fileno())
    snapshot.path.unlink()
    return manifest, sealer.file_key


def _instant(place: Place, scratch: Path) -> tuple[Snapshot, set[str]]:
    """A snapshot whose files are all held, and the names of those that were lost long before."""
    held = scratch / "files"
    for _ in range(_ATTEMPTS):
        if place.files_dir is not None:
            files.hold(place.files_dir, held)
        snapshot = place.database.snapshot(scratch / "database", place.file_columns)
        if place.files_dir is None:
            return snapshot, set()
        # Not all that came since: a file without a row would stay for ever.
        files.hold_named(place.files_dir, held, snapshot.files)
        missing = {name for name in snapshot.files if not (held / name).is_file()}
        # Still named by a row: lost before. Named no more: added and deleted around the snapshot, which is old by now.
        if not missing or missing <= place.database.files(place.file_columns):
            return snapshot, missing
        snapshot.path.unlink()
    raise BackupError("Files are deleted faster than they can be backed up: try again later.")


def _try(place: Place, draft: Path, file_key: bytes, folder: Path, check: Check) -> None:
    folder.mkdir(mode=0o700)
    with draft.open("rb") as file:
        manifest = unpack(Opener(file, file_key=file_key), folder, with_files=False)
    with place.database.scratch(folder) as restored:
        examine(folder, restored, manifest, check)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _scratch(place: Place) -> Iterator[Path]:
    """A folder for what is not encrypted yet, gone afterwards; one that a killed backup left goes first."""
    path = place.data_dir / SCRATCH
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _told(folder: Path, place: Place) -> Iterator[None]:
    """Errors of the system, in words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise BackupError(f"{_no_room(folder, place)} ({error})") from None
        raise BackupError(f"The backup failed: {error}. Nothing was kept of it.") from None
    except sqlite3.Error as error:
        if "full" in str(error):
            raise BackupError(f"{_no_room(folder, place)} ({error})") from None
        raise BackupError(f"The backup failed: {error}. Nothing was kept of it.") from None


def _no_room(folder: Path, place: Place) -> str:
    return (
        f"The disk is full: {folder} must hold the backup, and {place.data_dir} a copy of the database meanwhile. "
        "Nothing was kept of this backup; older ones are as they were. Make room, then start it again."
    )
