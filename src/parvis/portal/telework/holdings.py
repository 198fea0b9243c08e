"""What this room holds of an agent, for `movements.registry`: their telework ends, or their new head looks at it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent, Role
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item
from parvis.portal.telework import queries, wording


def telework(agent: Agent, movement: Movement) -> Iterator[Item]:
    """Of a mover: days that were granted by another head. Of a leaver nothing is to do: it ends by itself."""
    request = queries.live_request_of(agent) if movement.kind == Kind.MOVER else None
    if request is None:
        return
    yield Item(
        key=f"telework:{request.pk}",
        kind=StepKind.MOVES,
        title=_("Télétravail\u202f: à garder, à suspendre ou à terminer"),
        why=wording.days(request.days),
        owner_role=Role.HEAD_OF_DEPARTMENT,
        owner_entity_id=movement.to_entity_id,
        link=reverse("telework_staff:request", args=[request.pk]),
    )
