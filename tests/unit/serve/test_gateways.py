"""Which gateways of one machine run, seen with small programs in their place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parvis.serve.gateways import Change, Gateways, slot_name, slot_of
from parvis.serve.processes import Adopted
from parvis.serve.supervisor import Service

LISTENS = """
import os, signal, socket, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(0))
path = os.environ["PARVIS_GATEWAY_SOCKET"]
door = socket.socket(socket.AF_UNIX)
door.bind(path + ".new")
os.rename(path + ".new", path)
journal = os.environ["PARVIS_GATEWAY_STATE_DIR"] + "/journal.jsonl"
if os.path.exists(journal):
    os.truncate(journal, 0)
signal.pause()
"""


def gateways(folder: Path, program: str = LISTENS) -> Gateways:
    def build(slot: int) -> Service:
        state = folder / slot_name(slot)
        state.mkdir(exist_ok=True)
        told = {"PARVIS_GATEWAY_SOCKET": str(folder / "sock"), "PARVIS_GATEWAY_STATE_DIR": str(state)}
        return Service(slot_name(slot), [sys.executable, "-c", program], {**os.environ, **told})

    return Gateways(build, folder / "sock")


def tend(found: Gateways, condition: object) -> Change | None:
    """Until something is true; how a succession ended meanwhile."""
    deadline, change = time.monotonic() + 60, None
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        change = found.tend() or change
        time.sleep(0.05)
    return change


def end(found: Gateways) -> None:
    for each in found.all():
        if each.process is not None:
            each.process.kill()
            each.process.wait(10)


def test_names_of_slots_come_back() -> None:
    assert [slot_of(slot_name(slot)) for slot in (1, 2, 11)] == [1, 2, 11]


def test_at_a_start_a_slot_that_owes_events_delivers_them_behind_its_own_door_and_leaves(tmp_path: Path) -> None:
    for slot, journal in (("gateway-2", "{}\n"), ("gateway-3", "")):
        (tmp_path / slot).mkdir()
        (tmp_path / slot / "journal.jsonl").write_text(journal)
    found = gateways(tmp_path)
    found.begin()
    try:
        assert [each.name for each in found.all()] == ["gateway", "gateway-2"]
        tend(found, lambda: not found.leaving and (tmp_path / "sock").exists())
        assert found.current is not None
        assert found.current.is_running
        assert (tmp_path / "gateway-2.leaves").exists()
    finally:
        end(found)


def test_a_new_one_that_never_listens_is_ended_and_the_old_one_goes_on(tmp_path: Path) -> None:
    first = gateways(tmp_path)
    first.begin()
    tend(first, (tmp_path / "sock").exists)
    assert first.current is not None
    assert first.current.process is not None
    old = first.current.process
    broken = gateways(tmp_path, "raise SystemExit(3)")
    broken.take_over({"gateway": old.pid}, {})
    try:
        assert tend(broken, lambda: not broken.is_changing) is Change.FAILED
        assert [each.name for each in broken.all()] == ["gateway"]
        os.kill(old.pid, 0)
    finally:
        end(broken)
        old.returncode = 0  # its end was seen by its number


def test_the_old_one_is_told_when_the_new_one_has_the_door_and_not_before(tmp_path: Path) -> None:
    first = gateways(tmp_path)
    first.begin()
    tend(first, (tmp_path / "sock").exists)
    assert first.current is not None
    assert first.current.process is not None
    old = first.current.process
    door = (tmp_path / "sock").stat().st_ino
    second = gateways(tmp_path)
    second.take_over({"gateway": old.pid}, {})
    try:
        assert second.is_changing
        assert tend(second, lambda: not second.is_changing) is Change.DONE
        assert (tmp_path / "sock").stat().st_ino != door
        tend(second, lambda: not second.leaving)
        assert [each.name for each in second.all()] == ["gateway-2"]
    finally:
        end(second)
        old.returncode = 0  # its end was seen by its number


def test_one_that_was_down_when_it_should_leave_still_delivers(tmp_path: Path) -> None:
    """The number of a process that is between two starts is not in what a supervisor tells its next self."""
    for slot in ("gateway", "gateway-3"):
        (tmp_path / slot).mkdir()
        (tmp_path / slot / "journal.jsonl").write_text("{}\n")
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    found = gateways(tmp_path)
    found.take_over({"gateway-2": child.pid}, {})
    child.returncode = 0  # its end will be seen by its number
    try:
        assert [each.name for each in found.all()] == ["gateway-2", "gateway", "gateway-3"]
    finally:
        end(found)


def test_a_child_of_a_former_self_is_waited_for(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    adopted = Adopted(child.pid)
    assert adopted.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        adopted.wait(0.1)
    adopted.kill()
    assert adopted.wait(30) == -signal.SIGKILL
    adopted.kill()  # nothing, and nobody else who has the number meanwhile
    child.returncode = adopted.returncode
