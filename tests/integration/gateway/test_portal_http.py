"""The gateway's own HTTP towards the portal, against servers that behave, dawdle, break off and lie."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parvis.gateway import portal_http
from parvis.gateway.portal_http import HttpFailed, Pool
from tests.integration.gateway.harness import in_loop, until
from tests.servers.certificate import write_self_signed

pytestmark = pytest.mark.gateway

SECRET = "a-secret-shared-with-the-gateway-only"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Says = Callable[["Served", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    """What the server has seen."""

    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most: int = 0
    """Open at the same moment."""


async def read(served: Served, reader: asyncio.StreamReader) -> bytes:
    """One request, head and body; noted."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    served.requests.append(head + await reader.readexactly(size))
    return served.requests[-1]


def always(*pieces: bytes) -> Says:
    """The same answer to every request of a connection."""

    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read(served, reader)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    return says


def once(*pieces: bytes) -> Says:
    """One answer, then the connection is closed."""

    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(served, reader)
        writer.writelines(pieces)

    return says


async def silent(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads, and never answers."""
    while True:
        await read(served, reader)


@contextlib.asynccontextmanager
async def server(says: Says, *, path: Path | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    served = Served()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        served.open += 1
        served.most = max(served.most, served.open)
        try:
            await says(served, reader, writer)
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:  # the test is over
            pass
        finally:
            served.open -= 1
            writer.close()

    if path is not None:
        listening = await asyncio.start_unix_server(serve, path)
        served.url = f"unix:{path}"
    else:
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**17)  # what is not read soon waits at the sender's
        listening = await asyncio.start_server(serve, sock=sock, ssl=tls)
        served.url = f"http{'s' if tls else ''}://localhost:{listening.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        listening.close()


def pool_for(url: str, *, connections: int = 4, seconds: float = 5.0, turn_seconds: float = 5.0) -> Pool:
    return Pool(url, SECRET, connections=connections, seconds=seconds, turn_seconds=turn_seconds)


@contextlib.asynccontextmanager
async def asking(url: str, **limits: float) -> AsyncIterator[Callable[[], Awaitable[portal_http.Answer]]]:
    """A function that makes one call."""
    pool = pool_for(url, **limits)  # type: ignore[arg-type]
    try:
        yield lambda: pool.post("/call", '{"a": 1}', "c" * 32)
    finally:
        await pool.close()


@in_loop
async def test_one_connection_serves_call_after_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # nobody's way to the portal
    async with server(always(OK)) as served, asking(served.url + "/under") as ask:
        for _ in range(3):
            answer = await ask()
            assert (answer.status, answer.body) == (200, b"{}")
        assert served.connections == 1
        head, body = served.requests[2].split(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        assert first == "POST /under/call HTTP/1.1"
        assert f"Host: {served.url.removeprefix('http://')}" in fields
        assert f"Authorization: Bearer {SECRET}" in fields
        assert f"X-Correlation-ID: {'c' * 32}" in fields
        assert "Content-Type: application/json" in fields
        assert body == b'{"a": 1}'


@in_loop
async def test_unix_socket(tmp_path: Path) -> None:
    async with server(always(OK), path=tmp_path / "portal.sock") as served, asking(served.url) as ask:
        assert (await ask()).body == b"{}"
        assert served.requests[0].startswith(b"POST /call HTTP/1.1\r\nHost: portal\r\n")


@in_loop
async def test_a_kept_connection_the_portal_closed_is_not_used() -> None:
    async with server(once(OK)) as served, asking(served.url) as ask:
        for _ in range(3):
            assert (await ask()).body == b"{}"
            await until(lambda: served.open == 0)
            await asyncio.sleep(0.02)  # its end has been read here too
        assert served.connections == 3


@in_loop
async def test_an_old_connection_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_http, "_KEPT_SECONDS", -1.0)
    async with server(always(OK)) as served, asking(served.url) as ask:
        await ask()
        await ask()
        assert served.connections == 2
        await until(lambda: served.open == 1)


@in_loop
async def test_what_was_heard_is_never_sent_again() -> None:
    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(served, reader)
        if len(served.requests) == 1:
            writer.write(OK)
            await read(served, reader)  # the second one: heard, not answered

    async with server(says) as served, asking(served.url) as ask:
        await ask()
        with pytest.raises(HttpFailed, match="Disconnected"):
            await ask()
        assert len(served.requests) == 2
        assert served.connections == 1


@in_loop
async def test_silence_ends_the_call_and_its_connection() -> None:
    async with server(silent) as served, asking(served.url, seconds=0.1) as ask:
        with pytest.raises(HttpFailed, match="ReadTimeout"):
            await ask()
        await until(lambda: served.open == 0)
        assert len(served.requests) == 1


@in_loop
async def test_slow_is_not_silent() -> None:
    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(served, reader)
        for number in range(len(OK)):  # half a second in all
            writer.write(OK[number : number + 1])
            await asyncio.sleep(0.012)

    async with server(says) as served, asking(served.url, seconds=0.3) as ask:
        assert (await ask()).body == b"{}"


@in_loop
async def test_a_long_request_may_be_read_slowly_but_not_never() -> None:
    long = "x" * 2**24

    async def slow(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = len(long)
        while left:
            left -= len(await reader.read(2**17))
            if left > 2**22:  # the last megabytes wait in the kernel: nobody here sees them move
                await asyncio.sleep(0.02)  # two seconds in all
        writer.write(OK)

    async def never(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with server(slow) as served:
        pool = pool_for(served.url, seconds=0.7)
        assert (await pool.post("/call", long, "c")).body == b"{}"
        await pool.close()
    async with server(never) as served:
        pool = pool_for(served.url, seconds=0.1)
        with pytest.raises(HttpFailed, match="WriteTimeout"):
            await pool.post("/call", long, "c")
        await pool.close()


@in_loop
async def test_the_answer_to_a_call_that_was_given_up_is_nobody_elses() -> None:
    late = asyncio.Event()

    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(served, reader)
        if len(served.requests) == 1:
            await late.wait()
            writer.write(OK.replace(b"{}", b"77"))
        else:
            writer.write(OK)
            await read(served, reader)

    async with server(says) as served, asking(served.url) as ask:
        first = asyncio.ensure_future(ask())
        await until(lambda: len(served.requests) == 1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        late.set()
        assert (await ask()).body == b"{}"
        assert served.connections == 2


@pytest.mark.parametrize(
    ("pieces", "body", "kept"),
    [
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", b"1\r\n]\r\n0\r\n\r\n"], b"[]", True),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], b"{}", True),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", True),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n", b"{}"], b"{}", False),
        ([b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"], b"{}", False),
        ([OK + OK.replace(b"{}", b"77")], b"{}", False),  # a second answer nobody asked for
        ([OK, OK.replace(b"{}", b"77")], b"{}", False),
        ([OK + b"rubbish"], b"{}", False),
    ],
)
def test_answers_and_whether_the_connection_is_kept(pieces: list[bytes], body: bytes, kept: bool) -> None:
    @in_loop
    async def run() -> None:
        async with server(always(*pieces)) as served, asking(served.url) as ask:
            for _ in range(2):
                assert (await ask()).body == body
                await asyncio.sleep(0.05)  # whatever else the server says has come
            assert served.connections == (1 if kept else 2)

    run()


@in_loop
async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with server(once(b"HTTP/1.0 503 Busy\r\n\r\n{", b"}")) as served, asking(served.url) as ask:
        answer = await ask()
        assert (answer.status, answer.body) == (503, b"{}")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "Disconnected"),
        (b"HTTP/1.1 200 OK\r\n", "Disconnected"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "Disconnected"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "Disconnected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "NotHttp"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "NotHttp|Disconnected"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5000 + b"\r\n\r\n", "AnswerTooLong"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 9999, "AnswerTooLong"),
    ],
)
def test_half_answers_and_what_is_none(answer: bytes, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_http, "MAX_ANSWER", 4096)

    @in_loop
    async def run() -> None:
        async with server(once(answer)) as served, asking(served.url) as ask:
            with pytest.raises(HttpFailed, match=why):
                await ask()
            assert len(served.requests) == 1

    run()


@in_loop
async def test_a_crowd_takes_turns_on_a_few_connections() -> None:
    async def says(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read(served, reader)
            await asyncio.sleep(0.001)
            writer.write(OK)

    async with server(says) as served, asking(served.url, connections=4) as ask:
        answers = await asyncio.gather(*(ask() for _ in range(200)))
        assert [answer.status for answer in answers] == [200] * 200
        assert served.connections == served.most == 4


@in_loop
async def test_who_waits_too_long_for_a_turn_was_not_heard() -> None:
    async with server(silent) as served, asking(served.url, connections=1, turn_seconds=0.1) as ask:
        first = asyncio.ensure_future(ask())
        await until(lambda: len(served.requests) == 1)
        with pytest.raises(HttpFailed, match="NoTurn"):
            await ask()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert len(served.requests) == 1


@in_loop
async def test_nobody_listens() -> None:
    async with server(always(OK)) as served:
        url = served.url
    async with asking(url) as ask:
        with pytest.raises(HttpFailed, match="ConnectionRefusedError"):
            await ask()


@in_loop
async def test_only_a_certificate_that_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key, _ = write_self_signed(tmp_path, "localhost", host="localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with server(always(OK), tls=context) as served:
        async with asking(served.url) as ask:
            with pytest.raises(HttpFailed, match="SSLCertVerificationError"):
                await ask()
        monkeypatch.setattr(portal_http, "_tls_context", lambda: ssl.create_default_context(cafile=str(certificate)))
        async with asking(served.url) as ask:
            assert (await ask()).body == b"{}"
            assert (await ask()).body == b"{}"
        async with asking(served.url.replace("localhost", "127.0.0.1")) as ask:  # not the certificate's name
            with pytest.raises(HttpFailed, match="SSLCertVerificationError"):
                await ask()
        assert len(served.requests) == 2


@in_loop
async def test_nothing_slips_into_the_head() -> None:
    async with server(always(OK)) as served:
        pool = pool_for(served.url)
        for correlation in ("c\r\nX: y", "c\n", "é", "c\0"):
            with pytest.raises(ValueError, match="request"):
                await pool.post("/call", "{}", correlation)
        with pytest.raises(ValueError, match="request"):
            Pool(served.url, "se\r\ncret", connections=1, seconds=1, turn_seconds=1)
        await pool.close()
        assert served.requests == []
