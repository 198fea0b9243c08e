"""Documents to print: one look for receipts, sheets and reports, on reportlab.

Example::

    flow = [heading(_("Reçu de prêt")), facts([(_("Agent"), str(agent))]), paragraph(offer.terms)]
    data = document(flow, title=_("Reçu de prêt"), lead=settings.PARVIS.authority_name)

The same flow gives the same bytes (no date of its own in the file), so that a digest of it means something. DejaVu
Sans has every letter of French.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib import resources
from io import BytesIO

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

Text = str | Promise

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, QUIET, LINE = HexColor("#1c2733"), HexColor("#5b6673"), HexColor("#c8ced6")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
"""Points between the margins."""


@cache
def fonts() -> None:
    """Register the two fonts; once per process. Called by everything here that draws."""
    for name in (REGULAR, BOLD):
        data = (resources.files("parvis.portal.ui") / "fonts" / f"{name}.ttf").read_bytes()
        registerFont(TTFont(name, BytesIO(data)))
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


@cache
def style(size: float = 10, *, bold: bool = False, quiet: bool = False) -> ParagraphStyle:
    """The style of a paragraph; `size` in points."""
    fonts()
    return ParagraphStyle(
        name=f"{size}{bold}{quiet}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.35,
        textColor=QUIET if quiet else INK,
        alignment=TA_LEFT,
    )


def paragraph(text: Text, *, size: float = 10, bold: bool = False, quiet: bool = False) -> Paragraph:
    """Words as they are: markup in them is shown, line ends are kept."""
    # reportlab breaks lines at the narrow no-break space, but not at the wide one.
    words = escape(str(text)).replace("\u202f", "\u00a0").replace("\n", "<br/>")
    return Paragraph(words, style(size, bold=bold, quiet=quiet))


def heading(text: Text, *, level: int = 1) -> Paragraph:
    """A title (level 1) or a part's title (level 2)."""
    return paragraph(text, size=17 if level == 1 else 12, bold=True)


def gap(height: float = 6) -> Spacer:
    """Empty space; `height` in millimetres."""
    return Spacer(1, height * mm)


def facts(rows: Iterable[tuple[Text, Text]]) -> Table:
    """Names on the left, values on the right."""
    cells = [[paragraph(name, size=9, quiet=True), paragraph(value or "—")] for name, value in rows]
    table = Table(cells, colWidths=[WIDTH * 0.3, WIDTH * 0.7])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table


def grid(header: Sequence[Text], rows: Iterable[Sequence[Text]], *, widths: Sequence[float] | None = None) -> Table:
    """A table with a header repeated on each page; `widths` are shares of the width."""
    cells = [[paragraph(cell, size=8.5, bold=True) for cell in header]]
    cells += [[paragraph(cell, size=9) for cell in row] for row in rows]
    shares = widths or [1] * len(header)
    table = Table(cells, colWidths=[WIDTH * share / sum(shares) for share in shares], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
                ("LINEABOVE", (0, 0), (-1, 0), 0.5, LINE),
            ]
        )
    )
    return table


def document(flow: Sequence[Flowable], *, title: Text, lead: Text = "") -> bytes:
    """A PDF of A4 pages: `lead` (the authority's name) at the top of each, the page's number at the foot."""
    fonts()
    out = BytesIO()

    def furniture(canvas: Canvas, template: SimpleDocTemplate) -> None:
        canvas.setFont(REGULAR, 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, A4[1] - 12 * mm, str(lead))
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, _("Page %(number)s") % {"number": template.page})

    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=20 * mm,
        bottomMargin=18 * mm,
        title=str(title),
        author=str(lead),
        creator="Parvis",
        lang=get_language() or "fr",
        invariant=1,
    )
    template.build(list(flow), onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()
