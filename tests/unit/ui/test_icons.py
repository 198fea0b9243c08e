"""Every icon a template or a menu names is in the sprite: an unknown one would be an empty square."""

from __future__ import annotations

import re
from pathlib import Path

from parvis.portal.home.icons import ICONS
from parvis.portal.ui import navigation

ROOT = Path(__file__).resolve().parents[3]
LIST = ROOT / "frontend/icons.txt"
SOURCES = ROOT / "src/parvis/portal"
NAME = r'["\']([a-z0-9-]+)["\']'
IN_TEMPLATES = [
    re.compile(r"{% icon " + NAME),
    re.compile(r"{% state_badge [^%]*?" + NAME + r" %}"),
]
IN_CODE = [re.compile(r"\b(?:empty_)?icon ?[=:] ?" + NAME), re.compile(r"\bicon\(" + NAME)]


def bundled() -> set[str]:
    lines = (line.split("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def named() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in SOURCES.rglob("*"):
        patterns = {".html": IN_TEMPLATES, ".py": IN_CODE}.get(path.suffix, [])
        text = path.read_text(encoding="utf-8") if patterns else ""
        for pattern in patterns:
            found |= dict.fromkeys(pattern.findall(text), str(path.relative_to(ROOT)))
    return found


def test_icons_named_by_templates_and_code_are_bundled() -> None:
    colours = {"green", "yellow", "orange", "red", "blue", "azure", "purple", "secondary"}
    names = {name: where for name, where in named().items() if name not in colours}
    assert "device-desktop" in names
    assert not {name: where for name, where in names.items() if name not in bundled()}


def test_icons_of_tiles_and_menus_are_bundled() -> None:
    assert not set(ICONS) - bundled()
    assert not {entry.icon for entry in navigation.entries()} - bundled()
