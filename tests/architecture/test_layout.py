"""Habits made executable: what a reader of the tree may rely on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "parvis").rglob("*.py"))
HAND_WRITTEN = [path for path in SOURCES if "migrations" not in path.parts]


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_for_later(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", path.read_text(encoding="utf-8"))


def test_there_is_no_utils() -> None:
    assert [path for path in SOURCES if path.stem in {"utils", "helpers", "misc", "common"}] == []


def test_rules_are_pure() -> None:
    for path in ROOT.glob("src/parvis/portal/*/rules.py"):
        imported = _imports(path)
        assert not {name for name in imported if name.split(".")[0] in {"time", "socket", "requests", "httpx"}}, path
        assert not {
            name for name in imported if name.startswith("django") and not name.startswith("django.utils.translation")
        }, path


def test_services_know_no_http() -> None:
    for path in ROOT.glob("src/parvis/portal/*/services*.py"):
        assert not {name for name in _imports(path) if name.startswith("django.http")}, path


def test_nobody_uses_django_signals_but_where_allauth_speaks_them() -> None:
    users = [
        path
        for path in HAND_WRITTEN
        if re.search(r"@receiver|signals?\.\w+\.connect\(", path.read_text(encoding="utf-8"))
    ]
    rooms = {path.relative_to(ROOT / "src" / "parvis").as_posix() for path in users if "portal" in path.parts}
    assert rooms == {"portal/accounts/subscriptions.py"}


def test_the_product_speaks_only_of_itself() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    # Spelled so that this file does not match itself.
    forbidden = re.compile(
        "p[y]pi[.]org|pythonh[o]sted|registry[.]npm[j]s|deb[.]deb[i]an|/w[o]rk/(main|shared)|/ro[o]t/[.]"
    )
    for name in tracked:
        path = ROOT / name
        if path.is_file() and path.suffix in {
            ".py",
            ".md",
            ".ts",
            ".json",
            ".toml",
            ".lock",
            ".txt",
            ".yml",
            ".html",
            "",
        }:
            assert not forbidden.search(path.read_text(encoding="utf-8", errors="replace")), name


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
