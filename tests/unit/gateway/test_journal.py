from __future__ import annotations

import contextlib
import json
import os
import resource
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.journal import Journal


def event(number: int, kind: str = "ended") -> dict[str, Any]:
    return {"id": f"e{number}", "kind": kind, "reason": "closed_by_user"}


def ids(journal: Journal) -> list[str]:
    return [item["id"] for item in journal.pending(1000)]


def test_what_is_not_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([event(1), event(2)])
    journal.append([event(3)])
    journal.acknowledge(["e2", "unknown"])
    # No close: the process was killed.
    assert ids(Journal(tmp_path)) == ["e1", "e3"]


def test_everything_acknowledged_leaves_an_empty_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([event(1)])
    journal.acknowledge(["e1"])
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
    journal.append([event(2)])
    assert ids(Journal(tmp_path)) == ["e2"]


@given(st.data())
def test_a_torn_last_line_loses_only_itself(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    directory = tmp_path_factory.mktemp("journal")
    Journal(directory).append([event(1), event(2)])
    path = directory / "journal.jsonl"
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    path.write_bytes(whole[: data.draw(st.integers(second, len(whole) - 2))])
    journal = Journal(directory)
    assert ids(journal) == ["e1"]
    journal.append([event(3)])
    assert ids(Journal(directory)) == ["e1", "e3"]


def test_garbage_lines_are_skipped(tmp_path: Path) -> None:
    lines = [
        b"\x00\x00\x00",
        b"[]",
        b"1",
        b'{"event": 1}',
        b'{"event": {}}',
        b'{"acknowledged": 3}',
        json.dumps({"event": event(1)}).encode(),
    ]
    (tmp_path / "journal.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    assert ids(Journal(tmp_path)) == ["e1"]


def test_the_file_stays_within_its_size(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_bytes=2000)
    journal.append([event(0)])
    for number in range(1, 200):
        journal.append([event(number)])
        journal.acknowledge([f"e{number}"])
        assert (tmp_path / "journal.jsonl").stat().st_size < 2200
    assert ids(Journal(tmp_path)) == ["e0"]


def test_when_full_the_oldest_refusals_go_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_pending=3)
    assert journal.append([event(1), event(2, "refused"), event(3, "refused")]) == 0
    assert journal.append([event(4), event(5)]) == 2
    assert ids(journal) == ["e1", "e4", "e5"]
    assert journal.append([event(6)]) == 1
    assert ids(journal) == ["e4", "e5", "e6"]


def test_the_files_are_private(tmp_path: Path) -> None:
    Journal(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "journal.jsonl").stat().st_mode & 0o777 == 0o600


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """A full disk, as the kernel makes one: what fits is written, then the write is refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_a_full_disk_refused_is_on_it_once_there_is_room(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([event(1)])
    path = tmp_path / "journal.jsonl"
    with no_file_larger_than(path.stat().st_size + 10):
        for number in (2, 3):
            with pytest.raises(OSError, match="File too large"):
                journal.append([event(number)])
        with pytest.raises(OSError, match="File too large"):
            journal.acknowledge(["e1"])
        assert ids(journal) == ["e2", "e3"], "still told to the portal"
        assert ids_on_disk(path) == ["e1"], "what was whole stays whole"
        assert sorted(each.name for each in tmp_path.iterdir()) == ["journal.jsonl"], "nothing half-made takes room"
    journal.append([event(4)])
    # No close: the process was killed.
    assert ids(Journal(tmp_path)) == ["e2", "e3", "e4"]


def ids_on_disk(path: Path) -> list[str]:
    """Of whole lines."""
    return [json.loads(line)["event"]["id"] for line in path.read_bytes().split(b"\n")[:-1]]


def test_short_of_descriptors_it_never_writes_into_another_s(tmp_path: Path) -> None:
    """Somebody takes each descriptor as soon as it is free, as browsers do: the journal gives none away first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    journal = Journal(tmp_path)
    journal.append([event(0)])
    done = threading.Event()
    taken: list[int] = []

    def grab() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                taken.append(os.open(os.devnull, os.O_RDONLY))

    thread = threading.Thread(target=grab)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 5, hard))
    try:
        thread.start()
        for number in range(1, 300):
            with contextlib.suppress(OSError):
                journal.append([event(number)])
                journal.acknowledge([f"e{number - 1}", f"e{number}"])
            if taken:
                os.close(taken.pop())
    finally:
        done.set()
        thread.join()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in taken:
            os.close(each)
    journal.append([event(1000)])
    assert "e1000" in ids(Journal(tmp_path))
