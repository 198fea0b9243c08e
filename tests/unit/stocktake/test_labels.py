"""Sheets of labels are read back: their words by a PDF reader, their codes module by module."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from parvis.portal.stocktake.labels import SHEETS, Label, sheet_pdf


def _labels(count: int) -> list[Label]:
    return [
        Label(f"https://parvis.example/parc/materiel/{n}/", f"RIV-{n:05d}", ("Écran d’accueil", "Dell P2422H"))
        for n in range(count)
    ]


@pytest.mark.parametrize("name", SHEETS)
def test_every_label_is_on_its_page(name: str) -> None:
    sheet = SHEETS[name]
    count = sheet.per_page + 2
    pages = PdfReader(BytesIO(sheet_pdf(_labels(count), sheet=sheet, authority="Rivemarine"))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) == 2
    assert texts[0].count("RIV-") == sheet.per_page
    assert texts[1].count("RIV-") == 2
    assert "Écran" in texts[0]


def test_a_started_sheet_is_finished_first() -> None:
    sheet = SHEETS["l7160"]
    content = sheet_pdf(_labels(3), sheet=sheet, authority="Rivemarine", skip=sheet.per_page - 1)
    texts = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    assert [text.count("RIV-") for text in texts] == [1, 2]


@pytest.mark.parametrize("name", SHEETS)
def test_labels_stay_on_the_paper(name: str) -> None:
    sheet = SHEETS[name]
    assert sheet.left + sheet.columns * sheet.width + (sheet.columns - 1) * sheet.gap <= 210
    assert sheet.top + sheet.rows * sheet.height <= 297


def test_a_long_name_is_cut_not_spilled() -> None:
    label = Label("https://parvis.example/parc/materiel/1/", "W" * 63, ("M" * 120,))
    text = PdfReader(BytesIO(sheet_pdf([label], sheet=SHEETS["l7651"], authority="x" * 200))).pages[0].extract_text()
    assert "…" in text
    assert "W" * 63 not in text
