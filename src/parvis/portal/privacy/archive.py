"""The file of a person's data: for each kind a JSON and a CSV, and an `index.html` to be read by a person."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.privacy import registry, retention, rules
from parvis.portal.privacy.registry import Kind, Row
from parvis.portal.ui import csv, formats

SHOWN_AT_MOST = 200
"""Rows of one kind in `index.html`; the CSV has all."""


@dataclass(slots=True)
class Section:
    """One kind in `index.html`."""

    kind: Kind
    months: int | None
    columns: list[str] = field(default_factory=list)
    """In the order they came: a kind may hold several sorts of rows."""
    newest: list[Row] = field(default_factory=list)
    count: int = 0
    truncated: bool = False

    @property
    def shown(self) -> list[list[str]]:
        """The cells of the newest rows, in words."""
        return [[_words(row.get(column)) for column in self.columns] for row in self.newest]


def exported_kinds() -> list[Kind]:
    """Those that have something about one person."""
    return [kind for kind in registry.kinds() if kind.export is not None]


def write(path: Path, agent: Agent, *, now: datetime, progress: Callable[[int], None]) -> bool:
    """Make the file, in French; whether a kind was cut at its limit. The file appears whole or not at all."""
    draft, sections, left = path.with_suffix(".part"), [], rules.BYTES_PER_EXPORT
    with translation.override("fr"):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
            for number, kind in enumerate(exported_kinds(), start=1):
                section = Section(kind, retention.months_of(kind))
                left -= _write_kind(file, kind, agent, section, left)
                sections.append(section)
                progress(number)
            file.writestr("index.html", _index(agent, sections, now))
    draft.replace(path)
    return any(section.truncated for section in sections)


def _write_kind(file: zipfile.ZipFile, kind: Kind, agent: Agent, section: Section, left: int) -> int:
    """Both files of a kind, streamed; how many bytes they took. The rows are asked for twice: once per file."""
    used = 0
    with file.open(f"{kind.name}.json", "w") as out:
        out.write(b"[")
        for row in _rows(kind, agent, section):
            text = (",\n" if section.count > 1 else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
            data = text.encode()
            used += len(data)
            if used > left // 2:
                section.truncated = True
                break
            out.write(data)
        out.write(b"\n]\n")
    again = Section(kind, None)
    with file.open(f"{kind.name}.csv", "w") as out:
        columns = section.columns
        out.write((csv.BOM + csv.body([columns])).encode())
        for row in _rows(kind, agent, again):
            if again.count > section.count:
                break
            data = csv.body([[_cell(row.get(column)) for column in columns]]).encode()
            used += len(data)
            if used > left:
                section.truncated = True
                break
            out.write(data)
    return used


def _rows(kind: Kind, agent: Agent, section: Section) -> Iterator[Row]:
    assert kind.export is not None  # noqa: S101 `exported_kinds` left the others out
    for row in kind.export(agent):
        if section.count >= rules.ROWS_PER_KIND:
            section.truncated = True
            return
        section.count += 1
        section.columns += [column for column in row if column not in section.columns]
        if len(section.newest) < SHOWN_AT_MOST:
            section.newest.append(row)
        yield row


def _index(agent: Agent, sections: list[Section], now: datetime) -> str:
    context = {
        "agent": agent,
        "sections": sections,
        "now": now,
        "authority_name": settings.PARVIS.authority_name,
        "at_most": SHOWN_AT_MOST,
    }
    return render_to_string("privacy/archive/index.html", context)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _cell(value: Any) -> object:
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else value


def _words(value: Any) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return "oui" if value else "non"
        case datetime():
            return formats.instant(value) if value.tzinfo else str(value)
        case date():
            return formats.day(value)
        case list():
            return " ; ".join(_words(each) for each in value) or "—"
        case dict():
            return ", ".join(f"{key} : {_words(each)}" for key, each in value.items())
        case _:
            return str(value)


def file_name(now: datetime) -> str:
    """What the browser calls it."""
    return f"mes-donnees-{clock.today(now)}.zip"
