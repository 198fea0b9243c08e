"""The cache of one machine, written by several processes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from parvis.portal.kernel.disk_cache import DiskCache

PROCESSES, TIMES = 4, 5
WORK = """
import contextlib, sys, time
from parvis.portal.kernel.disk_cache import DiskCache

class Slow(DiskCache):
    def get(self, *args, **kwargs):
        found = super().get(*args, **kwargs)
        time.sleep(0.02)  # between reading and writing
        return found
    def has_key(self, *args, **kwargs):
        found = super().has_key(*args, **kwargs)
        time.sleep(0.02)
        return found
    if sys.argv[2] == "without":
        def _alone(self):
            return contextlib.nullcontext()

cache = Slow(sys.argv[1], {})
print("ready", flush=True)
sys.stdin.readline()
added = 0
for number in range(int(sys.argv[3])):
    cache.count("limit", seconds=600)
    added += cache.add(f"once{number}", 1)
print(added, flush=True)
"""


def at_once(folder: Path, lock: str) -> int:
    """How many times `add` said that it was kept, in all processes together."""
    command = [sys.executable, "-c", WORK, str(folder), lock, str(TIMES)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    for each in children:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in children:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return sum(int(each.communicate(timeout=60)[0]) for each in children)


def test_processes_lose_no_count_and_one_of_them_adds(tmp_path: Path) -> None:
    assert at_once(tmp_path, "with") == TIMES
    assert DiskCache(str(tmp_path), {}).counted("limit") == PROCESSES * TIMES


def test_the_race_is_real(tmp_path: Path) -> None:
    """Without the lock, counts are lost and several processes add the same."""
    assert at_once(tmp_path, "without") > TIMES
    assert DiskCache(str(tmp_path), {}).counted("limit") < PROCESSES * TIMES
