"""The systemd units, read by systemd itself. They are verified, not started: no systemd runs here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.requirements import require

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
SPLIT = [unit for unit in UNITS if re.match(r"parvis-(portal|worker|gateway@|voice)\.service", unit.name)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine as the how-to leaves it: programs in place, the units installed."""
    require("systemd-analyze")
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(unit, units)
    for target in ("multi-user", "network-online", "network", "sysinit", "basic", "shutdown", "timers"):
        (units / f"{target}.target").write_text(f"[Unit]\nDescription={target}\n")
    for name in ("opt/parvis/.venv/bin/parvis", "opt/parvis/.venv/bin/python", "bin/kill"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


def verified(root: Path, *names: str) -> str:
    """What systemd has to say; empty when it has nothing against them."""
    command = ["systemd-analyze", "verify", "--man=no", f"--root={root}", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if re.match(r"(?:\S*/)?parvis", line)]
    return "\n".join(said) or ("" if done.returncode == 0 else done.stderr)


def settings(unit: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z]+)=(.*)$", unit.read_text(), re.MULTILINE))


def test_all_of_them_are_there() -> None:
    names = {"parvis-portal.service", "parvis-worker.service", "parvis-gateway@.service", "parvis-voice.service"}
    assert {unit.name for unit in SPLIT} == names


def test_systemd_reads_them(root: Path) -> None:
    names = [unit.name.replace("@.", "@rennes.") for unit in UNITS]
    assert verified(root, *names) == ""


def test_systemd_would_have_said_a_fault(root: Path) -> None:
    unit = root / "etc/systemd/system/parvis-portal.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=everything"))
    assert "Failed to parse protect system value" in verified(root, unit.name)


@pytest.mark.parametrize("unit", SPLIT, ids=lambda unit: unit.name)
def test_what_they_may_do_is_little(unit: Path, record_property: Callable[[str, object], None]) -> None:
    """`systemd-analyze security`: 0 is nothing, 10 everything. parvis.service, which runs them all, is at 4.5."""
    require("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    record_property("exposure", found[1])
    assert float(found[1]) <= 2.0
    assert done.returncode == 0


@pytest.mark.parametrize("unit", SPLIT, ids=lambda unit: unit.name)
def test_signals_reach_the_process_and_secrets_are_in_files(unit: Path) -> None:
    told = settings(unit)
    program, _, module = told["ExecStart"].partition(" -m ")
    assert program == "/opt/parvis/.venv/bin/python", "`parvis gateway` is a parent that passes no signal on"
    source = ROOT / "src" / module.replace(".", "/")
    assert source.with_suffix(".py").is_file() or (source / "__main__.py").is_file()
    assert told["User"] not in ("", "root")
    assert not re.search(r"(?:SECRET|PASSWORD|KEY)\w*=\S", unit.read_text())
    assert re.search(r"^EnvironmentFile=/etc/", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("example", sorted(FOLDER.glob("*.env.example")), ids=lambda path: path.name)
def test_every_variable_of_the_examples_is_read(example: Path) -> None:
    pages = [ROOT / f"docs/reference/{name}.md" for name in ("settings", "gateway", "voice")]
    known = {name for page in pages for name in re.findall(r"PARVIS_[A-Z_]+", page.read_text())}
    assert set(re.findall(r"^#?(PARVIS_\w+)=", example.read_text(), re.MULTILINE)) - known == set()
