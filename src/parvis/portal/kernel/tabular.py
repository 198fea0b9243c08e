"""Tables that people bring: CSV as spreadsheets of every age write it, and Excel workbooks. Hostile until read.

CSV: `;`, `,` or tab; UTF-8 with or without BOM, or Windows-1252, which is said in `Table.notes`. Excel (.xlsx): first
sheet, read without running anything: a cell that is a formula is a fault of its row, never a value. What an archive
would unpack to is bounded before it is opened, and its XML is read by defusedxml (no entities, no DTD).
Requirement 21 of THREAT_MODEL.md.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from parvis.portal.kernel.errors import Invalid

MAX_BYTES = 20 * 2**20
MAX_UNPACKED = 150 * 2**20
"""Bytes all parts of a workbook may unpack to."""
MAX_PARTS = 500
MAX_COLUMNS = 100
MAX_CELL = 10_000
"""Characters."""
MAX_BLANK_ROWS = 20_000
"""Empty rows on end in a workbook; a row may say that it is the billionth, and all before it are then looked at."""

_ZIP, _OLD_EXCEL, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NAMED = re.compile(r'\A"?sep=([;,\t])"?\r?\n', re.IGNORECASE)
"""A first line by which Excel is told the separator."""
_MIDNIGHT = datetime.min.time()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: its number in the file, its cells as stripped text, why it cannot be used (if so)."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and the rows below it; each call of `rows` reads them anew, in bounded memory."""

    kind: str
    """`csv` or `xlsx`."""
    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]
    notes: list[str] = field(default_factory=list)
    """What people should know of how the file was understood."""

    def as_csv(self) -> str:
        """The same table as CSV with semicolons.

        Raises:
            Invalid: a row cannot be used (a formula).
        """
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(self.header)
        for row in self.rows():
            if row.faults:
                raise Invalid(_("Ligne %(line)s\u202f: %(problem)s") % {"line": row.number, "problem": row.faults[0]})
            writer.writerow(row.cells)
        return out.getvalue()


def open_table(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Table:
    """The table in this file; empty lines are skipped, rows are as long as the header.

    Raises:
        Invalid: too large, no table, no header, an encoding that cannot be told (with the line).
    """
    if len(raw) > max_bytes:
        raise Invalid(_("Ce fichier est trop volumineux (%(max)s Mo au plus).") % {"max": max(max_bytes // 10**6, 1)})
    if raw.startswith(_ZIP):
        return _workbook(raw)
    if raw.startswith((_OLD_EXCEL, _PDF)):
        raise Invalid(_("Ce format n’est pas lu\u202f: enregistrez le fichier en CSV ou en Excel (.xlsx)."))
    return _csv(raw)


# CSV


def decode(raw: bytes) -> tuple[str, str]:
    """The text and its encoding, `utf-8` or `windows-1252`.

    Raises:
        Invalid: neither, with the line where it shows.
    """
    if raw.startswith(_UTF16) or b"\x00" in raw[:4096]:
        raise Invalid(
            _("Ce fichier n’est pas un fichier CSV en UTF-8\u202f: enregistrez-le de nouveau dans ce format.")
        )
    try:
        text, encoding = raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = _windows_1252(raw), "windows-1252"
    if "\x00" in text:
        raise Invalid(_("Ce fichier n’est pas un fichier CSV."))
    return text, encoding


def _windows_1252(raw: bytes) -> str:
    told_apart = [
        (number, line, _is_utf8(line)) for number, line in enumerate(raw.split(b"\n"), 1) if not line.isascii()
    ]
    wrong = next(number for number, _line, utf8 in told_apart if not utf8)
    # Some lines in UTF-8 and some not: two files pasted together, or a broken one. Guessing would spoil names.
    mixed = any(utf8 for _number, _line, utf8 in told_apart)
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        mixed, wrong = True, raw.count(b"\n", 0, error.start) + 1
    if mixed:
        problem = _("Ligne %(line)s\u202f: les accents ne sont pas lisibles.") % {"line": wrong}
        raise Invalid(problem, advice=_("Enregistrez le fichier en «\u202fCSV UTF-8\u202f»."), code="wrong_encoding")
    return text


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _csv(raw: bytes) -> Table:
    text, encoding = decode(raw)
    lines = _csv_lines(text)
    header = _header(next(lines, (0, []))[1])
    notes = []
    if encoding == "windows-1252":
        notes.append(_("Les accents de ce fichier sont au format Windows-1252\u202f: vérifiez-en quelques-uns."))

    def rows() -> Iterator[Row]:
        again = _csv_lines(text)
        next(again)
        return _fitted(header, again)

    return Table("csv", header, rows, notes)


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.split("\n") if line.strip()), "")
    named = _NAMED.match(text)
    delimiter = named[1] if named else max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        if named:
            next(reader)
            begins = 2
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        problem = _("Ligne %(line)s\u202f: ce n’est pas du CSV (un guillemet n’est pas refermé\u202f?).")
        raise Invalid(problem % {"line": begins}) from None


# Excel


def _workbook(raw: bytes) -> Table:
    _check_archive(raw)
    lines = _sheet_lines(raw)
    header = _header([text for text, _fault in next(lines, (0, []))[1]])

    def rows() -> Iterator[Row]:
        again = _sheet_lines(raw)
        next(again)
        for number, cells in again:
            faults = tuple(dict.fromkeys(fault for _text, fault in cells if fault))
            yield from (
                Row(row.number, row.cells, (*faults, *row.faults))
                for row in _fitted(header, [(number, [text for text, _fault in cells])])
            )

    return Table("xlsx", header, rows)


def _check_archive(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise _no_workbook() from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Invalid(_("Ce classeur est trop volumineux une fois décompressé."), code="too_large_unpacked")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise _no_workbook()


def _sheet_lines(raw: bytes) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    if not openpyxl.DEFUSEDXML:
        raise _no_workbook()  # never without it: entities would be expanded
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size is not believed
        last = 0
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
            cells = [_cell(cell) for cell in row]
            while cells and cells[-1] == ("", ""):
                cells.pop()
            if cells:
                last = number
                yield number, cells
            elif number - last > MAX_BLANK_ROWS:
                raise Invalid(
                    _("Ce classeur a trop de lignes vides\u202f: copiez le tableau dans un nouveau classeur.")
                )
    except Invalid:
        raise
    except Exception:  # a hostile or broken file makes the parser raise anything
        raise _no_workbook() from None


def _no_workbook() -> Invalid:
    return Invalid(_("Ce fichier n’est pas un classeur Excel (.xlsx) lisible."))


def _cell(cell: Any) -> tuple[str, str]:
    if cell.data_type == "f":
        return "", _("une cellule contient une formule (collez les valeurs seules).")
    if cell.data_type == "e":
        return "", _("une cellule contient une erreur de calcul.")
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return ("oui" if value else "non"), ""
    if isinstance(value, datetime) and value.time() == _MIDNIGHT:
        value = value.date()
    if isinstance(value, (date, datetime)):
        return value.isoformat(), ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip(), ""


# Both


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    header = tuple(" ".join(cell.split()) for cell in cells)
    while header and not header[-1]:
        header = header[:-1]
    if not header:
        raise Invalid(_("Ce fichier est vide\u202f: sa première ligne doit nommer les colonnes."))
    if len(header) > MAX_COLUMNS:
        raise Invalid(_("Ce fichier a plus de %(max)s colonnes.") % {"max": MAX_COLUMNS})
    twice = [name for name, times in Counter(name.lower() for name in header if name).items() if times > 1]
    if twice:
        raise Invalid(_("La colonne «\u202f%(name)s\u202f» figure deux fois.") % {"name": twice[0]})
    return header


def _fitted(header: Sequence[str], lines: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    width = len(header)
    for number, raw_cells in lines:
        cells, faults = [cell.strip() for cell in raw_cells], []
        if any(cells[width:]):
            faults.append(_("plus de cellules que de colonnes (un séparateur dans un texte\u202f?)."))
        if any(len(cell) > MAX_CELL for cell in cells):
            faults.append(_("une cellule est trop longue."))
        cells = [cell[:MAX_CELL] for cell in cells[:width]]
        yield Row(number, tuple(cells + [""] * (width - len(cells))), tuple(faults))
