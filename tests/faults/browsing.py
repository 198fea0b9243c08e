"""A running portal and somebody who uses it over HTTP."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.nursery import Child, Nursery, wait_for

CSRF = "c" * 32
_numbers = itertools.count()


@dataclass(frozen=True)
class Portal:
    """One process of the portal, and its address."""

    child: Child
    address: str

    def browser(self, session: str = "", **headers: str) -> httpx.Client:
        """With the cookies of somebody signed in."""
        cookies = {"csrf": CSRF, **({"parvis": session} if session else {})}
        return httpx.Client(base_url=self.address, cookies=cookies, headers=headers, timeout=60, trust_env=False)


def announce(browser: httpx.Client, entity: int, title: str) -> httpx.Response:
    """Send the form of an announcement; 302 says that it is kept."""
    form: dict[str, Any] = {
        "csrfmiddlewaretoken": CSRF, "title": title, "text": "Travaux", "level": "info",
        "starts_at": "2026-11-23T08:00", "entity": entity, "reach": "everyone",
    }  # fmt: skip
    return browser.post("/portail/annonces/nouvelle/", data=form)


def start_portal(
    nursery: Nursery, *, folder: Path, database: str = "sqlite", where: Path, step: str = "portal", **arguments: Any
) -> Portal:
    """A portal that listens; `where` is a folder for its port (the data folder may be full)."""
    port_path = where / f"port-{next(_numbers)}"
    child = nursery.start(step, folder=folder, database=database, port_path=str(port_path), **arguments)
    wait_for(lambda: port_path.exists() or not child.running, "the portal's port")
    assert port_path.exists(), child.log
    return Portal(child, f"http://127.0.0.1:{json.loads(port_path.read_text())}")


@contextlib.contextmanager
def running_portal(nursery: Nursery, *, folder: Path, database: str = "sqlite", where: Path) -> Iterator[Portal]:
    """The same, stopped at the end of the block."""
    portal = start_portal(nursery, folder=folder, database=database, where=where)
    try:
        yield portal
    finally:
        portal.child.kill()
