"""The files beside the database, held fast while they are copied.

A file is on the disk before the row that names it is committed, and is deleted after its row is. So every file that a
snapshot names was there at that instant; those deleted since must be kept until they are in the backup. A hard link
keeps a file whatever is deleted, and costs nothing: all are linked before the snapshot, and after it those that it
names and that came meanwhile. Files are never written twice under one name, so a link never changes.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath


def hold(source: Path, target: Path) -> int:
    """Link below `target` each file of `source` that is not there yet; how many. Copies where links are impossible."""
    held = 0
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder, folders, names in os.walk(source):
        inside = target / os.path.relpath(folder, source)
        inside.mkdir(exist_ok=True, mode=0o700)
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
        for name in names:
            held += _hold_one(Path(folder, name), inside / name)
    return held


def hold_named(source: Path, target: Path, names: Iterable[str]) -> None:
    """Link those of `names` (relative, as rows have them) that exist and are not held yet."""
    for name in names:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts:
            continue  # not ours: it stays missing
        inside = target / pure
        inside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _hold_one(source / pure, inside)


def names(folder: Path) -> list[str]:
    """Every file below, by its name from there, in a stable order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _hold_one(source: Path, target: Path) -> bool:
    try:
        seen = source.lstat()
        if not stat.S_ISREG(seen.st_mode) or _same(seen, target):
            return False
        target.unlink(missing_ok=True)  # a copy of what was still being written
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copy2(source, target)
    except FileNotFoundError:
        return False  # deleted just now: no row names it any more, or the snapshot is taken again
    return True


def _same(seen: os.stat_result, target: Path) -> bool:
    try:
        held = target.lstat()
    except FileNotFoundError:
        return False
    if (held.st_dev, held.st_ino) == (seen.st_dev, seen.st_ino):
        return True
    return (held.st_size, held.st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)
