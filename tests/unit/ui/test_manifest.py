"""Vite's manifest becomes tags."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from parvis.portal.ui import manifest

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
