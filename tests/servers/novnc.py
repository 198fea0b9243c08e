"""noVNC, as the viewer has it, reading a PC's stream under Node (`novnc.mjs`)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.requirements import require

_ROOT = Path(__file__).resolve().parents[2]
_NOVNC = _ROOT / "frontend" / "node_modules" / "@novnc" / "novnc"


@dataclass(frozen=True)
class Reading:
    """What noVNC made of one stream."""

    ends: list[int]
    """Where each message it read ends."""
    failed: str | None
    """Why it gave up: nothing after is read, the session is over."""
    clipboards: int
    """Texts that it gave to the page."""


def read(streams: Iterable[bytes], *, depth: int = 24) -> list[Reading]:
    """Each stream (RFB from the PC, after ServerInit), read from its beginning by a noVNC of its own.

    `depth`: the colours noVNC asked for, 24; or 8, as it does for a PC that calls itself Intel's AMT.
    """
    require("node")
    if not _NOVNC.is_dir():
        if os.environ.get("CI"):
            pytest.fail("noVNC is not installed", pytrace=False)
        pytest.skip("noVNC is not installed (`npm ci` in frontend)")
    order = {
        "novnc": _NOVNC.as_uri(),
        "streams": [{"data": base64.b64encode(each).decode(), "depth": depth} for each in streams],
    }
    script = Path(__file__).with_name("novnc.mjs")
    done = subprocess.run(["node", str(script)], input=json.dumps(order), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [Reading(**each) for each in json.loads(done.stdout)]
