"""The names of programs, as people know them: without version, architecture, language or patch number. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from parvis.portal.inventory.content import Program

NAME, PUBLISHER, VERSION = 200, 120, 100
"""Longest texts the tables hold."""
MOST = 4000
"""Programs of one computer that are kept."""

_KB = re.compile(r"[\s(\[]*\bKB\d{6,8}\b[\s)\]]*", re.IGNORECASE)
_ARCHITECTURE = re.compile(
    r"[\s,;_-]*[(\[]?\b(?:x64|x86(?:[_-]64)?|amd64|arm64|ia64|(?:32|64)[ -]?bits?(?: edition)?|win(?:32|64))\b[)\]]?",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"\s*(?:[(\[](?:[^()\[\]]*\s)?(?:fr|en|de|es|it|pt)(?:[-_][a-z]{2})?[)\]]"
    r"|[-–]\s*(?:fr|en|de|es|it|pt)[-_](?:fr|us|gb|de|es|it|pt|br)"
    r"|[-–]?\s*[(\[]?\b(?:français|french|english|anglais|multilingual|multilingue)\b[)\]]?)\s*\Z",
    re.IGNORECASE,
)
_VERSION = re.compile(r"[\s_-]+(?:v(?:ersion)?[ .]?)?\d+(?:[.,]\d+)+(?:[.+~:a-z0-9_-]*)\s*\Z", re.IGNORECASE)
_VERSION_WORD = re.compile(r"[\s,-]+(?:version|v\.?)(?:\s*\d[\w.]*)?\s*\Z", re.IGNORECASE)
_UPDATE = re.compile(r"\s+Update\s+\d+\s*\Z", re.IGNORECASE)
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")
_TAIL = re.compile(r"[\s,;:_(\[–-]+\Z")
_COMPANY = re.compile(
    r"[\s,]+(?:inc\.?|corp(?:oration)?\.?|ltd\.?|llc|gmbh|s\.?a\.?s?\.?|co\.?|limited|incorporated)\s*\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Installed:
    """A program on a computer, under its usual name."""

    name: str
    publisher: str
    version: str
    installed_date: date | None = None


@lru_cache(maxsize=20_000)  # a parc has the same programs many times over; 6 MB at most
def normal_software(name: str, version: str = "") -> str:
    """The name without what changes from one computer to another; empty only for an empty name.

    `7-Zip 22.01 (x64)` → `7-Zip`; `Mozilla Firefox (x64 fr)` → `Mozilla Firefox`; a year that is alone stays
    (`Microsoft Office 2019`), so does a number that is the name (`3D Builder`).
    """
    text = whole = " ".join(name.split())[:NAME].strip()
    while text:
        shorter = _shorter(text, version.strip())
        if shorter == text or not any(each.isalnum() for each in shorter):
            break
        text = shorter
    return text or whole


def _shorter(text: str, version: str) -> str:
    text = _KB.sub(" ", text)
    text = _ARCHITECTURE.sub("", _LANGUAGE.sub("", text))
    text = _EMPTY.sub("", text)
    if len(version) > 1 and text.endswith(version) and not _is_year(version):
        text = text[: -len(version)]
    text = _VERSION_WORD.sub("", _VERSION.sub("", text))
    text = _UPDATE.sub("", text)
    return _TAIL.sub("", " ".join(text.split())).strip()


def _is_year(text: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", text))


@lru_cache(maxsize=5_000)
def normal_publisher(text: str) -> str:
    """`Microsoft Corporation` → `Microsoft`; an address in angle brackets (Debian's maintainers) goes."""
    text = re.sub(r"\s*<[^>]*>", "", " ".join(text.split())).strip(" ,")
    while (shorter := _COMPANY.sub("", text).strip(" ,")) != text and shorter:
        text = shorter
    return text[:PUBLISHER]


def normal_all(programs: Iterable[Program]) -> list[Installed]:
    """Each program and version once, whatever its architectures and languages; in the order reported."""
    found: dict[tuple[str, str, str], Installed] = {}
    for program in programs:
        name = normal_software(program.name, program.version)
        if not name:
            continue
        version, publisher = program.version.strip()[:VERSION], normal_publisher(program.publisher)
        found.setdefault((name, publisher, version), Installed(name, publisher, version, program.installed_date))
        if len(found) >= MOST:
            break
    return list(found.values())
