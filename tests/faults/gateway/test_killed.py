"""kill -9 of a gateway with fifty live screens, against the real portal.

That a browser comes back by itself, without a new password, is seen in a real Chromium:
`tests/browser/journeys/test_killed.py::test_the_gateway_dies_and_the_screen_comes_back`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from parvis.portal.capacity import gauges
from parvis.portal.capacity.rules import Cost
from parvis.portal.kernel import audit, clock
from parvis.portal.remote_desktop.models import Connection, RemoteSession
from tests.faults.gateway import real_portal, weather
from tests.integration.gateway.harness import Browser, ScriptedTarget

SCREENS, AT_ONCE = 50, 5


def wait(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@contextlib.contextmanager
def target_of(loop: real_portal.LoopThread) -> Iterator[ScriptedTarget]:
    """The PCs, all behind one port."""
    target = ScriptedTarget(weather.screen)
    loop.run(target.__aenter__())
    try:
        yield target
    finally:
        loop.run(target.__aexit__())


def open_now() -> int:
    """What the capacity page counts."""
    return gauges.fleet(Cost(), clock.now()).sessions


@pytest.mark.django_db(transaction=True)
def test_fifty_screens_outlive_their_gateway(live_server: Any, tmp_path: Path) -> None:
    cache.clear()
    with real_portal.LoopThread() as loop, target_of(loop) as target:
        people = real_portal.people(SCREENS, target.port)

        async def open_all(port: int, tickets: list[str]) -> list[Browser]:
            found: list[Browser] = []
            while left := tickets[len(found) :]:  # Django's test server is no match for fifty at once
                found += await asyncio.gather(*(real_portal.screen(port, each) for each in left[:AT_ONCE]))
            return found

        with real_portal.gateway(live_server.url, tmp_path, target.port) as (process, port):
            grants = [each.request(clock.now()) for each in people]
            browsers = loop.run(open_all(port, [each.ticket for each in grants]))
            wait(lambda: RemoteSession.objects.filter(state="active").count() == SCREENS, "not all are open")
            wait(lambda: open_now() == SCREENS, "the capacity page does not count them")
            first = Connection.objects.values_list("boot", flat=True).first()

            process.kill()
            process.wait()
            for each in browsers:
                assert loop.run(each.closed()) is None  # the kernel closed: nobody could say a word
            wait(lambda: real_portal.sockets_to(port) == 0, "orphan sockets of the browsers")
            wait(lambda: real_portal.sockets_to(target.port) == 0, "orphan sockets of the PCs")

        with real_portal.gateway(live_server.url, tmp_path, target.port) as (process, port):
            # The next process of the same name has said hello: what the first held is over, and may come back.
            wait(lambda: not Connection.objects.filter(ended_at=None).exists(), "connections of the dead one are open")
            assert set(Connection.objects.values_list("end_reason", flat=True)) == {"gateway_lost"}
            assert set(RemoteSession.objects.values_list("state", flat=True)) == {"interrupted"}
            wait(lambda: open_now() == 0, "the capacity page counts the dead")

            again = [each.request(clock.now(), grant.session) for each, grant in zip(people, grants, strict=True)]
            browsers = loop.run(open_all(port, [each.ticket for each in again]))
            wait(lambda: RemoteSession.objects.filter(state="active").count() == SCREENS, "not all came back")
            wait(lambda: open_now() == SCREENS, "the capacity page does not count those who came back")
            assert RemoteSession.objects.count() == SCREENS
            assert Connection.objects.filter(ended_at=None).exclude(boot=first).count() == SCREENS

            async def leave() -> None:
                for each in browsers:
                    await weather.is_alive(each)
                    each.leave()

            loop.run(leave())
            wait(lambda: RemoteSession.objects.filter(state="ended").count() == SCREENS, "not all have ended")
    assert set(RemoteSession.objects.values_list("end_reason", flat=True)) == {"closed_by_user"}
    assert audit.verify() is None
