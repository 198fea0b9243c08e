"""What this room holds of an agent, for `movements.registry`: the computers they work on."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item
from parvis.portal.parc import queries


def computers(agent: Agent, movement: Movement) -> Iterator[Item]:
    """One to give to who arrives; those of a leaver come back; those of a mover follow or come back."""
    assigned = list(queries.computers_of(agent))
    if movement.kind == Kind.JOINER:
        yield Item(
            key="computer",
            kind=StepKind.OPENS,
            title=_("Attribuer un ordinateur"),
            why=_("Attribué\u202f: %(names)s.") % {"names": ", ".join(map(str, assigned))} if assigned else "",
            link=reverse("parc:computers"),
            done=bool(assigned),
        )
        return
    leaving = movement.kind == Kind.LEAVER
    title = _("Récupérer l’ordinateur %(name)s") if leaving else _("Ordinateur %(name)s\u202f: il suit ou revient")
    for computer in assigned:
        yield Item(
            key=f"computer:{computer.pk}",
            kind=StepKind.COMES_BACK if leaving else StepKind.MOVES,
            title=title % {"name": computer},
            why=" · ".join(str(each) for each in (computer.get_kind_display(), computer.site) if each),
            owner_entity_id=computer.entity_id,
            link=reverse("parc:computer", args=[computer.pk]),
        )
