"""The timer and its service are what systemd understands, and start a command that exists."""

from __future__ import annotations

import argparse
import configparser
import shlex
import subprocess
from pathlib import Path

from parvis import cli
from parvis.portal.config.management.commands.backup import Command
from tests.requirements import require

FOLDER = Path(__file__).parents[3] / "deploy/systemd"
NAMES = ("parvis-backup.service", "parvis-backup.timer")


def test_systemd_understands_them(tmp_path: Path) -> None:
    require("systemd-analyze")
    for name in NAMES:
        text = (FOLDER / name).read_text()
        # Verified on a machine where Parvis is not installed.
        (tmp_path / name).write_text(
            text.replace("/opt/parvis/.venv/bin/parvis", "/bin/true").replace("=parvis\n", "=root\n")
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *(tmp_path / name for name in NAMES)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "parvis-backup" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_command_started_is_one_that_parvis_knows() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(FOLDER / NAMES[0])
    program, command, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/parvis")
    assert command in cli.COMMANDS
    parser = argparse.ArgumentParser()
    Command().add_arguments(parser)
    options = parser.parse_args(arguments)
    assert (options.verify, options.keep) == (True, 14)
    assert str(options.folder) == unit["Service"]["ReadWritePaths"] == unit["Unit"]["RequiresMountsFor"]


def test_the_tests_have_what_they_need() -> None:
    declared = (FOLDER.parent / "test-packages.txt").read_text().split()
    assert {"age", "postgresql", "systemd"} <= set(declared)
