"""Protocol, shell, apps and editor do no I/O and read no clock: only the files named here may."""

from __future__ import annotations

import ast
from pathlib import Path

import parvis.demo_desktop

ROOT = Path(parvis.demo_desktop.__file__).parent
MAY = {"computer.py", "connection.py", "server.py", "__main__.py"}
FORBIDDEN = {"asyncio", "socket", "time", "ssl", "threading"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def test_only_the_outer_files_touch_the_world():
    files = [path for path in ROOT.rglob("*.py") if str(path.relative_to(ROOT)) not in MAY]
    assert len(files) > 30
    assert {path.name: found for path in files if (found := FORBIDDEN & set(imported(path)))} == {}


def test_the_font_comes_with_its_licence():
    fonts = ROOT / "assets" / "fonts"
    assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE.txt").read_text()
    assert sum(path.stat().st_size for path in fonts.glob("*.otf")) < 1_500_000
