"""The cache of several machines, on a real Redis server."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.test import Client, override_settings
from redis.exceptions import RedisError

from parvis.portal.accounts import throttle
from parvis.portal.kernel import claims, shared_cache
from parvis.portal.kernel.errors import TooMany
from tests.servers import redis as redis_server

pytestmark = pytest.mark.xdist_group("redis")


def _configured(address: str) -> Any:
    return override_settings(
        CACHES={
            "default": {
                "BACKEND": "parvis.portal.kernel.shared_cache.SharedCache",
                "LOCATION": address,
                "OPTIONS": {"MAX_ENTRIES": 20_000},
            }
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with redis_server.serving(folder) as address:
        yield address


@pytest.fixture
def shared(server: str) -> Iterator[str]:
    with _using(server):
        yield server


class _using:
    """Settings that name this server, and no connection left behind."""

    def __init__(self, address: str) -> None:
        self._address, self._settings = address, _configured(address)

    def __enter__(self) -> None:
        self._settings.enable()
        shared_cache._away.__init__()  # type: ignore[misc]
        cache.clear()

    def __exit__(self, *_exc: object) -> None:
        shared_cache.client_of(self._address).close()
        shared_cache.client_of.cache_clear()
        shared_cache._away.__init__()  # type: ignore[misc]
        self._settings.disable()


def raw(address: str) -> Any:
    return redis.Redis.from_url(address)


def test_it_does_what_a_cache_does(shared: str) -> None:
    assert cache.get("a", "no") == "no"
    cache.set("a", {"x": (1, 2)}, timeout=60)
    assert cache.get("a") == {"x": (1, 2)}
    assert "a" in cache
    assert cache.get_many(["a", "b"]) == {"a": {"x": (1, 2)}}
    assert not cache.add("a", 2)
    assert cache.add("b", 2, timeout=60)
    assert cache.touch("b", 90)
    assert not cache.touch("c", 90)
    cache.set_many({"c": 1, "d": None}, timeout=None)
    assert cache.get_many(["c", "d"]) == {"c": 1, "d": None}
    assert cache.delete("c")
    assert not cache.delete("c")
    cache.set("d", 1, timeout=0)
    assert cache.get("d") is None
    assert cache.add("e", 1, timeout=0)
    assert cache.incr("b", 3) == 5
    assert cache.get("a", version=2) is None


def test_what_lasts_a_moment_is_gone_after_it(shared: str) -> None:
    cache.set("a", 1, timeout=0.05)
    deadline = time.monotonic() + 10
    while cache.get("a") is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_server_reads_neither_names_nor_values(shared: str) -> None:
    cache.set("account-of-jeanne", "secret of jeanne", timeout=60)
    throttle.count("token-failure", "192.0.2.77", seconds=60)
    with raw(shared) as server:
        seen = b" ".join(each + b" " + (server.get(each) or b"") for each in server.scan_iter())
    for word in (b"jeanne", b"secret", b"192.0.2.77", b"token"):
        assert word not in seen


class _Runs:
    """Pickled by a server that is not ours: read by pickle, it runs."""

    ran = False

    def __reduce__(self) -> tuple[Any, ...]:
        return (setattr, (_Runs, "ran", True))


def test_what_the_server_made_up_is_not_believed(shared: str) -> None:
    cache.set("a", "ours", timeout=60)
    cache.set("b", "other", timeout=60)
    with raw(shared) as server:
        first, second = server.scan_iter()
        former = server.get(first)
        server.set(first, server.get(second))  # sealed by us, but under another name
        assert {cache.get("a"), cache.get("b")} in ({None, "ours"}, {None, "other"})
        for made in (pickle.dumps(_Runs()), b"", b"1", b'"x"', former[:-1] + bytes([former[-1] ^ 1]), b"\0" * 40):
            server.set(first, made)
            assert None in (cache.get("a"), cache.get("b"))
            assert len(cache.get_many(["a", "b"])) == 1
    assert not _Runs.ran


def test_another_installation_reads_nothing_of_ours(shared: str, settings: Any) -> None:
    cache.set("a", 1, timeout=60)
    settings.SECRET_KEY = "another" * 10
    assert cache.get("a") is None


def test_clearing_leaves_what_is_not_ours(shared: str) -> None:
    with raw(shared) as server:
        server.set("somebody-else", 1)
        cache.set("a", 1)
        cache.clear()
        assert server.keys() == [b"somebody-else"]
        server.delete("somebody-else")


def test_a_throttle_counts_across_threads_without_losing_one(shared: str) -> None:
    def many() -> None:
        for _ in range(50):
            throttle.count("storm", "x", seconds=60)

    threads = [threading.Thread(target=many) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert throttle.counted("storm", "x") == 300


def test_a_window_begins_at_its_first_use_and_ends(shared: str) -> None:
    throttle.hit("window", "x", limit=1, seconds=1)
    with pytest.raises(TooMany):
        throttle.hit("window", "x", limit=1, seconds=1)
    deadline = time.monotonic() + 10
    while throttle.counted("window", "x"):  # using it on and on does not make it longer
        throttle.count("window", "x", seconds=1)
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.django_db
def test_pages_go_on_without_the_server_and_come_back_to_it(
    tmp_path_factory: pytest.TempPathFactory, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_cache, "AWAY_SECONDS", 0.3)
    folder = tmp_path_factory.mktemp("g")
    with _using(redis_server.address(folder)):
        # Not there at all: what is kept is kept by this machine, what must be single is single in the database.
        cache.set("a", 1, timeout=60)
        assert cache.get("a") == 1
        assert cache.add("code-used", "y", timeout=30)
        assert not cache.add("code-used", "y", timeout=30)
        assert claims.Claim.objects.count() == 1
        for _ in range(3):
            throttle.hit("down", "x", limit=3, seconds=60)
        with pytest.raises(TooMany):
            throttle.hit("down", "x", limit=3, seconds=60)
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert "the shared cache does not answer" in answer.json()["warnings"][0]
        with redis_server.serving(folder):
            _until_back()
            assert "warnings" not in client.get("/readyz").json()
            assert cache.get("a") is None  # what one machine kept for itself is nobody else's
            cache.set("a", 2, timeout=60)
            assert cache.get("a") == 2
        assert cache.get("a") is None  # gone again: nothing raises
        with redis_server.serving(folder):
            _until_back()
            assert cache.add("b", 1, timeout=60)


def _until_back() -> None:
    deadline = time.monotonic() + 20
    while cache.problem():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.django_db
def test_a_single_use_stays_single_for_another_machine_while_the_server_is_away(tmp_path: Path) -> None:
    with _using(redis_server.address(tmp_path)):
        assert cache.add("code-used", "y", timeout=30)
        cache._own.clear()  # another machine has not the memory of this one
        assert not cache.add("code-used", "y", timeout=30)
        assert cache.delete("code-used")
        assert cache.add("code-used", "y", timeout=30)


def test_a_server_that_hangs_holds_up_one_question_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_cache, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(shared_cache, "AWAY_SECONDS", 60.0)
    folder, asked = tmp_path_factory.mktemp("h"), []
    with redis_server.serving(folder) as address, _using(address):
        cache.set("a", 1)
        pid = int(raw(address).info()["process_id"])
        monkeypatch.setattr(shared_cache, "client_of", _watched(shared_cache.client_of, asked))
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(50):
                assert cache.get("a", "not known") == "not known"
        finally:
            os.kill(pid, signal.SIGCONT)
        assert len(asked) == 1  # the others did not wait for it
        monkeypatch.undo()


def _watched(real: Any, asked: list[str]) -> Any:
    def client_of(server: str) -> Any:
        asked.append(server)
        return real(server)

    client_of.cache_clear = real.cache_clear  # type: ignore[attr-defined]
    return client_of


def test_a_wrong_password_is_said_without_the_password(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    address = "redis://parvis:hunter2hunter2@127.0.0.1:1/0"  # nobody listens on port 1
    with _using(address):
        cache.set("a", 1)
        assert cache.problem() == "ConnectionError"
    out = capfd.readouterr()
    assert "hunter2" not in out.out + out.err


def test_an_error_of_the_library_is_one_that_is_caught() -> None:
    assert issubclass(redis.exceptions.OutOfMemoryError, RedisError)
