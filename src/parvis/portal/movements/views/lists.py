"""The lists: movements of the perimeter, one's own steps."""

from __future__ import annotations

from django import forms
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.movements import permissions, queries, rules
from parvis.portal.movements.filters import MovementFilter, StepFilter
from parvis.portal.movements.forms import OwnerForm, owner_named
from parvis.portal.movements.models import Movement, Step
from parvis.portal.movements.services import steps
from parvis.portal.movements.tables import MovementTable, StepTable
from parvis.portal.ui.listing import BulkAction, ListingView


def _assign_all(request: HttpRequest, rows: QuerySet[Movement], owner: str = "") -> str:
    user = signed_in(request)
    try:
        person = owner_named(user, owner)
    except forms.ValidationError as problem:
        raise Invalid(problem.messages[0]) from None
    theirs = queries.steps_visible_to(user).filter(queries.TO_DO, movement__in=list(rows))
    count = steps.assign(actor=user, steps=theirs, owner=person, now=clock.now())
    return ngettext("%(n)d étape confiée.", "%(n)d étapes confiées.", count) % {"n": count}


class Movements(ListingView):
    """Every movement of the perimeter: under way first, late ones at the top."""

    table_class = MovementTable
    filterset_class = MovementFilter
    template_name = "movements/movements.html"
    title = gettext_lazy("Arrivées et départs")
    lead = gettext_lazy("Ce qui s’ouvre, ce qui change, ce qui doit revenir, pour chaque agent.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "mouvements"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun mouvement pour le moment")
    empty_text = gettext_lazy("Arrivées, changements de service et départs apparaissent ici d’eux-mêmes.")
    bulk_actions = (
        BulkAction(
            name="assign",
            label=gettext_lazy("Confier"),
            icon="user-check",
            run=_assign_all,
            question=gettext_lazy("À qui confier les étapes qui restent\u202f?"),
            consequence=gettext_lazy("La personne choisie reçoit un message."),
            allowed=is_staff,
            form_class=OwnerForm,
        ),
    )

    def authorize(self) -> authz.Decision:
        """Heads of department, IT team, auditors."""
        return permissions.sees_list(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Movement]:
        """Late, under way, planned, over; then by day."""
        today = clock.today()
        seen = queries.movements_visible_to(signed_in(self.request))
        rank = Case(
            When(queries.is_late(today), state__in=rules.LIVE, then=Value(0)),
            When(state=rules.OPEN, then=Value(1)),
            When(state=rules.PLANNED, then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )
        return queries.with_progress(seen, today).annotate(rank=rank).order_by("rank", "effective_date", "pk")

    def extra_context(self) -> dict[str, object]:
        """For the buttons, and the loads for which nothing was opened."""
        user = signed_in(self.request)
        staff = is_staff(user)
        return {"manages": staff, "load": queries.bulk_arrivals_visible_to(user).first() if staff else None}


def _finish_all(request: HttpRequest, rows: QuerySet[Step]) -> str:
    user, now, count = signed_in(request), clock.now(), 0
    for step in rows.filter(decision=False):
        steps.finish(actor=user, step=step, now=now)
        count += 1
    return ngettext("%(n)d étape faite.", "%(n)d étapes faites.", count) % {"n": count}


class MySteps(ListingView):
    """What waits for the user, by day."""

    table_class = StepTable
    filterset_class = StepFilter
    template_name = "movements/my_steps.html"
    title = gettext_lazy("Mes étapes")
    lead = gettext_lazy("Ce que vous avez à faire pour les arrivées, les changements de service et les départs.")
    search_fields = ("title",)
    search_folded_fields = ("movement__agent__search",)
    search_label = gettext_lazy("Étape ou agent")
    export_name = "mes-etapes"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à faire")
    empty_text = gettext_lazy("Vos prochaines étapes apparaîtront ici\u202f; vous recevrez un message.")
    bulk_actions = (
        BulkAction(
            name="finish",
            label=gettext_lazy("Fait"),
            icon="check",
            run=_finish_all,
            question=gettext_lazy("Marquer ces étapes comme faites\u202f?"),
            consequence=gettext_lazy("Ce qui est à garder ou à retirer se décide sur la page du mouvement."),
        ),
    )

    def get_queryset(self) -> QuerySet[Step]:
        """The most urgent first."""
        return queries.steps_to_do_by(signed_in(self.request)).order_by("due_date", "pk")
