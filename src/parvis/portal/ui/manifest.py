"""Vite's manifest: which built files an entry of the front end is made of.

Format: `manifest.json`, `{"src/app.ts": {"file", "name", "isEntry", "css", "imports", "assets"}}`
(Vite, "Backend Integration").
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

BUILD = Path(__file__).resolve().parent / "static" / "ui" / "build"
PREFIX = "ui/build/"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """Paths under `static/`: scripts in order of need, style sheets, fonts worth fetching early."""

    script: str
    styles: tuple[str, ...]
    imports: tuple[str, ...]
    fonts: tuple[str, ...]


class NotBuilt(LookupError):
    """The front end has not been built, or has no such entry."""


def entry(name: str, build: Path = BUILD) -> Entry:
    """The files of the entry whose `name` is given (`app`, `theme`, `viewer`).

    Raises:
        NotBuilt: no manifest, or no such entry in it.
    """
    path = build / "manifest.json"
    try:
        return _read(path, path.stat().st_mtime_ns)[name]
    except FileNotFoundError:
        raise NotBuilt(f"{path} is missing: build the front end (npm run build)") from None
    except KeyError:
        raise NotBuilt(f"the front end has no entry named {name!r}") from None


def icons_version(build: Path = BUILD) -> str:
    """First 8 hexadecimal digits of the icon sprite's hash, the same as the front end's own; empty if not built."""
    path = build / "icons.svg"
    try:
        return _icons_hash(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=4)
def _icons_hash(path: Path, _mtime: int) -> str:
    symbols = path.read_text().partition("\n")[2].removesuffix("\n</svg>\n")
    return hashlib.sha256(symbols.encode()).hexdigest()[:8]


@lru_cache(maxsize=4)
def _read(path: Path, _mtime: int) -> dict[str, Entry]:
    chunks: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return {chunk["name"]: _entry(key, chunks) for key, chunk in chunks.items() if chunk.get("isEntry")}


def _entry(key: str, chunks: dict[str, dict[str, Any]]) -> Entry:
    seen: list[str] = []
    _walk(key, chunks, seen)
    styles = [css for each in seen for css in chunks[each].get("css", [])]
    fonts = [name for name in chunks[key].get("assets", []) if "-latin-wght-" in name]
    return Entry(
        script=PREFIX + chunks[key]["file"],
        styles=tuple(PREFIX + css for css in dict.fromkeys(styles)),
        imports=tuple(PREFIX + chunks[each]["file"] for each in seen if each != key),
        fonts=tuple(PREFIX + font for font in fonts),
    )


def _walk(key: str, chunks: dict[str, dict[str, Any]], seen: list[str]) -> None:
    for imported in chunks[key].get("imports", []):
        if imported not in seen:
            _walk(imported, chunks, seen)
    seen.append(key)
