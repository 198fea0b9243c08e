"""The few bytes of HTTP a call to the portal needs: one POST, one whole answer, on connections that are kept.

Every screen that opens makes two or three such calls; a general client costs several times what they are worth
(ADR 27). Nothing here is sent twice: a call whose answer does not come may have been heard. No proxy of the machine,
no redirection and no cookie is ever followed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools
import httpx

from parvis import __version__

MAX_ANSWER = 4 * 2**20
"""Bytes of an answer, head and body: a heartbeat's that ends ten thousand screens is less than one million."""
_KEPT_SECONDS = 4.0
"""How long an idle connection is used again: the portal itself closes it after five."""


class HttpFailed(Exception):
    """No whole answer; `str()` says why in one word. The call may have been heard, or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it says."""

    status: int
    body: bytes


class Pool:
    """At most `connections` to the portal of `url` (http, https or unix), each used again for a few seconds.

    `seconds` bounds each step: connecting (TLS included), and every silence while a call is sent or answered.
    `turn_seconds` bounds the wait for one's turn when all connections are busy.
    """

    def __init__(self, url: str, secret: str, *, connections: int, seconds: float, turn_seconds: float) -> None:
        """Nothing is opened yet.

        Raises:
            ValueError: the address or the secret cannot be put into a request.
        """
        parts = urlsplit(url)
        self._unix = parts.path if parts.scheme == "unix" else None
        host = parts.hostname or "portal"
        self._host = host if host.isascii() else host.encode("idna").decode()
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = _tls_context() if parts.scheme == "https" else None
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._start = "POST " + ("" if self._unix else _clean(parts.path.rstrip("/")))
        self._fields = (
            f" HTTP/1.1\r\nHost: {name if parts.port is None else f'{name}:{parts.port}'}\r\n"
            f"Authorization: Bearer {_clean(secret)}\r\nUser-Agent: parvis-gateway/{__version__}\r\n"
            "Accept: */*\r\nContent-Type: application/json\r\nX-Correlation-ID: "
        )
        self._seconds = seconds
        self._turn_seconds = turn_seconds
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []
        self._closed = False

    async def post(self, path: str, content: str, correlation: str) -> Answer:
        """One call, sent once; `content` is JSON.

        Raises:
            HttpFailed: no whole answer in time, or none that is HTTP.
            ValueError: `correlation` cannot be put into a request.
        """
        body = content.encode()
        head = f"{self._start}{path}{self._fields}{_clean(correlation)}\r\nContent-Length: {len(body)}\r\n\r\n"
        request = head.encode("ascii") + body
        try:
            if self._turns.locked():
                async with asyncio.timeout(self._turn_seconds):
                    await self._turns.acquire()
            else:
                await self._turns.acquire()
        except TimeoutError:
            raise HttpFailed("NoTurn") from None
        try:
            connection = self._kept() or await self._connect()
            try:
                answer = await connection.ask(request, self._seconds)
            except BaseException:  # cancelled too: what comes later on this connection belongs to nobody
                connection.transport.abort()
                raise
            if connection.is_usable and not self._closed:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                connection.transport.close()
            return answer
        finally:
            self._turns.release()

    async def close(self) -> None:
        """Close the idle connections; those in use close after their answer."""
        self._closed = True
        while self._idle:
            self._idle.pop().transport.close()

    def _kept(self) -> _Connection | None:
        youngest = time.monotonic() - _KEPT_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable and connection.idle_since >= youngest:
                return connection
            connection.transport.close()
        return None

    async def _connect(self) -> _Connection:
        try:
            async with asyncio.timeout(self._seconds):
                if self._unix is not None:
                    _, connection = await asyncio.get_running_loop().create_unix_connection(_Connection, self._unix)
                    return connection
                return await self._connect_tcp()
        except (
            OSError,
            UnicodeError,
        ) as error:  # a certificate not believed, and time that is up, are OSErrors
            raise HttpFailed("ConnectTimeout" if isinstance(error, TimeoutError) else type(error).__name__) from None

    async def _connect_tcp(self) -> _Connection:
        """To the first of the name's addresses that answers; one that is silent leaves time for the others."""
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        last: OSError = OSError("no address")
        for number, (family, _, _, _, address) in enumerate(infos):
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                more = number + 1 < len(infos)
                async with asyncio.timeout(self._seconds / len(infos) if more else None):
                    await loop.sock_connect(sock, address)
            except OSError as error:
                sock.close()
                last = error
                continue
            except BaseException:
                sock.close()
                raise
            name = self._host if self._tls else None
            _, connection = await loop.create_connection(_Connection, sock=sock, ssl=self._tls, server_hostname=name)
            return connection
        raise last


class _Connection(asyncio.Protocol):
    """One call at a time."""

    transport: asyncio.Transport
    idle_since = 0.0

    def __init__(self) -> None:
        self._answer: asyncio.Future[Answer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._spoilt = False
        self._moved_at = 0.0
        self._unsent = 0
        self._seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._begin()

    @property
    def is_usable(self) -> bool:
        """Whether the next call may be sent on it."""
        return not self._spoilt and not self.transport.is_closing()

    async def ask(self, request: bytes, seconds: float) -> Answer:
        """The answer to `request`; HttpFailed when nothing moves for `seconds`, or when it is none."""
        loop = asyncio.get_running_loop()
        self._begin()
        self._parser = httptools.HttpResponseParser(self)
        self._answer = loop.create_future()
        self._seconds, self._moved_at = seconds, loop.time()
        self.transport.write(request)
        self._unsent = self.transport.get_write_buffer_size()
        self._timer = loop.call_later(seconds, self._look)
        try:
            return await self._answer
        finally:
            self._timer.cancel()
            self._answer = self._parser = self._timer = None

    def _begin(self) -> None:
        self._status = self._size = 0
        self._parts: list[bytes] = []
        self._ends_by_itself = self._has_head = False

    def _fail(self, why: str) -> None:
        self._spoilt = True
        self.transport.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(HttpFailed(why))

    def _look(self) -> None:
        """Give up when neither side's bytes have moved for long enough."""
        loop, unsent = asyncio.get_running_loop(), self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._unsent, self._moved_at = unsent, loop.time()
        left = self._moved_at + self._seconds - loop.time()
        if left <= 0:
            self._fail("ReadTimeout" if unsent == 0 else "WriteTimeout")
        else:
            self._timer = loop.call_later(left, self._look)

    # The transport's callbacks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to ask."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """A piece of the answer."""
        if self._parser is None or self._answer is None or self._answer.done():
            self._fail("Unasked")  # nobody asked: whatever it is, it must not answer the next call
            return
        self._moved_at = asyncio.get_running_loop().time()
        self._size += len(data)
        if self._size > MAX_ANSWER:
            self._fail("AnswerTooLong")
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._answer.done():
                self._spoilt = True
            else:
                self._fail("NotHttp")

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, which is also the end of an answer that says no length."""
        self._spoilt = True
        if self._answer is None or self._answer.done():
            return
        if exc is None and self._has_head and not self._ends_by_itself:
            self._answer.set_result(Answer(self._status, b"".join(self._parts)))
        else:
            self._answer.set_exception(HttpFailed("Disconnected"))

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """An answer begins; a second one to the same call spoils the connection."""
        if self._answer is None or self._answer.done():
            self._spoilt = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Only how the body ends matters."""
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._ends_by_itself = True

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._parser is not None and self._answer is not None and not self._answer.done():
            self._has_head, self._status = True, self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only says that one will come (1xx)."""
        if self._parser is None or self._answer is None or self._answer.done():
            return
        if self._status < 200:
            size = self._size
            self._begin()
            self._size = size
            return
        if not self._parser.should_keep_alive() or self.transport.get_write_buffer_size():
            self._spoilt = True
        self._answer.set_result(Answer(self._status, b"".join(self._parts)))


def _tls_context() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)  # the authorities the line of hints believes
    context.set_alpn_protocols(["http/1.1"])
    return context


def _clean(text: str) -> str:
    """As it is, if it can be neither the end of a line nor anything but ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("not to be put into a request")
    return text
