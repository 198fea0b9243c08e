"""One process per state folder, and a number by which the portal knows it again after a restart."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from uuid import UUID, uuid4


class Identity:
    """Held from the start of the process to its end; the kernel lets go of it after a kill."""

    instance: UUID
    """The same after every restart with this folder, another with another folder: two gateways that were given
    one name by mistake are told apart by it."""

    def __init__(self, directory: Path) -> None:
        """Take the folder.

        Raises:
            OSError: it cannot be written, or another gateway is using it.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise OSError(
                f"another gateway is running with the folder {directory}: give each its own PARVIS_GATEWAY_STATE_DIR "
                "and its own PARVIS_GATEWAY_NAME"
            ) from None
        self.instance = _instance(directory / "instance")

    def close(self) -> None:
        """Let another process use the folder."""
        os.close(self._lock)


def _instance(path: Path) -> UUID:
    with contextlib.suppress(FileNotFoundError, ValueError):  # ValueError: torn by a power cut
        return UUID(path.read_text(encoding="ascii").strip())
    made, fresh = uuid4(), path.with_suffix(".new")
    with open(fresh, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(f"{made}\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    return made
