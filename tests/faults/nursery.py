"""Processes of the portal by the dozen: one that has read everything, and forks the ones that are killed.

`python -m tests.faults.nursery` reads a JSON line per child from its standard input and answers with a line; each
child is a process of its own on the folder and database it is told, and does what `tests.faults.steps` names. To the
database and the disk it is no different from one started by `parvis serve`; it only spares the seconds of imports.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
"""Seconds one waits for anything at all: a machine may be busy."""


class ChildFailed(AssertionError):
    """A child ended with an error; the message ends with what it printed."""


@dataclass
class Child:
    """A forked process."""

    nursery: Nursery
    pid: int
    answer_path: Path
    log_path: Path
    status: int | None = None

    def kill(self) -> None:
        """SIGKILL, and wait until nothing is left of it."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """SIGTERM, as the supervisor does."""
        self.signal(signal.SIGTERM)
        self.wait()

    def signal(self, number: int) -> None:
        """Send a signal to a child that is not reaped yet."""
        if self.status is None:
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code, negative if a signal ended it."""
        if self.status is None:
            self.status = int(self.nursery.ask({"wait": self.pid}))
        return self.status

    @property
    def running(self) -> bool:
        """Whether it still lives."""
        if self.status is None and (status := self.nursery.ask({"poll": self.pid})) is not None:
            self.status = int(status)
        return self.status is None

    def answer(self) -> Any:
        """What the step returned, when it is there.

        Raises:
            ChildFailed: the child ended without.
        """
        wait_for(lambda: self.answer_path.exists() or not self.running, "an answer")
        if not self.answer_path.exists():
            raise ChildFailed(f"ended with {self.status}\n{self.log}")
        return json.loads(self.answer_path.read_text())

    @property
    def log(self) -> str:
        """The end of what it printed."""
        return self.log_path.read_text(errors="replace")[-5000:]


@dataclass
class Nursery:
    """The process that forks; a context manager."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _numbers: Any = field(default_factory=itertools.count)

    def __enter__(self) -> Nursery:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._errors = (self.folder / "nursery.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")},
                "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
                "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
                "PARVIS_MODE": "development",
                "PARVIS_DATA_DIR": str(self.folder / "nursery"),
                "PARVIS_DATABASE_URL": "sqlite",
                **self.environment,
            },
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()  # it ends its children, then itself
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def start(self, step: str, *, folder: Path, database: str = "sqlite", **arguments: Any) -> Child:
        """Fork a child that does `steps.<step>(**arguments)` with that data folder and database."""
        number = next(self._numbers)
        answer, log = self.folder / f"{number}.json", self.folder / f"{number}-{step}.log"
        order = {
            "step": step, "folder": str(folder), "database": database, "arguments": arguments,
            "answer": str(answer), "log": str(log),
        }  # fmt: skip
        return Child(self, int(self.ask(order)), answer, log)

    def do(self, step: str, *, folder: Path, database: str = "sqlite", **arguments: Any) -> Any:
        """The same, waited for: what the step returned.

        Raises:
            ChildFailed: it did not end well.
        """
        child = self.start(step, folder=folder, database=database, **arguments)
        if child.wait() != 0:
            raise ChildFailed(f"{step} ended with {child.status}\n{child.log}")
        return child.answer()

    def ask(self, order: Mapping[str, Any]) -> Any:
        """One line to the nursery, one back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailed(f"the nursery ended\n{(self.folder / 'nursery.log').read_text(errors='replace')[-5000:]}")
        return json.loads(line)


def wait_for(condition: Any, what: str, *, patience: float = PATIENCE) -> Any:
    """The first true value of `condition()`, asked again and again."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.02)
    return value


def main() -> None:
    """Fork what is asked for, until the input ends."""
    import django

    django.setup()
    from tests.faults import steps

    steps.read_everything()
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = _reap(children, order["wait"], 0)
        elif "poll" in order:
            answer = _reap(children, order["poll"], os.WNOHANG)
        else:
            answer = _fork(order)
            children[answer] = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid, status in children.items():
        if status is None:
            os.kill(pid, signal.SIGKILL)


def _reap(children: dict[int, int | None], pid: int, options: int) -> int | None:
    if children[pid] is None:
        found, status = os.waitpid(pid, options)
        if found:
            children[pid] = os.waitstatus_to_exitcode(status)
    return children[pid]


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(source, descriptor)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 the parent's has lines for others in its buffer
        from parvis.serve.supervisor import die_with_parent
        from tests.faults import steps

        die_with_parent()
        steps.settle(Path(order["folder"]), order["database"])
        value = getattr(steps, order["step"])(**order["arguments"])
        steps.tell(Path(order["answer"]), value)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
