"""What this room holds of an agent, for `movements.registry`: what is lent to them comes back."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.loans.models import Item
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item as Held
from parvis.portal.ui import formats


def loans(agent: Agent, movement: Movement) -> Iterator[Held]:
    """Each thing lent: of a leaver it comes back, whatever the loan's last day; of a mover it follows or comes back."""
    if movement.kind == Kind.JOINER:
        return
    leaving = movement.kind == Kind.LEAVER
    items = Item.objects.filter(loan__agent=agent, out_at__isnull=False).exclude(state=Item.State.RELEASED)
    if not leaving:
        items = items.filter(state=Item.State.OUT)
    # Of a leaver, what came back since the departure was known is told too: its step is done by itself.
    for item in items.select_related("asset", "loan__offer").order_by("pk"):
        back = item.state != Item.State.OUT
        if back and (item.back_at is None or item.back_at < movement.opened_at):
            continue
        title = _("Récupérer le prêt %(name)s") if leaving else _("Prêt %(name)s\u202f: il suit ou revient")
        yield Held(
            key=f"loan:{item.pk}",
            kind=StepKind.COMES_BACK if leaving else StepKind.MOVES,
            title=title % {"name": item.asset},
            why=_("%(offer)s, jusqu’au %(day)s") % {"offer": item.loan.offer, "day": formats.day(item.ends_date)},
            owner_entity_id=item.loan.entity_id,
            link=reverse("loans:loan", args=[item.loan_id]),
            done=back,
        )
