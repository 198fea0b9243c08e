"""What the lists may be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import VIEWING_ROLES, perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.movements import queries, rules
from parvis.portal.movements.models import Kind, Movement


class EntityFilter(django_filters.ModelChoiceFilter):
    """An entity and all below it, on either side of the movement."""

    field_class = EntityChoiceField

    def __init__(self, *paths: str) -> None:
        super().__init__(label=_("Service"), empty_label=_("Tous"))
        self.paths = paths

    def get_queryset(self, request: Any) -> QuerySet[Entity]:
        """Those of the perimeter."""
        return Entity.objects.filter(within(perimeter(signed_in(request), *VIEWING_ROLES), "path")).order_by("path")

    def filter(self, qs: QuerySet[Any], value: Entity | None) -> QuerySet[Any]:
        """By the prefix of the path."""
        if not value:
            return qs
        condition = Q()
        for path in self.paths:
            condition |= Q(**{f"{path}__startswith": value.path})
        return qs.filter(condition)


STATES = [
    ("live", _("Prévus et en cours")),
    ("late", _("En retard")),
    *[(state.value, state.label) for state in Movement.State],
]


class MovementFilter(django_filters.FilterSet):
    """By kind, state, entity."""

    kind = django_filters.ChoiceFilter(label=_("Type"), empty_label=_("Tous"), choices=Kind.choices)
    state = django_filters.ChoiceFilter(label=_("État"), empty_label=_("Tous"), choices=STATES, method="by_state")
    entity = EntityFilter("from_entity__path", "to_entity__path", "agent__entity__path")

    def by_state(self, qs: QuerySet[Movement], _name: str, value: str) -> QuerySet[Movement]:
        """The states, and the two that people ask for."""
        if value == "live":
            return qs.filter(state__in=rules.LIVE)
        if value == "late":
            return qs.filter(queries.is_late(clock.today()), state__in=rules.LIVE)
        return qs.filter(state=value)


class StepFilter(django_filters.FilterSet):
    """One's own steps, by kind of movement."""

    kind = django_filters.ChoiceFilter(
        label=_("Type"), empty_label=_("Tous"), choices=Kind.choices, field_name="movement__kind"
    )
    late = django_filters.ChoiceFilter(
        label=_("Échéance"), empty_label=_("Toutes"), choices=[("1", _("En retard"))], method="by_late"
    )

    def by_late(self, qs: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Those whose day is past."""
        return qs.filter(due_date__lt=clock.today())


class TemplateFilter(django_filters.FilterSet):
    """By kind of movement, by entity."""

    movement_kind = django_filters.ChoiceFilter(label=_("Type"), empty_label=_("Tous"), choices=Kind.choices)
    entity = EntityFilter("entity__path")
