"""The receipt an agent signs: a PDF made once, kept as it is, with its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from parvis.portal.kernel.errors import Unavailable
from parvis.portal.loans.models import Item, Loan
from parvis.portal.ui import formats, pdf

INK, PALE = colors.HexColor("#182433"), colors.HexColor("#5b6b7d")
TITLE = ParagraphStyle("title", fontName=pdf.BOLD, fontSize=18, leading=22, textColor=INK, spaceAfter=2 * mm)
HEADING = ParagraphStyle("heading", fontName=pdf.BOLD, fontSize=11, leading=14, textColor=INK, spaceBefore=6 * mm)
BODY = ParagraphStyle("body", fontName=pdf.FONT, fontSize=10, leading=14, textColor=INK)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8.5, leading=11, textColor=PALE)
SIGNATURE_BOX = (80 * mm, 30 * mm)


@dataclass(frozen=True, slots=True)
class Signature:
    """How somebody signed: with their hand (a PNG of ours, see `photos.signature`), or by writing their name."""

    name: str
    drawing: bytes | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of a hand-over."""

    content: bytes
    digest: str
    """SHA-256, hexadecimal."""


def build(
    loan: Loan, items: Sequence[Item], signature: Signature, *, authority: str, clerk: str, now: datetime
) -> Receipt:
    """The PDF of this hand-over, in French: it is a document of the authority, whatever the reader's language."""
    pdf.fonts()
    file = BytesIO()
    with translation.override("fr"):
        document = SimpleDocTemplate(
            file, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=20 * mm,
            title=pdf.clean(_("Reçu de prêt n° %(number)d") % {"number": loan.pk}),
            author=pdf.clean(authority), lang="fr",
        )  # fmt: skip
        story = [*_head(loan, authority), *_things(items), *_terms(loan), *_signed(signature, clerk, now)]
        document.build(story, onFirstPage=_footer(loan, authority), onLaterPages=_footer(loan, authority))
    content = file.getvalue()
    return Receipt(content, hashlib.sha256(content).hexdigest())


def read(loan: Loan) -> bytes:
    """The receipt as it was signed.

    Raises:
        Unavailable: the file is not there, or is not what was signed (`receipt_altered`).
    """
    try:
        with loan.receipt.open("rb") as file:
            content = file.read()
    except (OSError, ValueError):
        content = b""
    if hashlib.sha256(content).hexdigest() != loan.receipt_digest:
        raise Unavailable(
            _("Ce reçu n’est plus celui qui a été signé, ou son fichier manque."),
            code="receipt_altered",
            advice=_("Prévenez le responsable informatique\u202f: une sauvegarde contient l’original."),
        )
    return bytes(content)


def _text(words: object, style: ParagraphStyle = BODY) -> Paragraph:
    return Paragraph(escape(pdf.clean(words)).replace("\n", "<br/>"), style)


def _head(loan: Loan, authority: str) -> list[Flowable]:
    agent = loan.agent
    facts = [
        (_("Agent"), agent),
        (_("Service"), agent.entity),
        (_("Prêt"), loan.offer),
        (_("Du"), formats.day(loan.starts_date)),
        (_("À rendre au plus tard le"), formats.day(loan.ends_date)),
    ]
    if loan.purpose:
        facts.append((_("Pour"), loan.purpose))
    rows = [[_text(label, SMALL), _text(value)] for label, value in facts]
    table = Table(rows, colWidths=[42 * mm, 128 * mm], hAlign="LEFT")
    tight = [(side, (0, 0), (-1, -1), points) for side, points in (("LEFTPADDING", 0), ("TOPPADDING", 1))]
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1), *tight]))
    number = _("Reçu de prêt n° %(number)d") % {"number": loan.pk}
    return [_text(authority, SMALL), _text(number, TITLE), table]


def _things(items: Sequence[Item]) -> list[Flowable]:
    rows = [[_text(label, SMALL) for label in (_("Matériel"), _("Modèle"), _("N° d’inventaire"), _("N° de série"))]]
    for item in items:
        asset = item.asset
        name = item.part.label if item.part else asset.get_kind_display()
        cells = (f"{name}\n{asset.name}", asset.model or "—", asset.tag or "—", asset.serial or "—")
        rows.append([_text(cell) for cell in cells])
    table = Table(rows, colWidths=[55 * mm, 45 * mm, 32 * mm, 38 * mm], repeatRows=1, hAlign="LEFT")
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.HexColor("#d5dbe1")),
                               ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2)]))  # fmt: skip
    words = ngettext("%(n)d matériel remis", "%(n)d matériels remis", len(items)) % {"n": len(items)}
    return [_text(words, HEADING), Spacer(1, 2 * mm), table]


def _terms(loan: Loan) -> list[Flowable]:
    if not loan.offer.terms.strip():
        return []
    return [_text(_("Conditions du prêt"), HEADING), Spacer(1, 1 * mm), _text(loan.offer.terms.strip())]


def _signed(signature: Signature, clerk: str, now: datetime) -> list[Flowable]:
    accepted = _("J’ai reçu ce matériel et j’accepte les conditions du prêt.")
    by = _("%(name)s, %(when)s") % {"name": signature.name, "when": formats.instant(now)}
    story: list[Flowable] = [_text(_("Signature"), HEADING), _text(accepted), Spacer(1, 2 * mm)]
    if signature.drawing is not None:
        story.append(_drawing(signature.drawing))
        story.append(_text(_("Signé à l’écran par %(by)s") % {"by": by}))
    else:
        story.append(_text(signature.name, TITLE))
        story.append(_text(_("Accord donné en écrivant son nom\u202f: %(by)s") % {"by": by}))
    story += [Spacer(1, 2 * mm), _text(_("Remis par %(clerk)s") % {"clerk": clerk}, SMALL)]
    return [KeepTogether(story)]


def _drawing(content: bytes) -> Flowable:
    width, height = ImageReader(BytesIO(content)).getSize()
    scale = min(SIGNATURE_BOX[0] / width, SIGNATURE_BOX[1] / height, 0.5)
    return Image(BytesIO(content), width * scale, height * scale, hAlign="LEFT")


def _footer(loan: Loan, authority: str) -> object:
    words = pdf.clean(_("%(authority)s · reçu n° %(number)d") % {"authority": authority, "number": loan.pk})

    def draw(canvas: Canvas, _document: object) -> None:
        canvas.saveState()
        canvas.setFont(pdf.FONT, 8)
        canvas.setFillColor(PALE)
        canvas.drawString(20 * mm, 12 * mm, words)
        canvas.drawRightString(190 * mm, 12 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    return draw
