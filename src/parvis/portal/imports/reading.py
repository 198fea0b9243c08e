"""The lines of a run: from its file, row by row; from GLPI, see `glpi.reader`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from parvis.portal.imports.facts import Options, Said
from parvis.portal.imports.models import MOST_LINES, Run
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import Table, open_table


class ReadingBroken(Exception):
    """The lines cannot be had; `code` is a key of `wording.RUN_PROBLEMS`, `detail` more words."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


def table_of(run: Run) -> Table:
    """The run's file.

    Raises:
        ReadingBroken: it is gone (`no_file`), or no table (`file_unreadable`).
    """
    if run.content is None:
        raise ReadingBroken("no_file")
    try:
        return open_table(bytes(run.content))
    except Invalid as problem:
        raise ReadingBroken("file_unreadable", str(problem.message)) from None


def lines_of_file(run: Run) -> Iterator[Said]:
    """One a row, with what the chosen columns say.

    Raises:
        ReadingBroken: see `table_of`; or more than `MOST_LINES` (`too_many_lines`).
    """
    table = table_of(run)
    places = {field: table.header.index(column) for field, column in run.columns.items() if column in table.header}
    try:
        for count, row in enumerate(table.rows(), 1):
            if count > MOST_LINES:
                raise ReadingBroken("too_many_lines")
            yield Said(row.number, {field: row.cells[at] for field, at in places.items()}, row.cells, row.faults)
    except Invalid as problem:
        raise ReadingBroken("file_unreadable", str(problem.message)) from None


def check_file(raw: bytes) -> tuple[tuple[str, ...], int]:
    """The header of a file that can be imported, and how many rows are below it.

    Raises:
        Invalid: no table, no row, or more rows than `MOST_LINES`.
    """
    table = open_table(raw)
    count = 0
    for count, _row in enumerate(table.rows(), 1):
        if count > MOST_LINES:
            raise Invalid(
                _("Ce fichier a plus de %(max)s lignes.") % {"max": f"{MOST_LINES:,}".replace(",", "\u202f")},
                advice=_("Partagez-le en plusieurs fichiers, par exemple un par commune."),
                code="too_many_lines",
            )
    if not count:
        raise Invalid(_("Ce fichier n’a que des titres de colonnes\u202f: aucune ligne à importer."), code="no_line")
    return table.header, count


def options_of(run: Run) -> Options:
    """What was said of the whole file."""
    given: dict[str, Any] = run.options
    return Options(
        kind=given.get("kind", ""),
        entity=given.get("entity"),
        state=given.get("state", ""),
        create_sites=bool(given.get("create_sites")),
        skip_people=bool(given.get("skip_people")),
    )
