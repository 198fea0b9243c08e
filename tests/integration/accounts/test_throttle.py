"""Windows that end when they were said to, whatever happens in them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import override_settings

from parvis.portal.accounts import throttle
from parvis.portal.kernel.errors import TooMany


@pytest.fixture(autouse=True)
def _cache_of_production(tmp_path: Path) -> Iterator[None]:
    """What an installation of one machine has; that of several: `test_shared_cache.py`."""
    backend = "parvis.portal.kernel.disk_cache.DiskCache"
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": tmp_path}}):
        yield


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the cache and of the throttle: write into its only cell."""
    instant = [1_800_000_000.0]
    monkeypatch.setattr("time.time", lambda: instant[0])
    return instant


def test_a_window_ends_for_who_keeps_trying(at: list[float]) -> None:
    for _ in range(3):
        throttle.hit("x", "key", limit=3, seconds=60)
        at[0] += 19
    with pytest.raises(TooMany):
        throttle.hit("x", "key", limit=3, seconds=60)
    at[0] += 4
    throttle.hit("x", "key", limit=3, seconds=60)


def test_a_long_window_outlives_the_caches_default(at: list[float]) -> None:
    for expected in range(1, 5):
        assert throttle.count("x", "key", seconds=3600) == expected
        at[0] += 800
    assert throttle.counted("x", "key") == 4
    at[0] += 500
    assert throttle.counted("x", "key") == 0


def test_threads_lose_no_count() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throttle.count("x", "key", seconds=60), range(80)))
    assert throttle.counted("x", "key") == 80


def test_keys_and_scopes_are_apart() -> None:
    throttle.count("x", "one", seconds=60)
    assert (throttle.counted("x", "two"), throttle.counted("y", "one")) == (0, 0)
    cache.clear()
    assert throttle.counted("x", "one") == 0
