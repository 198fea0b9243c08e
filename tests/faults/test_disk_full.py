"""The disk of the data folder is full: reading goes on, a write is refused whole and in words, room brings it back."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.faults.browsing import Portal, announce, running_portal
from tests.faults.nursery import Nursery
from tests.servers.small_disk import fill, small_disk

ROOM = 2**20
"""Bytes left on the disk beside a new installation."""


@dataclass(frozen=True)
class Disk:
    """Where the data folder is, and how its last free bytes are taken and given back."""

    folder: Path
    fill: Callable[[Portal], object]
    give_room: Callable[[Portal], None]


@pytest.fixture
def disk(installation: Path, tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs of its own where one may be mounted; else the system refuses the portal to make files any larger."""
    size = sum(path.stat().st_size for path in installation.rglob("*") if path.is_file())
    mounted = tmp_path / "disk"
    mounted.mkdir()
    with small_disk(mounted, size + ROOM) as is_mounted:
        if is_mounted:
            subprocess.run(["cp", "-a", f"{installation}/.", str(mounted)], check=True)
            yield Disk(mounted, lambda portal: fill(mounted), lambda portal: (mounted / "filler").unlink())
        else:
            yield Disk(installation, _limit_files, _lift_limit)


def _limit_files(portal: Portal) -> None:
    # No file may grow: what SQLite appends is refused (EFBIG), what is within its files is not.
    resource.prlimit(portal.child.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


def _lift_limit(portal: Portal) -> None:
    resource.prlimit(portal.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture
def limited(installation: Path) -> Disk:
    """What `disk` falls back on, tried everywhere: a quota looks like this to SQLite."""
    return Disk(installation, _limit_files, _lift_limit)


@pytest.mark.parametrize("kind", ["disk", "limited"])
def test_a_full_disk(kind: str, request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path) -> None:
    disk: Disk = request.getfixturevalue(kind)
    people = nursery.do("people", folder=disk.folder)
    with (
        running_portal(nursery, folder=disk.folder, where=tmp_path) as portal,
        portal.browser(people["session"]) as browser,
    ):
        assert announce(browser, people["entity"], "before").status_code == 302
        assert browser.get("/portail/annonces/").status_code == 200

        disk.fill(portal)
        answers = [announce(browser, people["entity"], f"no room {number}") for number in range(40)]
        kept = [number for number, answer in enumerate(answers) if answer.status_code == 302]
        refused = [answer for answer in answers if answer.status_code != 302]
        assert refused, "the disk was not full"
        for answer in refused:
            _says_that_there_is_no_room(answer)
        # What was written before is still read.
        assert "before" in browser.get("/portail/annonces/").text
        assert browser.get("/livez").status_code == 200

        disk.give_room(portal)
        assert announce(browser, people["entity"], "after").status_code == 302
        assert portal.child.running
    found = nursery.do("announcements", folder=disk.folder)
    assert found == {title: [1, 1] for title in ("before", *(f"no room {number}" for number in kept), "after")}
    assert nursery.do("look", folder=disk.folder, kept={}) == {"rows": {}, "chain": None, "integrity": []}


def _says_that_there_is_no_room(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert "n’a plus de place pour enregistrer" in answer.text
