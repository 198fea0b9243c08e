"""What the lists of this room can be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.inventory import rules
from parvis.portal.inventory.models import Acknowledgement, Installation, Inventory, Licence, Report
from parvis.portal.kernel import clock
from parvis.portal.parc.queries import VIEWING_ROLES

QUARANTINED = ("several", "doubt", "name_taken", "nothing_to_know_by", "unknown_kind")
"""Why a report may wait: keys of `rules.PROBLEMS`."""


def _entities(request: Any) -> QuerySet[Entity]:
    if request is None:
        return Entity.objects.none()
    return Entity.objects.filter(within(perimeter(request.user, *VIEWING_ROLES), "path")).order_by("path")


class Below(django_filters.ModelChoiceFilter):
    """An entity and all below it; `path` is the lookup of a row's entity path."""

    field_class = EntityChoiceField

    def __init__(self, path: str) -> None:
        super().__init__(label=_("Service"), empty_label=_("Tous"), queryset=_entities)
        self.path = path

    def filter(self, rows: Any, entity: Entity | None) -> Any:
        """Below, too."""
        return rows if entity is None else rows.filter(**{f"{self.path}__startswith": entity.path})


class QuarantineFilter(django_filters.FilterSet):
    """By reason and entity."""

    problem = django_filters.ChoiceFilter(
        label=_("Pourquoi"),
        choices=[(key, rules.PROBLEMS[key]) for key in QUARANTINED],
        empty_label=_("Toutes"),
    )
    entity = Below("token__entity__path")

    class Meta:
        model = Report
        fields = ("problem",)


class InstallationFilter(django_filters.FilterSet):
    """By version and entity."""

    version = django_filters.CharFilter(label=_("Version"), lookup_expr="istartswith", max_length=100)
    entity = Below("asset__entity__path")

    class Meta:
        model = Installation
        fields = ("version",)


class LicenceFilter(django_filters.FilterSet):
    """By balance and entity."""

    balance = django_filters.ChoiceFilter(
        label=_("Solde"),
        choices=[("over", _("Dépassé")), ("full", _("Complet")), ("free", _("Des postes libres"))],
        empty_label=_("Tous"),
        method="by_balance",
    )
    ends = django_filters.ChoiceFilter(
        label=_("Échéance"), choices=[("past", _("Échues")), ("none", _("Sans échéance"))], empty_label=_("Toutes"),
        method="by_end",
    )  # fmt: skip
    entity = Below("entity__path")

    class Meta:
        model = Licence
        fields: tuple[str, ...] = ()

    def by_balance(self, rows: QuerySet[Licence], _name: str, value: str) -> QuerySet[Licence]:
        """What is left."""
        conditions = {"over": Q(left__lt=0), "full": Q(left=0), "free": Q(left__gt=0)}
        return rows.filter(conditions[value])

    def by_end(self, rows: QuerySet[Licence], _name: str, value: str) -> QuerySet[Licence]:
        """Past, or never."""
        return rows.filter(ends_date__lt=clock.today()) if value == "past" else rows.filter(ends_date=None)


class MachineFilter(django_filters.FilterSet):
    """By protection, system and entity: what the plots of the security page lead to."""

    encrypted = django_filters.ChoiceFilter(
        label=_("Disque"),
        choices=[("yes", _("Chiffré")), ("no", _("En clair")), ("unknown", _("Non précisé"))],
        empty_label=_("Tous"),
        method="by_encryption",
    )
    antivirus = django_filters.ChoiceFilter(
        label=_("Antivirus"),
        choices=[("current", _("À jour")), ("old", _("Pas à jour")), ("none", _("Aucun relevé"))],
        empty_label=_("Tous"),
        method="by_antivirus",
    )
    support = django_filters.ChoiceFilter(
        label=_("Système"),
        choices=[("ended", _("Plus maintenu")), ("year", _("Encore moins d’un an")), ("kept", _("Maintenu")),
                 ("unknown", _("Non connu"))],
        empty_label=_("Tous"),
        method="by_support",
    )  # fmt: skip
    os_name = django_filters.CharFilter(label=_("Nom du système"), lookup_expr="icontains", max_length=150)
    entity = Below("asset__entity__path")

    class Meta:
        model = Inventory
        fields = ("os_name",)

    def by_encryption(self, rows: QuerySet[Inventory], _name: str, value: str) -> QuerySet[Inventory]:
        """Yes, no, not said."""
        return rows.filter(encrypted={"yes": True, "no": False, "unknown": None}[value])

    def by_antivirus(self, rows: QuerySet[Inventory], _name: str, value: str) -> QuerySet[Inventory]:
        """Without one, out of date, or all right."""
        return rows.filter(posture_antivirus()[value])

    def by_support(self, rows: QuerySet[Inventory], _name: str, value: str) -> QuerySet[Inventory]:
        """By the end of its maker's updates."""
        return rows.filter(posture_support()[value])


def posture_antivirus() -> dict[str, Q]:
    """Each state of the protection, as a condition on `Inventory`."""
    return {
        "current": ~Q(antivirus="") & (Q(antivirus_current=True) | Q(antivirus_current=None)),
        "old": ~Q(antivirus="") & Q(antivirus_current=False),
        "none": Q(antivirus=""),
    }


def posture_support() -> dict[str, Q]:
    """Each state of the system's support, as a condition on `Inventory`; `year` is part of `kept`."""
    today = clock.today()
    in_a_year = today.replace(year=today.year + 1, day=min(today.day, 28))
    return {
        "ended": Q(os_ends_date__lt=today),
        "year": Q(os_ends_date__gte=today, os_ends_date__lt=in_a_year),
        "kept": Q(os_ends_date__gte=today),
        "unknown": Q(os_ends_date=None),
    }


class AnomalyFilter(django_filters.FilterSet):
    """By what is odd, and entity."""

    kind = django_filters.ChoiceFilter(
        label=_("Ce qui étonne"), choices=Acknowledgement.Kind.choices, empty_label=_("Tout"), method="by_kind"
    )
    entity = Below("asset__entity__path")

    class Meta:
        model = Inventory
        fields: tuple[str, ...] = ()

    def by_kind(self, rows: QuerySet[Inventory], _name: str, value: str) -> QuerySet[Inventory]:
        """One of the three."""
        return rows.filter(**{f"is_{value}": True})
