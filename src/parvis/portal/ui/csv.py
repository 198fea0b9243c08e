"""CSV as French spreadsheets open it: UTF-8 with BOM, semicolons, and no cell that a spreadsheet would run.

Requirement 22 of THREAT_MODEL.md: a cell that starts with `= + - @`, a tab or a
carriage return may be executed as a formula (OWASP, "CSV Injection"); such text is
preceded by an apostrophe.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext

from parvis.portal.kernel.clock import PARIS

BOM = "\ufeff"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file whose write returns what was written: a row of csv.writer as a string."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> str:
    """The value as text no spreadsheet takes for a formula.

    Numbers stay numbers (a negative one keeps its minus sign); instants are in Paris;
    control characters other than the line feed are dropped.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("oui") if value else gettext("non")
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        local = value.astimezone(PARIS) if value.tzinfo else value
        return f"{local:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return _neutralised(str(value))


def lines(header: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The file, line by line, beginning with the BOM; every cell passes through `safe_cell`."""
    yield BOM + body([header])
    for row in rows:
        yield body([row])


def body(rows: Iterable[Iterable[object]]) -> str:
    """Several rows as one piece of text, for streaming."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    return "".join(str(writer.writerow([safe_cell(cell) for cell in row])) for row in rows)


def _neutralised(text: str) -> str:
    clean = "".join(char for char in text if char >= " " or char in "\n\t")
    # Judged before and after the control characters are gone: "\x00=1" would begin with "=".
    starts = (text, text.lstrip(), clean, clean.lstrip())
    return f"'{clean}" if any(start.startswith(DANGEROUS) for start in starts) else clean
