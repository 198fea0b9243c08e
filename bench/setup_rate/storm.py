"""Everybody opens their screen: the viewer's call for a ticket, then the gateway, up to the PC's first words."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from parvis.serve.load_test.browsers import VncBrowser
from parvis.serve.load_test.traffic import Delays

AT_ONCE = 64
"""Browsers that wait for an answer at the same moment."""


@dataclass
class Storm:
    """What people saw. Seconds."""

    seconds: float = 0.0
    """From the first click to the last screen."""
    tickets: list[float] = field(default_factory=list)
    screens: list[float] = field(default_factory=list)
    """From each ticket to its screen."""
    errors: list[str] = field(default_factory=list)
    browsers: list[VncBrowser] = field(default_factory=list)

    def close(self) -> None:
        """Everybody leaves."""
        for browser in self.browsers:
            browser.close()


class Http:
    """One connection that is kept, as a browser keeps it; as little processor as can be."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body.

        Raises:
            OSError, asyncio.IncompleteReadError: no answer.
        """
        if self._reader is None or self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost:{self._port}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
        if "content-length" in fields:
            content = await self._reader.readexactly(int(fields["content-length"]))
        else:
            content = await self._chunks(self._reader)
        return int(answer.split(" ", 2)[1]), content

    async def _chunks(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            content += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return content

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def first_pages(port: int, people: Sequence[dict[str, Any]]) -> list[str]:
    """Each browser's first page of the day, which notes the sign-in; what failed."""
    failed: list[str] = []

    async def one(http: Http, person: dict[str, Any]) -> None:
        status, _ = await http.ask("GET", f"/mon-bureau/{person['computer']}/ecran", f"Cookie: {person['cookie']}\r\n")
        if status != 200:
            failed.append(f"the screen's page: HTTP {status}")

    await _all(port, people, one, at_once=8)
    return failed


async def storm(port: int, people: Sequence[dict[str, Any]], *, at_once: int = AT_ONCE) -> Storm:
    """All of them, `at_once` at a time: a ticket, then the screen."""
    done = Storm()

    async def one(http: Http, person: dict[str, Any]) -> None:
        began = time.monotonic()
        try:
            ticket = await _ticket(http, person)
            done.tickets.append(time.monotonic() - began)
            browser = VncBrowser(ticket, Delays())
            await browser.open(f"ws://127.0.0.1:{port}", origin=f"http://localhost:{port}")
        except (OSError, ValueError, KeyError, TimeoutError, asyncio.IncompleteReadError) as error:
            done.errors.append(f"{type(error).__name__}: {error}")
            return
        done.screens.append(browser.opened_in)
        done.browsers.append(browser)

    began = time.monotonic()
    await _all(port, people, one, at_once=at_once)
    done.seconds = time.monotonic() - began
    return done


async def _ticket(http: Http, person: dict[str, Any]) -> str:
    headers = f"Cookie: {person['cookie']}\r\nX-CSRFToken: {person['csrf']}\r\nContent-Type: application/json\r\n"
    status, body = await http.ask("POST", f"/mon-bureau/{person['computer']}/connect", headers, b'{"session": null}')
    if status != 200:
        raise ValueError(f"connect: HTTP {status} {body[:200]!r}")
    return str(json.loads(body)["ticket"])


async def _all(port: int, people: Sequence[dict[str, Any]], act: Any, *, at_once: int) -> None:
    waiting = iter(people)

    async def browser() -> None:
        http = Http(port)
        with suppress(StopIteration):
            while True:
                await act(http, next(waiting))
        http.close()

    await asyncio.gather(*(browser() for _ in range(at_once)))
