"""Disks: which of the drives are the computer's own, how full they are, whether the system's is encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parvis.portal.inventory.wire.tree import Row
from parvis.portal.inventory.wire.values import flag, number, text

_FOREIGN = frozenset({"removable", "network", "cd-rom", "floppy", "remote", "optique", "amovible", "réseau"})
_NO_DISK = frozenset(
    [
        "tmpfs",
        "devtmpfs",
        "squashfs",
        "overlay",
        "iso9660",
        "udf",
        "cdfs",
        "nfs",
        "nfs4",
        "cifs",
        "smbfs",
        "smb3",
        "fuse.sshfs",
        "autofs",
        "proc",
        "sysfs",
    ]
)
_ENCRYPTED = {"yes": True, "partially": False, "no": False}
MOST_MB = 2**40
"""A sum beyond an exabyte is no disk."""


def own(drives: Iterable[Row]) -> Iterator[Row]:
    """Without removable ones, network ones, pictures of disks; a volume mounted twice is there once."""
    seen: set[str] = set()
    for row in drives:
        words = {text(row.get(name), 60).lower() for name in ("type", "description")}
        kinds = {part for word in words for part in word.split()}
        volume = text(row.get("volumn"), 200) or text(row.get("letter"), 20) or text(row.get("serial"), 100)
        if kinds & _FOREIGN or text(row.get("filesystem"), 20).lower() in _NO_DISK or (volume and volume in seen):
            continue
        seen.add(volume)
        yield row


def disks_of(drives: Iterable[Row]) -> tuple[int | None, int | None]:
    """Megabytes in all, and free; None: no drive says."""
    sizes = [
        (total, min(number(row.get("free"), most=MOST_MB) or 0, total))
        for row in own(drives)
        if (total := number(row.get("total"), most=MOST_MB))
    ]
    if not sizes:
        return None, None
    return min(sum(total for total, _free in sizes), MOST_MB), min(sum(free for _total, free in sizes), MOST_MB)


def encrypted(drives: Iterable[Row]) -> bool | None:
    """Of the drive with the system. None: the probe does not say (it says nothing of a drive it cannot look into)."""
    for row in own(drives):
        if is_system(row):
            return _ENCRYPTED.get(text(row.get("encrypt_status"), 20).lower())
    return None


def is_system(row: Row) -> bool:
    """Whether the system is on it."""
    letter = text(row.get("letter"), 10).upper().rstrip("/\\")
    return flag(row.get("systemdrive")) is True or letter == "C:" or text(row.get("type"), 10) == "/"
