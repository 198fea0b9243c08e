"""Requirement 22: no exported cell is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.ui.csv import BOM, DANGEROUS, lines, safe_cell


@pytest.mark.parametrize("start", DANGEROUS)
def test_a_formula_is_disarmed(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0").startswith("'")
    if not start.isspace():
        assert safe_cell(f"  {start}1").startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "oui"),
        (False, "non"),
        (-3, "-3"),
        (Decimal("-1.5"), "-1.5"),
        ("Le Goff", "Le Goff"),
        ("a=b", "a=b"),
        ("\x00=1", "'=1"),
        ("\x00\n", "'\n"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "2026-07-01 14:00:00"),
    ],
)
def test_cells(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.text())
def test_no_text_comes_out_as_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(DANGEROUS)
    assert not cell.lstrip().startswith(DANGEROUS)


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\r\x00")), min_size=2, max_size=2), max_size=5))
def test_rows_are_read_back_as_they_were_written(rows: list[list[str]]) -> None:
    text = "".join(lines(["un", "deux"], rows))
    assert text.startswith(BOM)
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=";"))
    assert read[1:] == [[safe_cell(cell) for cell in row] for row in rows]
