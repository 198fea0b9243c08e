"""QR labels on sheets of self-adhesive paper.

The code holds the address of the asset's page: any phone opens it, and our own scanners know the asset by it whatever
the host (`parc.scanning`). Error correction M (15 %), as scratched labels need (ISO/IEC 18004).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import segno
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from parvis.portal.ui import pdf

MAX_LABELS = 3000
"""On one document; some forty pages of the smallest labels."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A4 sheet of labels; lengths in millimetres."""

    label: str | Promise
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap: float
    """Between two columns; rows touch."""

    @property
    def per_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows


SHEETS = {
    "l7651": Sheet(_("65 petites (38 × 21 mm, Avery L7651)"), 5, 13, 38.1, 21.2, 4.7, 10.7, 2.5),
    "l7160": Sheet(_("21 moyennes (63 × 38 mm, Avery L7160)"), 3, 7, 63.5, 38.1, 7.2, 15.1, 2.5),
    "l7159": Sheet(_("24 moyennes (64 × 34 mm, Avery L7159)"), 3, 8, 63.5, 33.9, 6.5, 12.9, 2.5),
}


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says."""

    address: str
    """What the QR code holds."""
    title: str
    lines: tuple[str, ...]


def sheet_pdf(labels: Iterable[Label], *, sheet: Sheet, authority: str, skip: int = 0) -> bytes:
    """A PDF of as many pages as it takes; the first `skip` places of the first page stay empty."""
    pdf.fonts()
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(str(_("Étiquettes")))
    canvas.setAuthor(authority)
    place = skip % sheet.per_page
    for number, label in enumerate(labels):
        if number and place == 0:
            canvas.showPage()
        _draw(canvas, label, sheet, place, authority)
        place = (place + 1) % sheet.per_page
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, sheet: Sheet, place: int, authority: str) -> None:
    row, column = divmod(place, sheet.columns)
    x = (sheet.left + column * (sheet.width + sheet.gap)) * mm
    y = A4[1] - (sheet.top + (row + 1) * sheet.height) * mm
    pad = 1.5 * mm
    side = min(sheet.height * mm - 2 * pad, sheet.width * mm * 0.45)
    _draw_code(canvas, label.address, x + pad, y + (sheet.height * mm - side) / 2, side)
    text_x = x + 2 * pad + side
    room = (sheet.width * mm) - side - 3 * pad
    sizes = (8.0, 6.0) if sheet.height > 30 else (6.0, 4.6)
    top = y + sheet.height * mm - 2 * pad - sizes[0]
    canvas.setFillColor(pdf.INK)
    top = _write(canvas, label.title, text_x, top, room, sizes[0], bold=True)
    for line in label.lines:
        if line and top > y + pad + sizes[1]:
            top = _write(canvas, line, text_x, top, room, sizes[1])
    canvas.setFillColor(pdf.QUIET)
    _write(canvas, authority, text_x, y + pad, room, sizes[1] * 0.85)


def _draw_code(canvas: Canvas, content: str, x: float, y: float, side: float) -> None:
    matrix = [list(row) for row in segno.make(content, error="m", micro=False).matrix]
    module = side / (len(matrix) + 4)  # two modules of quiet zone: the label's own white margin makes the other two
    canvas.setFillColorRGB(0, 0, 0)
    path = canvas.beginPath()
    for line, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                path.rect(x + (column + 2) * module, y + side - (line + 3) * module, module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def _write(canvas: Canvas, text: str, x: float, y: float, room: float, size: float, *, bold: bool = False) -> float:
    """One line, cut where the label ends; the next line's height."""
    font = pdf.BOLD if bold else pdf.REGULAR
    shown = text
    while shown and stringWidth(shown, font, size) > room:
        shown = shown[:-2].rstrip() + "…" if len(shown) > 2 else ""
    canvas.setFont(font, size)
    canvas.drawString(x, y, shown)
    return y - size * 1.25
