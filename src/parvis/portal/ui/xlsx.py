"""Workbooks as spreadsheets open them: text stays text, whatever it begins with (see `csv.safe_cell`)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell

from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.errors import Invalid
from parvis.portal.ui import csv

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 10_000
"""A workbook is made in memory while one waits; longer lists are for the CSV, which is sent as it is read."""


def require_few(rows: int) -> None:
    """Raises:
    Invalid: too many rows for a workbook.
    """
    if rows > MOST_ROWS:
        raise Invalid(
            _("Cette liste est trop longue pour un classeur."), advice=_("Exportez-la en CSV, ou filtrez-la d’abord.")
        )


def workbook(title: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet, its first line frozen."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "1")
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, value) for value in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(PARIS).replace(tzinfo=None) if value.tzinfo else value
    if value is None or (isinstance(value, (int, float, Decimal, date)) and not isinstance(value, bool)):
        return value
    cell = WriteOnlyCell(sheet, value=csv.safe_cell(value)[:32_767])
    cell.data_type = "s"  # never a formula
    return cell
