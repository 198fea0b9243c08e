"""What this room holds of an agent, for `movements.registry`: the equipment they have."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item
from parvis.portal.parc import queries
from parvis.portal.parc.models import Asset


def equipment(agent: Agent, movement: Movement) -> Iterator[Item]:
    """A computer to give to who arrives; all that a leaver has comes back; a mover's follows or comes back."""
    assigned = list(queries.assets_of(agent))
    if movement.kind == Kind.JOINER:
        computers = [asset for asset in assigned if asset.is_computer]
        yield Item(
            key="computer",
            kind=StepKind.OPENS,
            title=_("Attribuer un ordinateur"),
            why=_("Attribué\u202f: %(names)s.") % {"names": ", ".join(map(str, computers))} if computers else "",
            link=reverse("parc:computers"),
            done=bool(computers),
        )
        return
    leaving = movement.kind == Kind.LEAVER
    for asset in assigned:
        yield Item(
            # A computer's key is the one it had when only computers were assets: its steps stay its steps.
            key=f"{'computer' if asset.is_computer else 'asset'}:{asset.pk}",
            kind=StepKind.COMES_BACK if leaving else StepKind.MOVES,
            title=_title(asset, leaving),
            why=" · ".join(str(each) for each in (asset.get_kind_display(), asset.model, asset.site) if each),
            owner_entity_id=asset.entity_id,
            link=reverse("parc:asset", args=[asset.pk]),
        )


def _title(asset: Asset, leaving: bool) -> str:
    if asset.is_computer:
        title = _("Récupérer l’ordinateur %(name)s") if leaving else _("Ordinateur %(name)s\u202f: il suit ou revient")
    else:
        title = _("Récupérer\u202f: %(kind)s %(name)s") if leaving else _("%(kind)s %(name)s\u202f: suit ou revient")
    return title % {"name": asset, "kind": asset.get_kind_display()}
