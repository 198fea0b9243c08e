"""Processes one has started, and those that come from one's former self: exec keeps a process's children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import Protocol

_POLL_SECONDS = 0.05


class Process(Protocol):
    """What is asked of a child; `subprocess.Popen` has it too."""

    @property
    def pid(self) -> int:
        """Its number."""

    returncode: int | None

    def poll(self) -> int | None:
        """How it ended, negative after a signal; None while it lives."""

    def wait(self, timeout: float | None = None) -> int:
        """Its end. Raises subprocess.TimeoutExpired."""

    def send_signal(self, sig: int) -> None:
        """Nothing happens to one that has ended."""

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""


class Adopted:
    """A child by its number. Nobody else may wait for it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # not ours after all: nothing is known of it
                self.returncode = -signal.SIGKILL
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its end.

        Raises:
            subprocess.TimeoutExpired: not yet.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, sig: int) -> None:
        """Its number is its own until it was waited for."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)
