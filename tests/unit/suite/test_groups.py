"""What the suite relies on: tests of one group are done by one worker, groups by several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = """
import json, os, pathlib
import pytest

def done(name):
    line = json.dumps([name, os.environ["PYTEST_XDIST_WORKER"]])
    with pathlib.Path(__file__).with_name("done.txt").open("a") as file:
        file.write(line + "\\n")

@pytest.mark.parametrize("number", range(12))
def test_alone(number):
    done("alone")

@pytest.mark.xdist_group("dear")
@pytest.mark.parametrize("number", range(4))
def test_together(number):
    done("dear")

@pytest.mark.xdist_group("small")
def test_other(number=0):
    done("small")
"""


def who_did_what(folder: Path, *options: str) -> dict[str, list[str]]:
    """Workers by group, one for each test done."""
    folder.mkdir()
    for name in ("test_one.py", "test_two.py"):
        (folder / name).write_text(MODULE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = xdist_group\n")
    command = [
        sys.executable, "-m", "pytest", str(folder), "-n2", "--dist", "loadgroup", "-p", "xdist.plugin",
        "-p", "no:cacheprovider", *options,
    ]  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    environment = {**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = (folder / "done.txt").read_text().splitlines()
    found = defaultdict(list)
    for name, worker in map(json.loads, lines):
        found[name].append(worker)
    return found


def test_a_group_has_one_worker_and_groups_begin_on_several(tmp_path: Path) -> None:
    found = who_did_what(tmp_path / "suite", "-p", "tests.groups")
    assert {name: len(workers) for name, workers in found.items()} == {"alone": 24, "dear": 8, "small": 2}
    assert len(set(found["dear"])) == len(set(found["small"])) == 1
    assert set(found["dear"]) != set(found["small"])  # both begin with a group


def test_the_suite_itself_is_planned_so(pytestconfig: pytest.Config) -> None:
    assert any(getattr(plugin, "__name__", "") == "tests.groups" for plugin in pytestconfig.pluginmanager.get_plugins())
