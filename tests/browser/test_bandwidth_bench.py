"""The bench of bytes runs: every protocol on every profile, through the real gateway and the real viewer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirements import require

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.browser, pytest.mark.gateway, pytest.mark.timeout(240, func_only=True)]


def test_the_bench_of_bytes_runs(tmp_path: Path) -> None:
    require("chromium", "xrdp", "Xtigervnc", "openbox", "xterm", "xdotool", "xsetroot", "wish")
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "bench", "bandwidth", "--quick", "--json", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())["sections"]["bandwidth"]
    rows = found["per_session_minute"]
    assert set(rows) == {"RDP, fine", "RDP, light", "VNC, fine", "VNC, fair link", "VNC, light"}
    for name, row in rows.items():
        assert row["browser_mb"] > 0, name
        assert row["up_kb"] > 0, name
    # How much less is for a long run to say: in two seconds the photograph weighs too much.
    assert rows["RDP, light"]["browser_mb"] < rows["RDP, fine"]["browser_mb"], done.stdout
    # Only RDP's light picture is deflated by the gateway: it alone brings less than the PC sent.
    thinner = {name for name, row in rows.items() if row["browser_mb"] < 0.8 * row["pc_mb"]}
    assert thinner == {"RDP, light"}
