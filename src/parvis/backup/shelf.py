"""Where backups lie: their names, how many are kept, when the last one was made, and that one is made at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from parvis.backup.errors import BackupError

ENDING = ".tar.age"
_NAME = re.compile(r"parvis-\d{8}T\d{6}Z\.tar\.age\Z")
_DRAFT_ENDING = ".part"
_STATE = "last-backup.json"
_LOCK = "backup.lock"
_DRAFT_SECONDS = 24 * 3600


def name(now: datetime) -> str:
    """What a backup of this instant is called: in the order of names, they are in the order of time."""
    return f"parvis-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{ENDING}"


def draft(final: Path) -> Path:
    """Where it grows: never under the name that says it is whole."""
    return final.with_name(final.name + _DRAFT_ENDING)


def tidy(folder: Path, keep: int, *, newest: Path | None = None) -> list[Path]:
    """Delete all but the `keep` newest backups (0: keep all), and drafts that a killed backup left; what was deleted.

    `newest` stays, whatever the clock said when the others were made. Nothing else in the folder is touched.
    """
    whole = sorted(path for path in folder.iterdir() if _NAME.match(path.name))
    if newest in whole:
        whole.remove(newest)
        whole.append(newest)
    gone = whole[:-keep] if keep else []
    yesterday = time.time() - _DRAFT_SECONDS
    for path in folder.iterdir():
        if path.name.endswith(_DRAFT_ENDING) and _NAME.match(path.name.removesuffix(_DRAFT_ENDING)):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < yesterday:
                    gone.append(path)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def put_in_place(path: Path, final: Path) -> None:
    """Rename, so that it outlives a power cut."""
    path.rename(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def note(data_dir: Path, *, at: datetime, file: Path, verified: bool) -> None:
    """Remember the last backup that succeeded."""
    path = data_dir / _STATE
    text = json.dumps({"at": at.astimezone(UTC).isoformat(), "file": str(file), "verified": verified})
    new = path.with_name(path.name + _DRAFT_ENDING)
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def last_at(data_dir: Path) -> datetime | None:
    """When the last one succeeded; None: never, as far as this machine knows."""
    try:
        return datetime.fromisoformat(json.loads((data_dir / _STATE).read_text(encoding="utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def one_at_a_time(data_dir: Path) -> Iterator[None]:
    """The kernel lets go of the lock when the process ends, however it ends.

    Raises:
        BackupError: another backup or restoration of this installation is running.
    """
    with (data_dir / _LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another backup of this installation is running: wait until it has ended.") from None
        yield
