"""What this room says to `movements.registry`: somebody who arrives is to be equipped, in one go."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.equipment.models import Outfit
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item


def outfit(agent: Agent, movement: Movement) -> Iterator[Item]:
    """A step with a link to the flow; done once an outfit was made since the movement was opened."""
    if movement.kind != Kind.JOINER:
        return
    yield Item(
        key="outfit",
        kind=StepKind.OPENS,
        title=_("Équiper cette personne"),
        why=_("Matériel, compte, accès à distance et premiers pas, en une seule fois."),
        link=reverse("equipment:equip", args=[agent.pk]) if agent.is_active else "",
        done=Outfit.objects.filter(agent=agent, made_at__gte=movement.opened_at).exists(),
    )
