"""The receipt an agent signs: a PDF made once, kept as it is, with its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Image, KeepTogether

from parvis.portal.kernel.errors import Unavailable
from parvis.portal.loans.models import Item, Loan
from parvis.portal.ui import formats, pdf

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
    with translation.override("fr"):
        title = _("Reçu de prêt n° %(number)d") % {"number": loan.pk}
        flow = [pdf.heading(title), pdf.gap(3), pdf.facts(_facts(loan)), *_things(items), *_terms(loan)]
        content = pdf.document([*flow, _signed(signature, clerk, now)], title=title, lead=authority)
    return Receipt(content, hashlib.sha256(content).hexdigest())


def read(loan: Loan) -> bytes:
    """The receipt as it was signed.

    Raises:
        Unavailable: the file is not there, or is not what was signed (`receipt_altered`).
    """
    try:
        with loan.receipt.open("rb") as file:
            content = bytes(file.read())
    except (OSError, ValueError):
        content = b""
    if hashlib.sha256(content).hexdigest() != loan.receipt_digest:
        raise Unavailable(
            _("Ce reçu n’est plus celui qui a été signé, ou son fichier manque."),
            code="receipt_altered",
            advice=_("Prévenez le responsable informatique\u202f: une sauvegarde contient l’original."),
        )
    return content


def _facts(loan: Loan) -> list[tuple[str, str]]:
    found = [
        (_("Agent"), str(loan.agent)),
        (_("Service"), str(loan.agent.entity)),
        (_("Prêt"), str(loan.offer)),
        (_("Du"), formats.day(loan.starts_date)),
        (_("À rendre au plus tard le"), formats.day(loan.ends_date)),
    ]
    return [*found, (_("Pour"), loan.purpose)] if loan.purpose else found


def _things(items: Sequence[Item]) -> list[Flowable]:
    header = (_("Matériel"), _("Modèle"), _("N° d’inventaire"), _("N° de série"))
    rows = []
    for item in items:
        asset = item.asset
        label = item.part.label if item.part else asset.get_kind_display()
        rows.append((f"{label}\n{asset.name}", str(asset.model or "—"), asset.tag or "—", asset.serial or "—"))
    words = ngettext("%(n)d matériel remis", "%(n)d matériels remis", len(items)) % {"n": len(items)}
    return [pdf.gap(), pdf.heading(words, level=2), pdf.gap(2), pdf.grid(header, rows, widths=(4, 3, 2, 3))]


def _terms(loan: Loan) -> list[Flowable]:
    terms = loan.offer.terms.strip()
    if not terms:
        return []
    # A paragraph a line: a long text goes on over several pages.
    lines = [pdf.paragraph(line) for line in terms.splitlines() if line.strip()]
    return [pdf.gap(), pdf.heading(_("Conditions du prêt"), level=2), pdf.gap(1), *lines]


def _signed(signature: Signature, clerk: str, now: datetime) -> Flowable:
    by = {"name": signature.name, "when": formats.instant(now)}
    flow: list[Flowable] = [
        pdf.gap(),
        pdf.heading(_("Signature"), level=2),
        pdf.paragraph(_("J’ai reçu ce matériel et j’accepte les conditions du prêt.")),
        pdf.gap(2),
    ]
    if signature.drawing is not None:
        flow.append(_drawing(signature.drawing))
        flow.append(pdf.paragraph(_("Signé à l’écran par %(name)s, %(when)s") % by))
    else:
        flow.append(pdf.paragraph(_("Accord donné en écrivant son nom\u202f: %(name)s, %(when)s") % by, bold=True))
    return KeepTogether([*flow, pdf.gap(2), pdf.paragraph(_("Remis par %(clerk)s") % {"clerk": clerk}, quiet=True)])


def _drawing(content: bytes) -> Flowable:
    width, height = ImageReader(BytesIO(content)).getSize()
    scale = min(SIGNATURE_BOX[0] / width, SIGNATURE_BOX[1] / height, 0.5)
    return Image(BytesIO(content), width * scale, height * scale, hAlign="LEFT")
