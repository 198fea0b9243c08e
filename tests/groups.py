"""Which tests one worker does together: those marked `xdist_group` share something dear to start.

pytest-xdist 3.8 tells its controller a test's group by an end added to the test's name; since pytest 9.2 a test's name
cannot be changed, and `--dist loadgroup` ignores every group without a word. Here each worker writes the groups it
collected to a file the controller gave it, and the scheduler reads them there. Workers are processes of this machine.

Groups go first, the largest before the others, and single tests fill what is left: workers end nearly together.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

FILE = pytest.StashKey[Path]()
TOLD = "file_of_groups"
"""Where a worker is told the file's path."""


class GroupScheduling(LoadScopeScheduling):
    """A marked group is one piece of work, and so is each test outside groups."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._groups: dict[str, str] = {}
        self._dear: list[str] = []

    def schedule(self) -> None:
        """As pytest-xdist's, once it is known which test is of which group: all workers have collected."""
        if self.collection is None:
            self._groups = json.loads(self.config.stash[FILE].read_text(encoding="utf-8"))
            self._dear = [name for name, _count in Counter(self._groups.values()).most_common()]
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid, nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = next((name for name in self._dear if name in self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """The controller makes the file and tells each worker."""
    if FILE not in node.config.stash:
        folder = tempfile.TemporaryDirectory(prefix="parvis-groups-")
        node.config.add_cleanup(folder.cleanup)
        node.config.stash[FILE] = Path(folder.name) / "groups.json"
    node.workerinput[TOLD] = str(node.config.stash[FILE])


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist says that this worker has collected
def pytest_collection_finish(session: pytest.Session) -> None:
    """A worker writes its groups; all of them write the same."""
    told = getattr(session.config, "workerinput", {}).get(TOLD)
    if told is None:
        return
    groups = {item.nodeid: name for item in session.items if (name := group_of(item))}
    mine = Path(f"{told}.{os.getpid()}")
    mine.write_text(json.dumps(groups), encoding="utf-8")
    mine.replace(told)


def group_of(item: pytest.Item) -> str:
    """The name of its group; nothing outside groups. The nearest mark counts."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling | None:
    """Ours for `--dist loadgroup`."""
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
