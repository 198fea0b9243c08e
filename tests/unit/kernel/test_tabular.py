"""Tables that people bring, honest and hostile."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.tabular import open_table


def cells(raw: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in open_table(raw).rows()]


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_as_spreadsheets_write_it(delimiter: str, encoding: str) -> None:
    text = f'Nom{delimiter}Prénom\r\nLe Goff{delimiter}Hélène\r\n\r\n"A{delimiter}B"{delimiter}"deux\nlignes"\r\n'
    table = open_table(text.encode(encoding))
    assert table.header == ("Nom", "Prénom")
    assert [(row.number, row.cells) for row in table.rows()] == [
        (2, ("Le Goff", "Hélène")),
        (4, (f"A{delimiter}B", "deux\nlignes")),
    ]
    assert bool(table.notes) is (encoding == "cp1252")


@pytest.mark.parametrize("said", ["sep=,\r\n", '"sep=,"\n', "\ufeffSEP=,\n"])
def test_the_separator_that_a_file_names_is_no_header(said: str) -> None:
    """Excel's own first line: the separator it names wins over what the header seems to use."""
    table = open_table(f"{said}Nom;Local,Prix\nPC-1,12\n".encode())
    assert table.header == ("Nom;Local", "Prix")
    assert [(row.number, row.cells) for row in table.rows()] == [(3, ("PC-1", "12"))]


def test_windows_1252_is_said() -> None:
    assert "Windows-1252" in open_table("nom\nHélène".encode("cp1252")).notes[0]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("nom\nHélène\n".encode() + "Zoé\n".encode("cp1252"), "3"),  # two encodings in one file
        (b"nom\nok\n\x81\n", "3"),  # a byte Windows-1252 does not have
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused_with_the_line(raw: bytes, line: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_table(raw)
    assert f"Ligne {line}" in str(refused.value.message)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        "nom;prénom".encode("utf-16"),
        b"nom\x00;x",
        b"\xd0\xcf\x11\xe0old excel",
        b"%PDF-1.7",
        b"PK\x03\x04 not a zip",
        b"nom;Nom\n1;2",
        b'nom;x\n"jamais ferm\xc3\xa9;1\n',
        (";".join(f"c{n}" for n in range(101))).encode(),
    ],
)
def test_what_is_no_table_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        list(open_table(raw).rows())


def test_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="invalid"):
        open_table(b"a" * 101, max_bytes=100)


def test_formulas_of_a_csv_stay_text() -> None:
    assert cells(b"nom\n=cmd|' /C calc'!A0\n") == [("=cmd|' /C calc'!A0",)]


def test_too_many_cells_are_a_fault_of_the_row() -> None:
    rows = list(open_table(b"a;b\n1;2;3\n1\n").rows())
    assert (bool(rows[0].faults), rows[1].cells, rows[1].faults) == (True, ("1", ""), ())


def test_excel_with_dates_numbers_and_empty_cells() -> None:
    raw = workbook(["Nom", "Entrée", "Matricule", "Actif"], ["Zoé", date(2026, 9, 1), 42.0, True], [], ["Luc"])
    table = open_table(raw)
    assert [(row.number, row.cells) for row in table.rows()] == [
        (2, ("Zoé", "2026-09-01", "42", "oui")),
        (4, ("Luc", "", "", "")),
    ]


def test_a_formula_of_excel_is_a_fault_and_never_a_value() -> None:
    rows = list(open_table(workbook(["nom", "x"], ["=1+1", "y"], ["Luc", "z"])).rows())
    assert "formule" in rows[0].faults[0]
    assert (rows[0].cells, rows[1].faults) == (("", "y"), ())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 10)
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 160 * 2**20)
    assert len(out.getvalue()) < 2**20
    monkeypatch.setattr(openpyxl, "load_workbook", None)  # it is never opened
    with pytest.raises(Invalid, match="too_large_unpacked"):
        open_table(out.getvalue())


def test_entities_in_a_workbook_are_never_expanded() -> None:
    honest = io.BytesIO(workbook(["nom"], ["Luc"]))
    out = io.BytesIO()
    with zipfile.ZipFile(honest) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                content = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + content.replace(b"Luc", b"&e;")
            new.writestr(part.filename, content)
    with pytest.raises(Invalid):
        list(open_table(out.getvalue()).rows())


def test_another_archive_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(Invalid):
        open_table(out.getvalue())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(raw: bytes) -> None:
    for each in (raw, b"nom;x\n" + raw):
        try:
            table = open_table(each)
            assert all(len(row.cells) == len(table.header) for row in table.rows())
        except Invalid:
            pass


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8), min_size=2, max_size=2)))
def test_as_csv_says_the_same(rows: list[list[str]]) -> None:
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([["a", "b"], *rows])
    table = open_table(out.getvalue().encode())
    again = open_table(table.as_csv().encode())
    assert [row.cells for row in again.rows()] == [row.cells for row in table.rows()]


def test_a_row_said_to_be_the_billionth_is_not_waited_for() -> None:
    """openpyxl fills the rows that are missing, one by one."""
    raw, out = workbook(["nom"], ["Claire"]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.infolist():
            content = before.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b'r="2"', b'r="3000000000"').replace(b'r="A2"', b'r="A3000000000"')
            after.writestr(part, content)
    with pytest.raises(Invalid):
        cells(out.getvalue())
