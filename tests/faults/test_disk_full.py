"""The disk of the data folder is full: reading goes on, a write is refused whole and in words, room brings it back."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.faults.browsing import Portal, announce, running_portal
from tests.faults.nursery import Nursery

ROOM = 2**20
"""Bytes left on the disk beside a new installation."""


@dataclass(frozen=True)
class Disk:
    """Where the data folder is, and how its last free bytes are taken and given back."""

    folder: Path
    fill: Callable[[Portal], None]
    give_room: Callable[[Portal], None]


@pytest.fixture
def disk(installation: Path, tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs of its own where one may be mounted; else the system refuses the portal to make files any larger."""
    size = sum(path.stat().st_size for path in installation.rglob("*") if path.is_file())
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={(size + ROOM) // 1024}k,mode=700", "parvis-faults", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        yield Disk(installation, _limit_files, _lift_limit)
        return
    try:
        subprocess.run(["cp", "-a", f"{installation}/.", str(mounted)], check=True)
        yield _small_disk(mounted)
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def _small_disk(folder: Path) -> Disk:
    filler = folder / "filler"

    def fill(portal: Portal) -> None:
        with filler.open("ab", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                return

    return Disk(folder, fill, lambda portal: filler.unlink())


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
