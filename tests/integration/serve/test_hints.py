"""The line of hints at the portal's web server: who may listen, what is said, what it costs those who want pages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.test import Client, override_settings

from parvis.portal.remote_desktop import hints
from parvis.serve.hints import board as boards
from parvis.serve.hints.board import MOST_LINES_OF_ONE, Board, Source
from parvis.serve.hints.datagram import DatagramSource
from parvis.serve.web import THREADS, Server, configuration

PATH = "/internal/gateway/v1/hints"


class Silent:
    """A source that is there, and says what the test says."""

    def __init__(self) -> None:
        self.heard: Callable[[bytes], None] | None = None
        self.is_away = False
        self._cut: asyncio.Event
        self._loop: asyncio.AbstractEventLoop

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        if self.is_away:
            raise OSError
        self._loop, self._cut = asyncio.get_running_loop(), asyncio.Event()
        connected()
        self.heard = heard
        await self._cut.wait()
        raise OSError

    def say(self, raw: bytes) -> None:
        assert self.heard
        self._loop.call_soon_threadsafe(self.heard, raw)

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._cut.set)


@dataclass
class Portal:
    url: str
    server: Server
    thread: threading.Thread
    board: Board

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


@dataclass
class Line:
    """A gateway that listens, in a thread of its own."""

    url: str
    gateway: str = "gw-1"
    words: list[str] = field(default_factory=list)
    ended: bool = False

    def __enter__(self) -> Line:
        self._client = httpx.Client(timeout=httpx.Timeout(10, read=60), trust_env=False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def _read(self) -> None:
        body = {"gateway": self.gateway, "boot": str(uuid4())}
        with (
            contextlib.suppress(httpx.HTTPError),
            self._client.stream("POST", self.url + PATH, json=body, headers=bearer()) as answer,
        ):
            assert answer.status_code == 200, answer.status_code
            for word in answer.iter_lines():
                self.words.append(word)
        self.ended = True

    def wait_for(self, word: str, count: int = 1) -> None:
        until(lambda: self.words.count(word) >= count, f"{count} × {word} in {self.words}")

    def __exit__(self, *error: object) -> None:
        for stream in getattr(self._client._transport, "_pool").connections:  # noqa: B009 - a thread reads from it
            stream._connection._network_stream._sock.shutdown(2)
        self._thread.join(10)
        self._client.close()


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.KEYS.gateway}"}


def until(condition: Callable[[], Any], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def _application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]


@contextlib.contextmanager
def serving(source: Source) -> Iterator[Portal]:
    board = Board(source)
    server = Server(configuration(_application, "127.0.0.1", 0, board), board)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server has started")
    portal = Portal(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", server, thread, board)
    try:
        yield portal
    finally:
        portal.stop()
        hints.state = "off"


@pytest.fixture
def source() -> Silent:
    return Silent()


@pytest.fixture
def portal(source: Silent) -> Iterator[Portal]:
    with serving(source) as running:
        yield running


def test_only_gateways_may_listen(portal: Portal) -> None:
    good = {"gateway": "gw-1", "boot": str(uuid4())}
    told = json.dumps(good).encode()
    for status, headers, content in (
        (401, {}, told),
        (401, {"Authorization": "Bearer wrong"}, told),
        (404, {**bearer(), "X-Forwarded-For": "203.0.113.9"}, told),
        (422, bearer(), b"{"),
        (422, bearer(), b'{"gateway": "../x", "boot": "x"}'),
        (413, bearer(), b" " * 5000),
    ):
        answer = httpx.post(portal.url + PATH, headers=headers, content=content, trust_env=False)
        assert answer.status_code == status, (status, answer.text)
        assert answer.json()["code"]
    assert httpx.get(portal.url + PATH, headers=bearer(), trust_env=False).status_code == 405
    assert httpx.post(portal.url + "/other", content=b"", trust_env=False).text == "/other"


def test_the_gateway_that_is_named_hears_it_and_no_other(portal: Portal, source: Silent) -> None:
    with Line(portal.url) as one, Line(portal.url, "gw-2") as other:
        one.wait_for("listening")
        other.wait_for("listening")
        source.say(b"gw-1")
        one.wait_for("ask")
        source.say(b"gw-2")
        other.wait_for("ask")
        assert one.words.count("ask") == other.words.count("ask") == 1


@pytest.mark.parametrize(
    "garbled",
    [b"", b"*", b"gw-1\n", b"\ngw-1", b"\xff\xfe", "gé".encode(), b"gw-1 gw-2", b"x" * 64, b"gw" * 10_000, b"{}"],
)
def test_what_is_no_hint_says_nothing(garbled: bytes) -> None:
    assert hints.heard(garbled) is None


def test_garbled_messages_reach_nobody(portal: Portal, source: Silent) -> None:
    before = boards.REFUSED._value.get()
    with Line(portal.url) as line:
        line.wait_for("listening")
        for garbled in (b"", b"gw-1\n", b"\xff", b"x" * 9999):
            source.say(garbled)
        source.say(b"nobody-here")
        source.say(b"gw-1")
        line.wait_for("ask")
        assert line.words == ["away", "listening", "ask"]  # it begins when the first gateway comes
    assert boards.REFUSED._value.get() == before + 4


def test_lines_hold_no_thread_of_the_pages(portal: Portal) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(Line(portal.url, f"gw-{number}")) for number in range(THREADS + 4)]
        for line in lines:
            line.wait_for("listening")
        assert httpx.get(portal.url + "/page", timeout=10, trust_env=False).text == "/page"


def test_whoever_listens_again_and_again_is_kept_a_few_times(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        lines = []
        for _ in range(MOST_LINES_OF_ONE + 3):
            lines.append(stack.enter_context(Line(portal.url)))
            lines[-1].wait_for("listening")
        until(lambda: [line.ended for line in lines] == [True] * 3 + [False] * MOST_LINES_OF_ONE, "the oldest end")
        monkeypatch.setattr(boards, "MOST_LINES", MOST_LINES_OF_ONE)
        full = httpx.post(portal.url + PATH, json={"gateway": "gw-9", "boot": str(uuid4())}, headers=bearer())
        assert full.status_code == 503
    until(lambda: portal.board._ears == {} and portal.board._count == 0, "who has left is forgotten")


def test_a_source_that_is_cut_comes_back_and_everybody_asks(portal: Portal, source: Silent) -> None:
    with Line(portal.url) as line:
        line.wait_for("listening")
        source.is_away = True
        source.cut()
        line.wait_for("away", 2)
        source.is_away = False
        line.wait_for("listening", 2)
        assert line.words == ["away", "listening", "away", "listening"]


def test_a_portal_that_ends_does_not_wait_for_its_lines(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    with Line(portal.url) as line:
        line.wait_for("listening")
        portal.stop()
        until(lambda: line.ended, "the gateway knows")
    assert "timeout graceful shutdown exceeded" not in caplog.text  # what uvicorn says after ten seconds


def test_a_quiet_line_says_that_it_is_alive(source: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    from parvis.serve.hints import door

    monkeypatch.setattr(door.HintDoor.__init__, "__kwdefaults__", {"alive_seconds": 0.05})
    with serving(source) as portal, Line(portal.url) as line:
        line.wait_for("alive", 3)


def test_processes_of_one_machine_tell_each_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the embedded database: every portal process hears; what a killed one left behind is no obstacle."""
    folder = tmp_path_factory.mktemp("d")
    with override_settings(PARVIS=_environment(folder)):
        hints._tell_this_machine(["gw-1"])  # nobody hears it: no error
        left = hints.own_socket()
        left.parent.mkdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
            killed.bind(str(left))
        with (
            serving(DatagramSource()) as one,
            serving(DatagramSource()) as other,
            Line(one.url) as first,
            Line(other.url) as second,
        ):
            first.wait_for("listening")
            second.wait_for("listening")
            hints._tell_this_machine(["gw-2", "gw-1"])
            assert left not in hints.sockets()
            assert [path.stat().st_mode & 0o777 for path in hints.sockets()] == [0o600, 0o600]
            first.wait_for("ask")
            second.wait_for("ask")
        assert hints.sockets() == []


def _environment(folder: Any) -> Any:
    import dataclasses

    return dataclasses.replace(settings.PARVIS, data_dir=folder)


@pytest.mark.django_db
def test_hints_that_are_not_heard_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for state, warned in (("off", False), ("away", True), ("listening", False)):
        monkeypatch.setattr(hints, "state", state)
        answer = Client().get("/readyz")
        assert answer.status_code == 200
        assert ("hints are not heard" in answer.content.decode()) is warned
