"""Browsers that send or read slowly, or too much, against the portal's web server with a small application in it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from parvis.serve import buffering, heads
from parvis.serve.buffering import MAX_BODY
from parvis.serve.supervisor import LISTEN_FD
from parvis.serve.web import THREADS, configuration

BIG = b"x" * (4 * 2**20)
MORE_THAN_THREADS = THREADS + 4


def _application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/broken":
        raise ValueError("the application's own")
    if environ["PATH_INFO"] in ("/parts", "/empty"):
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Twice", "1"), ("X-Twice", "2")])
        return (b"%d " % number for number in range(1000 if environ["PATH_INFO"] == "/parts" else 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [BIG[i : i + 8192] for i in range(0, len(BIG), 8192)] if environ["PATH_INFO"] == "/big" else [body or b"ok"]


@contextlib.contextmanager
def _serving() -> Iterator[uvicorn.Server]:
    server = uvicorn.Server(configuration(_application, "127.0.0.1", 0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join(15)


def _port(server: uvicorn.Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with _serving() as server:
        yield _port(server)


@contextlib.contextmanager
def _connections(port: int, request: bytes, count: int = MORE_THAN_THREADS) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in socks:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(15)
            sock.connect(("127.0.0.1", port))
            sock.sendall(request)
        time.sleep(0.3)
        yield socks


def _page(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/", timeout=10, trust_env=False).text


def test_bodies_that_stop_half_way_hold_up_nobody(port: int) -> None:
    with _connections(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"):
        assert _page(port) == "ok"


def test_readers_that_do_not_read_hold_up_nobody(port: int) -> None:
    with _connections(port, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert _page(port) == "ok"


def test_a_slow_reader_gets_every_byte(port: int) -> None:
    with _connections(port, b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1) as (sock,):
        received = b"".join(iter(lambda: sock.recv(65536), b""))
    assert received.count(b"x") >= len(BIG)


def test_a_body_arrives_whole(port: int) -> None:
    sent = bytes(range(256)) * 4096
    assert httpx.post(f"http://127.0.0.1:{port}/", content=sent, trust_env=False).content == sent


def test_a_body_in_pieces_of_unknown_length_arrives_whole(port: int) -> None:
    pieces = (b"one ", b"two")
    assert httpx.post(f"http://127.0.0.1:{port}/", content=iter(pieces), trust_env=False).content == b"one two"


def test_a_body_announced_too_large_is_refused(port: int) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode()
    with _connections(port, head, 1) as (sock,):
        assert b" 413 " in sock.recv(100)


def test_a_body_that_turns_out_too_large_is_refused(port: int) -> None:
    with _connections(port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 1) as (sock,):
        with contextlib.suppress(OSError):
            for _ in range(MAX_BODY // 2**16 + 2):
                sock.sendall(b"10000\r\n" + bytes(2**16) + b"\r\n")
        assert b" 413 " in sock.recv(100)


def _is_refused(sock: socket.socket) -> bool:
    sock.settimeout(0.02)
    try:
        told = sock.recv(100)
    except TimeoutError:
        return False
    except ConnectionError:  # who sends on after the refusal may not hear it
        return True
    return told == b"" or b" 503 " in told


def test_bodies_that_begin_together_fill_no_more_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffering, "MAX_HELD", 2**20)
    monkeypatch.delenv(LISTEN_FD, raising=False)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY}\r\n\r\n".encode()
    with _serving() as server, _connections(_port(server), head, 20) as socks:
        for _ in range(4):
            for sock in socks:
                with contextlib.suppress(OSError):  # refused meanwhile
                    sock.sendall(bytes(2**16))
            assert server.config.app.held <= 2**20  # type: ignore[union-attr]
        left, deadline = list(socks), time.monotonic() + 15
        while len(left) > 10:  # 10 pieces of these 80 find room
            assert time.monotonic() < deadline, f"{len(left)} of 20 are not refused"
            left = [each for each in left if not _is_refused(each)]
        assert _page(_port(server)) == "ok"
    assert server.config.app.held == 0  # type: ignore[union-attr]


def _send_until(sock: socket.socket, piece: bytes, deadline: float) -> None:
    """Not once: the system may still take a little of what nobody will read."""
    while time.monotonic() < deadline:
        sock.sendall(piece)


@pytest.mark.parametrize("piece", [b"X-Header: " + b"a" * 1000 + b"\r\n", b"a" * 1000])
def test_a_head_without_end_is_refused(port: int, piece: bytes) -> None:
    with _connections(port, b"GET / HTTP/1.1\r\nHost: x\r\nX: ", 1) as (sock,):
        with contextlib.suppress(OSError):
            for _ in range(heads.MAX_HEAD // 1000 + 50):
                sock.sendall(piece)
        with contextlib.suppress(ConnectionResetError):
            assert b" 400 " in sock.recv(100)
        with pytest.raises(ConnectionError):
            _send_until(sock, piece, time.monotonic() + 15)


def test_a_head_that_does_not_come_ends_the_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads.BoundedHttp, "head_seconds", 0.3)
    with _connections(port, b"GET / HTTP/1.1\r\nHost", 1) as (sock,):
        assert sock.recv(100) == b""


def test_two_requests_on_one_connection(port: int) -> None:
    with httpx.Client(trust_env=False) as client:
        assert [client.get(f"http://127.0.0.1:{port}/").text for _ in range(3)] == ["ok"] * 3


def test_an_answer_in_parts_arrives_whole_with_its_head(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/parts", trust_env=False)
    assert answer.text.split() == [str(number) for number in range(1000)]
    assert answer.headers.get_list("x-twice") == ["1", "2"]
    assert httpx.get(f"http://127.0.0.1:{port}/empty", trust_env=False).content == b""


def test_an_application_that_fails_answers_500_and_the_thread_goes_on(port: int) -> None:
    for _ in range(THREADS + 1):
        assert httpx.get(f"http://127.0.0.1:{port}/broken", trust_env=False).status_code == 500
    assert _page(port) == "ok"
