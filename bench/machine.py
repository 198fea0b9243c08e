"""Which machine, and how busy it was: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version() + _whose(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def cores() -> tuple[int | None, int | None]:
    """(for what is measured, for what measures): two different cores, or none to choose from."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


class Noise:
    """How much of the machine others used between `start` and `share`."""

    def __init__(self) -> None:
        self._busy = _busy_seconds()
        self._own = _own_seconds()
        self._since = time.monotonic()

    def share(self) -> float:
        """Processor seconds of other programs per second, in cores. Children must have been waited for."""
        elapsed = time.monotonic() - self._since
        return max(0.0, (_busy_seconds() - self._busy) - (_own_seconds() - self._own)) / elapsed


def _busy_seconds() -> float:
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _whose() -> str:
    """A distribution compiles its Python with what profiles taught, which is worth a fifth; one's own build may not."""
    return " of the distribution" if sys.base_prefix == "/usr" else ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
