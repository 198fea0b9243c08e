"""Vite's manifest becomes tags."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from parvis.portal.ui import manifest
from parvis.portal.ui.templatetags import ui

CHUNKS = {
    "src/app.ts": {
        "file": "assets/app-1.js",
        "name": "app",
        "isEntry": True,
        "imports": ["_shared.js"],
        "css": ["assets/app.css"],
        "assets": ["assets/inter-latin-wght-normal-x.woff2", "assets/inter-greek-wght-normal-x.woff2"],
    },
    "_shared.js": {"file": "assets/shared-2.js", "name": "shared", "css": ["assets/shared.css"]},
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(CHUNKS))
    (tmp_path / "icons.svg").write_text('<svg xmlns="x">\n<symbol/>\n<symbol/>\n</svg>\n')
    return tmp_path


def test_an_entry_with_what_it_imports(build: Path) -> None:
    entry = manifest.entry("app", build)
    assert entry.script == "ui/build/assets/app-1.js"
    assert entry.styles == ("ui/build/assets/shared.css", "ui/build/assets/app.css")
    assert entry.imports == ("ui/build/assets/shared-2.js",)
    assert entry.fonts == ("ui/build/assets/inter-latin-wght-normal-x.woff2",)


@pytest.mark.parametrize("name", ["shared", "nothing"])
def test_what_is_not_an_entry_is_said(build: Path, name: str) -> None:
    with pytest.raises(manifest.NotBuilt):
        manifest.entry(name, build)


def test_a_front_end_not_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(manifest.NotBuilt, match="npm run build"):
        manifest.entry("app", tmp_path)
    assert manifest.icons_version(tmp_path) == ""


def test_a_new_build_is_seen_without_restart(build: Path) -> None:
    import os

    manifest.entry("app", build)
    (build / "manifest.json").write_text(json.dumps({"x": {"file": "new.js", "name": "app", "isEntry": True}}))
    os.utime(build / "manifest.json", ns=(1, 1))
    assert manifest.entry("app", build).script == "ui/build/new.js"


def test_the_icons_version_is_the_front_ends(build: Path) -> None:
    assert manifest.icons_version(build) == hashlib.sha256(b"<symbol/>\n<symbol/>").hexdigest()[:8]


def test_a_page_of_icons_looks_at_the_sprite_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    second = 1e9

    def look() -> str:
        looks.append(second)
        return "0"

    monkeypatch.setattr(manifest, "icons_version", look)
    monkeypatch.setattr("time.monotonic", lambda: second)
    ui._sprite.cache_clear()
    assert "icons.svg?v=0" in ui.icon("check")
    second += 1
    for _ in range(100):
        ui.icon("check")
    assert looks == [1e9, 1e9 + 1]
    ui._sprite.cache_clear()
