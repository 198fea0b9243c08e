"""The cache on the disk stays within its bound, keeps what is alive and rarely reads its folder."""

from __future__ import annotations

import itertools
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from parvis.portal.kernel import disk_cache
from parvis.portal.kernel.disk_cache import LOOK_EVERY, DiskCache


@pytest.fixture(autouse=True)
def _from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "_writes", itertools.count(1))  # the 64th write looks


def cache_of(folder: Path, most: int) -> DiskCache:
    return DiskCache(str(folder), {"OPTIONS": {"MAX_ENTRIES": most}})


def entries(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_it_stays_within_its_bound(tmp_path: Path) -> None:
    cache, most = cache_of(tmp_path, 100), 0
    for number in range(10 * LOOK_EVERY):
        cache.set(f"key{number}", number)
        most = max(most, entries(tmp_path))
    assert 100 <= most <= 100 + LOOK_EVERY
    assert cache.get(f"key{10 * LOOK_EVERY - 1}") == 10 * LOOK_EVERY - 1  # the newest is there


def test_what_is_over_goes_before_what_is_not(tmp_path: Path) -> None:
    cache = cache_of(tmp_path, LOOK_EVERY // 2)
    for number in range(LOOK_EVERY - 11):
        cache.set(f"over{number}", 1, timeout=0.001)
    for number in range(10):
        cache.set(f"alive{number}", number, timeout=60)
    time.sleep(0.05)  # their thousandth of a second is over
    cache.set("one-more", 1, timeout=60)
    assert [cache.get(f"alive{number}") for number in range(10)] == list(range(10))
    assert entries(tmp_path) == 11


def test_the_folder_is_read_at_one_write_in_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    listed = DiskCache._list_cache_files  # type: ignore[attr-defined]

    def counted(cache: Any) -> Any:
        reads.append(1)
        return listed(cache)

    monkeypatch.setattr(DiskCache, "_list_cache_files", counted)
    caches = [cache_of(tmp_path, 1000) for _thread in range(4)]  # Django makes one for each thread
    for number in range(LOOK_EVERY):
        for cache in caches:
            cache.set(f"key{number}", 1)
    assert len(reads) == 4


def test_a_folder_that_is_deleted_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache = cache_of(folder, 100)
    for use in (lambda: cache.set("key", 1), lambda: cache.add("key", 1), lambda: cache.count("n", seconds=60)):
        use()
        shutil.rmtree(folder)
        use()
        assert folder.is_dir()
