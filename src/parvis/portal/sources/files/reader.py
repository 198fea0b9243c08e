"""Reads the people of an uploaded file, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import Row, Table, open_table
from parvis.portal.sources.files.columns import ACTIVE, KEY, LABELS, REQUIRED
from parvis.portal.sources.items import DAYS, ENTITY, TEXTS
from parvis.portal.sources.models import Run, Source
from parvis.portal.sources.records import Fault, Record, SourceBroken
from parvis.portal.ui.search import fold

YES = {"", "oui", "o", "yes", "y", "true", "vrai", "1", "x", "actif", "active", "en poste", "present", "enabled"}
NO = {"non", "n", "no", "false", "faux", "0", "inactif", "inactive", "parti", "absent", "sorti", "disabled", "radie"}
DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y-%m-%dT%H:%M:%S")


def reader(source: Source, run: Run | None) -> FileReader:
    """Of the file given to this run.

    Raises:
        SourceBroken: there is none any more (`no_file`).
    """
    if run is None or run.upload is None:
        raise SourceBroken(_("Le fichier n’est plus là\u202f: déposez-le de nouveau."), code="no_file")
    return FileReader(bytes(run.upload.content), source.settings.get("columns", {}))


class FileReader:
    """`columns`: field → column of the file."""

    def __init__(self, raw: bytes, columns: Mapping[str, str]) -> None:
        self.raw = raw
        self.columns = columns

    def read(self) -> Iterator[Record | Fault]:
        """One person a row. Their key: the column chosen for it, else the personnel number, else the address.

        Raises:
            SourceBroken: the file is no table any more, or lacks a column.
        """
        try:
            table = open_table(self.raw)
            places = self._places(table)
            for row in table.rows():
                yield _person(row, {name: row.cells[place] for name, place in places.items()})
        except Invalid as problem:
            raise SourceBroken(problem.message, code="file_unreadable") from None

    def _places(self, table: Table) -> dict[str, int]:
        places = {name: table.header.index(column) for name, column in self.columns.items() if column in table.header}
        for name in REQUIRED:
            if name not in places:
                raise Invalid(_("La colonne «\u202f%(name)s\u202f» manque.") % {"name": LABELS[name]})
        return places


def _person(row: Row, said: dict[str, str]) -> Record | Fault:
    where = _("ligne %(number)s") % {"number": row.number}
    key = said.get(KEY) or said.get("personnel_number") or said.get("email", "").lower()
    problems = list(row.faults)
    facts: dict[str, Any] = {name: " ".join(said.get(name, "").split()) for name in TEXTS}
    for name in DAYS:
        try:
            facts[name] = _day(said.get(name, ""))
        except ValueError:
            problems.append(
                _("%(name)s\u202f: «\u202f%(value)s\u202f» n’est pas une date.")
                % {"name": LABELS[name], "value": said[name][:30]}
            )
    answer = fold(said.get(ACTIVE, "").strip())
    if answer not in YES | NO:
        problems.append(_("«\u202f%(value)s\u202f» ne dit pas si l’agent est en poste.") % {"value": answer[:30]})
    if problems:
        return Fault(where, " ".join(problems), key=key)
    return Record(key=key, entity=said.get(ENTITY, ""), is_active=answer in YES, where=where, **facts)


def _day(text: str) -> date | None:
    if not text:
        return None
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day, not an instant)
        except ValueError:
            continue
    raise ValueError(text)
