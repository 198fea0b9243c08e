"""The proof of an acceptance: what was shown, to whom, when, from where; on a page and as a PDF that says the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from parvis.portal.kernel.errors import Unavailable
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.telework import texts
from parvis.portal.telework.models import Acceptance, Document
from parvis.portal.ui import formats, pdf

ACTION = "telework.document_accepted"


def facts_of(acceptance: Acceptance) -> list[tuple[str, str]]:
    """What is known of it, in the order of the page. One query: the line of the audit trail."""
    agent = acceptance.agent
    found = [
        (_("Agent"), str(agent)),
        (_("Adresse électronique"), agent.email),
        (_("Service"), str(agent.entity)),
        (_("Texte"), str(acceptance.document)),
        (_("Accepté le"), formats.instant(acceptance.accepted_at)),
        (_("Depuis l’adresse réseau"), acceptance.client_address or "—"),
        (_("Empreinte du texte accepté (SHA-256)"), acceptance.digest),
        (_("Empreinte de la version publiée (SHA-256)"), acceptance.document.digest),
    ]
    line = _line_of(acceptance)
    if line is not None:
        found.append((_("Ligne du journal d’audit"), f"{line.pk}, {line.hash}"))
    return found


def _line_of(acceptance: Acceptance) -> AuditRecord | None:
    label = Acceptance._meta.label_lower
    there = AuditRecord.objects.filter(action=ACTION, target_type=label, target_id=str(acceptance.pk))
    return there.order_by("pk").first()


def check(acceptance: Acceptance) -> None:
    """Whether what is kept is still what was accepted.

    Raises:
        Unavailable: it is not (`proof_altered`).
    """
    line = _line_of(acceptance)
    digest = texts.digest(acceptance.shown)
    recorded = line.data.get("shown") if line is not None else digest
    if digest != acceptance.digest or digest != recorded:
        raise Unavailable(
            _("Cette preuve n’est plus celle qui a été enregistrée."),
            code="proof_altered",
            advice=_("Prévenez le responsable informatique\u202f: une sauvegarde contient l’original."),
        )


def document_of(acceptance: Acceptance, *, authority: str) -> bytes:
    """The PDF, in French: it is a document of the authority.

    Raises:
        Unavailable: see `check`.
    """
    check(acceptance)
    with translation.override("fr"):
        title = _("Preuve d’acceptation n° %(number)d") % {"number": acceptance.pk}
        flow = [pdf.heading(title), pdf.gap(3), pdf.facts(facts_of(acceptance)), pdf.gap()]
        flow.append(pdf.heading(_("Texte accepté"), level=2))
        flow += [pdf.gap(2), *_words(acceptance.shown)]
        return pdf.document(flow, title=title, lead=authority)


def text_of(document: Document, *, authority: str) -> bytes:
    """A text as a PDF, its fields not filled in."""
    with translation.override("fr"):
        flow = [pdf.heading(document.title), pdf.gap(2), pdf.paragraph(_version_words(document), quiet=True), pdf.gap()]
        return pdf.document([*flow, *_words(document.text)], title=document.title, lead=authority)


def _version_words(document: Document) -> str:
    if document.published_at is None:
        return _("Version %(number)d, brouillon") % {"number": document.version}
    when = formats.day(document.published_at)
    return _("Version %(number)d, publiée le %(day)s") % {"number": document.version, "day": when}


def _words(text: str) -> Sequence[Flowable]:
    flow: list[Flowable] = []
    for block in texts.blocks(text):
        if block.kind == "heading":
            flow += [pdf.gap(2), pdf.heading(block.words, level=2), pdf.gap(1)]
        elif block.kind == "list":
            flow += [*(pdf.paragraph(f"•\u00a0{line}") for line in block.lines), pdf.gap(2)]
        else:
            flow += [pdf.paragraph(block.words), pdf.gap(2)]
    return flow
