"""Documents to print are read back by another program's reader."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from parvis.portal.ui import pdf

WORDS = "Œuvre d’été\u202f: 1\u202f250,50\u202f€ <b>tel quel</b> & la suite"


def _document() -> bytes:
    rows = [[f"Portable {n}", "RIV-PR-00012"] for n in range(80)]
    flow = [pdf.heading("Reçu"), pdf.facts([("Agent", WORDS)]), pdf.gap(), pdf.grid(["Nom", "Numéro"], rows)]
    return pdf.document(flow, title="Reçu de prêt", lead="Métropole de Rivemarine")


def test_every_letter_can_be_read_back() -> None:
    reader = PdfReader(BytesIO(_document()))
    first = reader.pages[0].extract_text()
    # Readers give a no-break space as such, or as a space: the font draws both alike.
    assert WORDS.split(":")[1].replace("\u202f", " ").strip() in first.replace("\u00a0", " ")
    assert "Œuvre d’été" in first
    assert reader.metadata is not None
    assert reader.metadata.title == "Reçu de prêt"


def test_a_long_table_repeats_its_header_and_numbers_its_pages() -> None:
    pages = [page.extract_text() for page in PdfReader(BytesIO(_document())).pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert "Numéro" in page
        assert "Métropole de Rivemarine" in page
        assert f"Page {number}" in page


def test_the_same_words_give_the_same_bytes() -> None:
    assert _document() == _document()
