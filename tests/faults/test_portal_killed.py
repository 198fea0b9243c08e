"""The portal's process is killed while people write: what it answered for is kept, and it starts again."""

from __future__ import annotations

import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import postgresql
from tests.faults.browsing import Portal, announce, running_portal, start_portal
from tests.faults.conftest import LONG
from tests.faults.nursery import Nursery, wait_for

KILLS = 100 if LONG else 10
WRITERS = 3
LONGEST = 0.4
"""Seconds between the first write that is answered and the kill, at most."""


class Writers:
    """Several people who write until their portal is gone, and remember what they were told is kept."""

    def __init__(self, portal: Portal, session: str, entity: int, name: str) -> None:
        self.kept: list[str] = []
        self.sent: list[str] = []
        self._threads = [
            threading.Thread(target=self._write, args=(portal, session, entity, f"{name}.{writer}"))
            for writer in range(WRITERS)
        ]
        for thread in self._threads:
            thread.start()

    def _write(self, portal: Portal, session: str, entity: int, name: str) -> None:
        with portal.browser(session) as browser:
            for number in range(10_000):
                title = f"{name}.{number}"
                self.sent.append(title)
                try:
                    answer = announce(browser, entity, title)
                except httpx.TransportError:
                    return  # killed
                assert answer.status_code == 302, answer.text
                self.kept.append(title)

    def gone(self) -> None:
        for thread in self._threads:
            thread.join()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path) -> dict[str, Any]:
    """The folder and the database of an empty installation."""
    if request.param == "sqlite":
        return {"folder": request.getfixturevalue("installation"), "database": "sqlite"}
    server: postgresql.Server = request.getfixturevalue("postgres")
    found = {"folder": tmp_path / "data", "database": server.create("killed")}
    nursery.do("build", **found, release="current")
    return found


def test_no_write_that_was_answered_for_is_lost(
    where: dict[str, Any], nursery: Nursery, chance: random.Random, tmp_path: Path
) -> None:
    people = nursery.do("people", **where)
    kept: list[str] = []
    sent: list[str] = []
    for number in range(KILLS):
        portal = start_portal(nursery, where=tmp_path, **where)
        writers = Writers(portal, people["session"], people["entity"], f"kill {number}")
        try:
            wait_for(lambda: writers.kept or not portal.child.running, "a first answer")  # noqa: B023 - waited for within this turn of the loop
            time.sleep(chance.uniform(0, LONGEST))  # the fault's moment
        finally:
            portal.child.kill()
        writers.gone()
        assert writers.kept, portal.child.log
        kept += writers.kept
        sent += writers.sent

    print(f"{KILLS} kills, {len(sent)} sent, {len(kept)} answered for")  # noqa: T201 - the diary, `pytest -s`
    found = nursery.do("announcements", **where)
    assert {title: found.get(title) for title in kept} == {title: [1, 1] for title in kept}
    # What was under way at the kill is there with its line of the trail, or not at all.
    assert set(found) <= set(sent)
    assert {tuple(counts) for counts in found.values()} == {(1, 1)}
    assert len(sent) - len(kept) <= KILLS * WRITERS
    assert nursery.do("look", **where, kept={}) == {"rows": {}, "chain": None, "integrity": []}
    with running_portal(nursery, where=tmp_path, **where) as portal, portal.browser() as browser:
        assert browser.get("/readyz").json() == {"ready": True, "problems": []}


@pytest.mark.parametrize("statement", ['INSERT INTO "kernel_auditrecord"', 'UPDATE "kernel_audithead"'])
def test_a_write_without_its_line_of_the_trail_is_no_write(
    statement: str, installation: Path, nursery: Nursery, tmp_path: Path
) -> None:
    people = nursery.do("people", folder=installation)
    step = {"step": "portal_killed_before", "statement": statement}
    portal = start_portal(nursery, folder=installation, where=tmp_path, **step)
    with portal.browser(people["session"]) as browser, pytest.raises(httpx.TransportError):
        announce(browser, people["entity"], "half-way")
    assert portal.child.wait() == -signal.SIGKILL, portal.child.log
    assert nursery.do("announcements", folder=installation) == {}
    assert nursery.do("fault_of_the_chain", folder=installation) is None
