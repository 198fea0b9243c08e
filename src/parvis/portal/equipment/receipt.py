"""The receipt of what was assigned in one go: a PDF to print and sign on paper."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from parvis.portal.equipment.models import Outfit, Part
from parvis.portal.kernel import clock
from parvis.portal.ui import formats, pdf


def assigned(outfit: Outfit) -> list[Part]:
    """The parts of an outfit that put something into the agent's hands for good."""
    done = outfit.parts.filter(kind=Part.Kind.ASSIGN, state=Part.State.DONE, asset__isnull=False)
    return list(done.select_related("asset__model").order_by("pk"))


def render(outfit: Outfit) -> bytes:
    """The PDF."""
    agent, day = outfit.agent, formats.day(clock.today(outfit.made_at))
    rows = [_row(part) for part in assigned(outfit)]
    flow: list[Flowable] = [
        pdf.heading(_("Remise de matériel")),
        pdf.gap(4),
        pdf.facts(
            [
                (_("Agent"), str(agent)),
                (_("Service"), str(agent.entity)),
                (_("Fonction"), agent.job_title),
                (_("Remis le"), day),
                (_("Remis par"), str(outfit.made_by) if outfit.made_by else ""),
            ]
        ),
        pdf.gap(4),
        pdf.grid([_("Matériel"), _("Modèle"), _("N° de série"), _("N° d’inventaire")], rows, widths=[3, 3, 2, 2]),
        pdf.gap(6),
        pdf.paragraph(
            _(
                "Ce matériel est confié à l’agent pour son travail. Il le rend en cas de départ ou de changement de"
                " service, et prévient l’assistance informatique en cas de perte, de vol ou de panne."
            )
        ),
        pdf.gap(8),
        pdf.grid([_("Signature de l’agent"), _("Pour l’équipe informatique")], [("\n\n\n\n", "\n\n\n\n")]),
    ]
    return pdf.document(flow, title=_("Remise de matériel"), lead=settings.PARVIS.authority_name)


def _row(part: Part) -> tuple[str, str, str, str]:
    asset = part.asset
    if asset is None:
        return (part.label, "", "", "")
    return (f"{asset.get_kind_display()} · {asset}", str(asset.model or ""), asset.serial, asset.tag)
