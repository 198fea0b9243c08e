"""The cache of several machines: a Redis or Valkey server that is believed nothing and needed for nothing.

What is kept there is sealed with a key of the installation (AES-256-GCM, NIST SP 800-38D) under the name it is kept
under: the server, and whoever reaches it, can neither read a value, nor make one, nor give one for another. Names are
keyed hashes. Values are JSON (`plain_values`), never pickle. Only counters lie open: numbers under a name that says
nothing.

When the server does not answer, every machine goes on with a memory of its own for some seconds, then asks again.
Throttles then count per machine; what must happen once among all machines (`add`) is taken in the database instead.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache

from parvis.portal.kernel import clock, plain_values

log = structlog.get_logger("parvis.shared_cache")

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 1.0
AWAY_SECONDS = 3.0
"""How long a server that did not answer is left alone: no page waits for it twice in that time."""
NONCE_BYTES = 12
PREFIX = "parvis:"
T = TypeVar("T")


class SharedCache(BaseCache):
    """`LOCATION`: `redis://`, `rediss://` or `unix://` address of the server."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._server = server
        self._own = LocMemCache(f"parvis-without-{hashlib.sha256(server.encode()).hexdigest()[:12]}", params)
        self._away = _away

    # What Django's cache promises

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep it unless something is kept there; whether it was kept. Atomic, among all machines."""
        name, life = self._name(key, version), self._life(timeout)
        return self._ask(
            lambda server: bool(server.set(name, _seal(name, value), nx=True, px=life if life != 0 else 1)),
            lambda: self._own_add(key, name, value, timeout, version),
        )

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """What is kept, else `default`; what was not sealed by this installation counts as not kept."""
        name = self._name(key, version)
        return self._ask(
            lambda server: _open(name, server.get(name), default), lambda: self._own.get(key, default, version)
        )

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep it."""
        name, life = self._name(key, version), self._life(timeout)
        self._ask(
            lambda server: server.set(name, _seal(name, value), px=life) if life != 0 else server.delete(name),
            lambda: self._own.set(key, value, timeout, version),
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give it another length of life; whether it was there."""
        name, life = self._name(key, version), self._life(timeout)
        return self._ask(
            lambda server: bool(server.exists(name) if life is None else server.pexpire(name, life)),
            lambda: self._own.touch(key, timeout, version),
        )

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget it; whether it was there. Of several that delete at once, one is told yes."""
        name = self._name(key, version)
        return self._ask(lambda server: bool(server.delete(name)), lambda: self._own_delete(key, name, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        """Whether something of ours is kept there."""
        nothing = object()
        return self.get(key, nothing, version) is not nothing

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """What is kept of these, in one question."""
        wanted = list(keys)
        names = [self._name(key, version) for key in wanted]
        if not wanted:
            return {}
        nothing = object()

        def all_at_once(server: Any) -> dict[str, Any]:
            found = [_open(name, each, nothing) for name, each in zip(names, server.mget(names), strict=True)]
            return {key: each for key, each in zip(wanted, found, strict=True) if each is not nothing}

        return self._ask(all_at_once, lambda: self._own.get_many(wanted, version))

    def clear(self) -> None:
        """Forget all of Parvis. Other programs' keys stay."""

        def all_of_ours(server: Any) -> None:
            for name in server.scan_iter(match=f"{PREFIX}*", count=1000):
                server.delete(name)

        self._own.clear()
        self._ask(all_of_ours, lambda: None)

    def close(self, **_kwargs: Any) -> None:
        """Called after every request: connections stay."""

    # What throttles need besides

    def count(self, key: str, *, seconds: float) -> int:
        """Count one use in a window that begins at the first; how many there are. Atomic, among all machines."""
        name = self._name(key, None)

        def both(server: Any) -> int:
            with server.pipeline(transaction=True) as steps:
                steps.set(name, 0, nx=True, px=max(int(seconds * 1000), 1))
                steps.incr(name)
                return int(steps.execute()[1])

        return self._ask(both, lambda: self._own_count(key, seconds))

    def counted(self, key: str) -> int:
        """How many uses `count` has seen in the window under way."""
        name = self._name(key, None)
        return self._ask(lambda server: _number(server.get(name)), lambda: _number(self._own.get(key)))

    # How it is

    def problem(self) -> str:
        """Why the server cannot be used, in words for the log; empty: it answers."""
        self._ask(lambda server: server.ping(), lambda: None)
        return self._away.why

    # The server, or else our own memory

    def _ask(self, server: Callable[[Any], T], alone: Callable[[], T]) -> T:
        from redis.exceptions import RedisError

        if self._away.now():
            return alone()
        try:
            answer = server(client_of(self._server))
        except (RedisError, OSError) as error:
            if self._away.begins(type(error).__name__):
                self._own.clear()  # what an earlier absence left is old
            return alone()
        self._away.ends()
        return answer

    def _own_add(self, key: str, name: str, value: Any, timeout: Any, version: int | None) -> bool:
        from parvis.portal.kernel import claims

        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        if not self._own.add(key, value, timeout, version):
            return False
        return claims.take(name, seconds=3600 if seconds is None else seconds, now=clock.now())

    def _own_delete(self, key: str, name: str, version: int | None) -> bool:
        from parvis.portal.kernel import claims

        own, taken = self._own.delete(key, version), claims.give_up(name)
        return own or taken

    def _own_count(self, key: str, seconds: float) -> int:
        with _counting:
            used, until = _number(self._own.get(key)), self._own.get(f"{key}:until", 0.0)
            if used == 0:
                until = time.monotonic() + seconds
                self._own.set(f"{key}:until", until, seconds)
            self._own.set(key, used + 1, max(until - time.monotonic(), 0.001))
            return used + 1

    def _name(self, key: str, version: int | None) -> str:
        whole = self.make_and_validate_key(key, version=version)
        named = hmac.new(_derived("names", settings.SECRET_KEY), whole.encode(), hashlib.sha256)
        return PREFIX + named.hexdigest()[:40]

    def _life(self, timeout: Any) -> int | None:
        """In milliseconds; None: for ever."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else max(int(timeout * 1000), 0)


# Seals: day of the key (4 bytes), nonce, AES-GCM of the value. A key a day keeps random nonces far below their limit.


def _seal(name: str, value: Any) -> bytes:
    day, nonce = int(time.time() // 86_400).to_bytes(4, "big"), os.urandom(NONCE_BYTES)
    return day + nonce + _cipher(day, settings.SECRET_KEY).encrypt(nonce, plain_values.dumps(value), name.encode())


def _open(name: str, kept: bytes | None, default: Any) -> Any:
    if kept is None:
        return default
    day, nonce, sealed = kept[:4], kept[4 : 4 + NONCE_BYTES], kept[4 + NONCE_BYTES :]
    try:
        return plain_values.loads(_cipher(day, settings.SECRET_KEY).decrypt(nonce, sealed, name.encode()))
    except (InvalidTag, ValueError):
        log.warning("cache_value_refused")  # another key's, altered, or of another version
        return default


@lru_cache(maxsize=8)
def _cipher(day: bytes, secret: str) -> AESGCM:
    return AESGCM(_derived(f"values {day.hex()}", secret))


@lru_cache(maxsize=8)
def _derived(purpose: str, secret: str) -> bytes:
    info = f"parvis shared cache {purpose}".encode()
    return HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(secret.encode())


@lru_cache(maxsize=4)
def client_of(server: str) -> Any:
    """The process's client: its connections are shared by all threads."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(
        server,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        # One more try: a server that was started again has closed the connections we keep.
        retry=Retry(NoBackoff(), 1),
    )


class _Absence:
    """Whether the server is left alone, for all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self.why = ""

    def now(self) -> bool:
        return time.monotonic() < self._until

    def begins(self, why: str) -> bool:
        """It did not answer; whether that is news."""
        with self._lock:
            news, self.why = not self.why, why
            self._until = time.monotonic() + AWAY_SECONDS
        if news:
            log.error("shared_cache_away", why=why)
        return news

    def ends(self) -> None:
        if not self.why:
            return
        with self._lock:
            self.why, self._until = "", 0.0
        log.warning("shared_cache_back")


_away = _Absence()
_counting = threading.Lock()


def _number(kept: Any) -> int:
    try:
        return int(kept or 0)
    except (TypeError, ValueError):
        return 0
