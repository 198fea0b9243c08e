"""The memory that slow connections may hold: bounded piece by piece, shared out, and always given back."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from parvis.serve import buffering, supervisor
from parvis.serve.buffering import Buffering, Message, Receive, Send

PIECE = bytes(64 * 1024)
CAP = 2**20


class Browser:
    """One connection: sends its pieces when they are asked for, then waits; reads what it is sent if it wants to."""

    def __init__(
        self, pieces: int = 0, *, path: str = "/", ends: bool = True, reads: bool = True, length: int = 0
    ) -> None:
        length = length or pieces * len(PIECE)
        headers = [(b"content-length", str(length).encode())] if length else []
        self.scope: Message = {"type": "http", "path": path, "headers": headers}
        self.told: list[Message] = []
        self._left, self._ends = pieces, ends
        self._reading = asyncio.Event()
        self.gone = asyncio.Event()
        if reads:
            self._reading.set()

    async def receive(self) -> Message:
        if self._left:
            self._left -= 1
            return {"type": "http.request", "body": PIECE, "more_body": not self._ends or self._left > 0}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self._reading.wait()
        self.told.append(message)

    def read(self) -> None:
        self._reading.set()

    @property
    def status(self) -> int:
        return int(self.told[0]["status"]) if self.told else 0


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    """Says how much came."""
    size = len((await receive())["body"]) if scope["headers"] else 0
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def of_pieces(count: int) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for left in range(count, 0, -1):
            await send({"type": "http.response.body", "body": PIECE, "more_body": left > 1})

    return app


async def whole(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(CAP // 4)})


def begin(door: Buffering, *browsers: Browser) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(door(each.scope, each.receive, each.send)) for each in browsers]


async def settle() -> None:
    """Everything that can go on without waiting has gone on."""
    for _ in range(500):
        await asyncio.sleep(0)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 60))


def test_many_bodies_that_begin_together_stay_below_the_bound() -> None:
    async def story() -> None:
        door = Buffering(echo, most_held=CAP)
        slow = [Browser(5, ends=False, length=12 * 2**20) for _ in range(20)]
        tasks = begin(door, *slow)
        await settle()
        assert sum(each.status == 503 for each in slow) >= 18
        assert 0 < door.held <= CAP
        for each in slow:
            each.gone.set()
        await asyncio.gather(*tasks)
        assert door.held == 0

    run(story)


def test_while_bodies_are_refused_pages_and_heartbeats_go_on() -> None:
    async def story() -> None:
        door = Buffering(echo, most_held=CAP)
        slow = [Browser(5, ends=False, length=2**20) for _ in range(10)]
        tasks = begin(door, *slow)
        await settle()
        page, form, heart = Browser(), Browser(3), Browser(3, path="/internal/gateway/v1/heartbeat")
        forwarded = Browser(3, path="/internal/gateway/v1/heartbeat")
        forwarded.scope["headers"].append((b"x-forwarded-for", b"198.51.100.7"))
        await asyncio.gather(*begin(door, page, form, heart, forwarded))
        assert [each.status for each in (page, form, heart, forwarded)] == [200, 503, 200, 503]
        assert heart.told[1]["body"] == b"%d" % (3 * len(PIECE))
        for each in slow:
            each.gone.set()
        await asyncio.gather(*tasks)

    run(story)


def test_a_heartbeat_passes_where_readers_that_do_not_read_stop_pages() -> None:
    async def story() -> None:
        door = Buffering(whole, most_held=CAP)
        slow = [Browser(reads=False) for _ in range(4)]
        tasks = begin(door, *slow)
        await settle()
        assert door.held == 3 * CAP // 4  # the fourth would have gone past 7/8
        slow[3].read()
        await tasks[3]
        assert slow[3].status == 503
        heart = Browser(1, path="/internal/gateway/v1/heartbeat")
        door._app = echo
        await asyncio.gather(*begin(door, heart))
        assert heart.status == 200
        for each in slow:
            each.read()
        await asyncio.gather(*tasks)
        assert [each.status for each in slow] == [200, 200, 200, 503]
        assert door.held == 0

    run(story)


def test_a_long_answer_goes_at_the_pace_of_its_reader_within_the_bound() -> None:
    async def story() -> None:
        door = Buffering(of_pieces(100), most_held=CAP)
        reader = Browser(reads=False)
        tasks = begin(door, reader)
        await settle()
        assert 0 < door.held <= CAP
        reader.read()
        await asyncio.gather(*tasks)
        assert sum(len(each.get("body", b"")) for each in reader.told) == 100 * len(PIECE)
        assert door.held == 0

    run(story)


def test_a_long_answer_that_nobody_reads_is_cut_and_frees_its_thread() -> None:
    async def story() -> None:
        door = Buffering(of_pieces(100), most_held=CAP, room_seconds=0.05)
        reader = Browser(reads=False)
        await asyncio.gather(*begin(door, reader))
        assert (reader.told, door.held) == ([], 0)

    run(story)


@pytest.mark.parametrize("how", ["too slow", "gone", "cancelled", "broken", "unread"])
def test_what_was_held_is_given_back(how: str) -> None:
    async def broken(scope: Message, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        raise ValueError

    async def story() -> None:
        app = broken if how == "broken" else echo
        door = Buffering(app, most_held=CAP, body_seconds=0.05 if how == "too slow" else 60, answer_seconds=0.05)
        browser = Browser(4, ends=how in ("broken", "unread"), length=2**20, reads=how != "unread")
        (task,) = begin(door, browser)
        for _ in range(3):
            await asyncio.sleep(0)
        if how == "gone":
            browser.gone.set()
        if how == "cancelled":
            await settle()
            assert door.held == 4 * len(PIECE)
            task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        wanted: dict[str, type[BaseException] | None] = {"cancelled": asyncio.CancelledError, "broken": ValueError}
        assert isinstance(result, wanted.get(how) or type(None)), result
        assert door.held == 0

    run(story)


def test_a_body_is_in_memory_once() -> None:
    peaks: list[int] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        message = await receive()
        peaks.append(tracemalloc.get_traced_memory()[1])
        await echo(scope, _given(message), send)

    async def story() -> None:
        browser = Browser(160)
        tracemalloc.start()
        try:
            await Buffering(app)(browser.scope, browser.receive, browser.send)
        finally:
            tracemalloc.stop()
        assert browser.told[1]["body"] == b"%d" % (160 * len(PIECE))
        assert peaks[0] < 1.5 * 160 * len(PIECE)

    run(story)


def _given(message: Message) -> Receive:
    async def receive() -> Message:
        return message

    return receive


@pytest.mark.parametrize(
    ("environ", "share"),
    [
        ({}, 256),
        ({"PARVIS_PORTAL_PROCESSES": "4"}, 256),  # of a portal that is alone: another supervisor's, or a container's
        ({supervisor.LISTEN_FD: "3"}, 256),  # alone, behind an address that outlives it
        ({supervisor.LISTEN_FD: "3", supervisor.SEVERAL: "4"}, 64),
        ({supervisor.LISTEN_FD: "3", supervisor.SEVERAL: "2"}, 128),
        ({supervisor.LISTEN_FD: "3", supervisor.SEVERAL: "64"}, 48),
    ],
)
def test_several_processes_share_the_bound(
    environ: dict[str, Any], share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (supervisor.LISTEN_FD, supervisor.SEVERAL, "PARVIS_PORTAL_PROCESSES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert buffering.own_share() == Buffering(echo).most_held == share * 2**20
