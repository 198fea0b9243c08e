"""PostgreSQL stops under a working portal and comes back: people are told, nothing is restarted, nothing is lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import postgresql
from tests.faults.browsing import announce, running_portal
from tests.faults.conftest import LONG
from tests.faults.nursery import Nursery, wait_for
from tests.servers.smtp import Mailbox, mail_server

SECONDS = 30 if LONG else 5
THREADS = 8
"""Of the portal: each has a connection of its own that is gone."""


@pytest.fixture
def on_postgresql(postgres: postgresql.Server, nursery: Nursery, tmp_path: Path) -> tuple[Path, str]:
    folder, database = tmp_path / "data", postgres.create("stopped")
    nursery.do("build", folder=folder, database=database, release="current")
    return folder, database


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def test_a_database_that_stops_for_a_while(
    on_postgresql: tuple[Path, str], postgres: postgresql.Server, nursery: Nursery, mailbox: Mailbox, tmp_path: Path
) -> None:
    folder, database = on_postgresql
    where: dict[str, Any] = {"folder": folder, "database": database}
    people = nursery.do("people", **where)
    worker = nursery.start("worker", mail_port=mailbox.port, **where)
    try:
        with (
            running_portal(nursery, where=tmp_path, **where) as portal,
            portal.browser(people["session"]) as browser,
            portal.browser(Authorization=people["token"], Accept="application/json") as program,
            portal.browser() as supervisor,
        ):
            for number in range(THREADS):
                assert announce(browser, people["entity"], f"before {number}").status_code == 302
            nursery.do("enqueue_mail", subject="before", **where)
            wait_for(lambda: mailbox.seen == 1, "the worker's first letter")

            postgres.stop()
            stopped = time.monotonic()
            asked = 0
            while asked < THREADS or time.monotonic() - stopped < SECONDS:
                _is_told_to_people(announce(browser, people["entity"], "meanwhile"))
                _is_told_to_people(browser.get("/"))
                _is_told_to_programs(program.get("/api/v1/tiles"))
                _is_told_to_the_supervisor(supervisor)
                asked += 1
            postgres.start()

            # By itself, without a restart of anything.
            assert [browser.get("/").status_code for _ in range(2 * THREADS)] == [200] * 2 * THREADS
            assert supervisor.get("/readyz").json() == {"ready": True, "problems": []}
            assert program.get("/api/v1/tiles").status_code == 200
            assert announce(browser, people["entity"], "after").status_code == 302
            nursery.do("enqueue_mail", subject="after", **where)
            wait_for(lambda: mailbox.seen == 2, "the worker's letter after the outage")
            assert portal.child.running
            assert worker.running
    finally:
        worker.kill()
    found = nursery.do("announcements", **where)
    assert found == {**{f"before {number}": [1, 1] for number in range(THREADS)}, "after": [1, 1]}
    assert nursery.do("fault_of_the_chain", **where) is None


def test_a_database_that_is_there_and_says_nothing(nursery: Nursery, tmp_path: Path) -> None:
    """A machine that hangs: connections are taken, nothing is answered. No page waits for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"postgresql://parvis@127.0.0.1:{silent.getsockname()[1]}/parvis"
        with (
            running_portal(nursery, folder=tmp_path / "data", database=database, where=tmp_path) as portal,
            portal.browser("s" * 32) as browser,
        ):
            _is_told_to_people(browser.get("/"))


def _is_told_to_people(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert "Sa base de données ne répond pas" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "set-cookie" not in answer.headers, "who was signed in stays so"


def _is_told_to_programs(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "database_unavailable"


def _is_told_to_the_supervisor(supervisor: httpx.Client) -> None:
    assert supervisor.get("/livez").status_code == 200
    ready = supervisor.get("/readyz")
    assert (ready.status_code, ready.json()["problems"]) == (503, ["the database does not answer"])
