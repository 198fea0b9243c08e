"""What the lists of the IT team may be narrowed by."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop import queries, wording
from parvis.portal.remote_desktop.models import DisplaySettings

_DATE = {"type": "date"}


class DayFilter(django_filters.DateFilter):
    """Rows whose instant is on or after (before the end of) a day of Paris."""

    def __init__(self, *, instant: str, last: bool, label: Any) -> None:
        super().__init__(label=label, widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
        self.instant, self.last = instant, last

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Midnight is Paris's."""
        if not value:
            return qs
        day = value + timedelta(days=1) if self.last else value
        lookup = f"{self.instant}__{'lt' if self.last else 'gte'}"
        return qs.filter(**{lookup: datetime.combine(day, time(), clock.PARIS)})


class EntityFilter(django_filters.ModelChoiceFilter):
    """An entity and all below it; only those the user watches are offered."""

    field_class = EntityChoiceField

    def __init__(self, *, path: str) -> None:
        super().__init__(label=_("Service"), empty_label=_("Tous"))
        self.path = path

    def get_queryset(self, request: Any) -> QuerySet[Entity]:
        """Departments are too many for a menu of the whole authority: entities and first-level departments."""
        seen = within(perimeter(signed_in(request), *queries.RIGHTS_ROLES), "path")
        return Entity.objects.filter(seen).order_by("path")

    def filter(self, qs: QuerySet[Any], value: Entity | None) -> QuerySet[Any]:
        """By the prefix of the path."""
        return qs.filter(**{f"{self.path}__startswith": value.path}) if value else qs


class HistoryFilter(django_filters.FilterSet):
    """Sessions by dates, reason, service."""

    since = DayFilter(instant="requested_at", last=False, label=_("Du"))
    until = DayFilter(instant="requested_at", last=True, label=_("Au"))
    end_reason = django_filters.ChoiceFilter(
        label=_("Fin"),
        empty_label=_("Toutes"),
        choices=[(code, words.label) for code, words in wording.END_WORDS.items()],
    )
    entity = EntityFilter(path="computer__entity__path")


class RefusalFilter(django_filters.FilterSet):
    """Refusals by dates and reason."""

    since = DayFilter(instant="at", last=False, label=_("Du"))
    until = DayFilter(instant="at", last=True, label=_("Au"))
    reason = django_filters.ChoiceFilter(
        label=_("Motif"),
        empty_label=_("Tous"),
        choices=[(code, words.label) for code, words in (wording.END_WORDS | wording.REFUSAL_WORDS).items()],
    )


class RightFilter(django_filters.FilterSet):
    """Rights by where they stand today, by service."""

    standing = django_filters.ChoiceFilter(
        label=_("État"),
        empty_label=_("Tous"),
        method="by_standing",
        choices=[
            ("active", _("En vigueur")),
            ("future", _("À venir")),
            ("expired", _("Expirés")),
            ("revoked", _("Retirés")),
        ],
    )
    entity = EntityFilter(path="agent__entity__path")

    def by_standing(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """The same as `tables.standing`, in SQL."""
        return qs.filter(standing_condition(value))


def standing_condition(value: str) -> Q:
    """Rights that are `active`, `future`, `expired` or `revoked` today."""
    today = clock.today()
    kept = Q(revoked_at__isnull=True)
    return {
        "active": kept & Q(starts_date__lte=today) & (Q(ends_date__isnull=True) | Q(ends_date__gte=today)),
        "future": kept & Q(starts_date__gt=today),
        "expired": kept & Q(ends_date__lt=today),
        "revoked": Q(revoked_at__isnull=False),
    }.get(value, Q())


class DisplayFilter(django_filters.FilterSet):
    """Computers by access, protocol, certificate, service."""

    access = django_filters.ChoiceFilter(
        label=_("Télétravail"),
        empty_label=_("Tous"),
        method="by_access",
        choices=[("enabled", _("Ouvert")), ("disabled", _("Désactivé")), ("missing", _("Non configuré"))],
    )
    protocol = django_filters.ChoiceFilter(
        field_name="display__protocol",
        label=_("Protocole"),
        empty_label=_("Tous"),
        choices=[(each.value, each.value.upper()) for each in DisplaySettings.Protocol],
    )
    pin = django_filters.ChoiceFilter(
        label=_("Certificat"),
        empty_label=_("Tous"),
        method="by_pin",
        choices=[("waiting", _("À vérifier")), ("known", _("Connu"))],
    )
    entity = EntityFilter(path="entity__path")

    def by_access(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Open, closed, never set up."""
        if value == "missing":
            return qs.filter(display__isnull=True)
        return qs.filter(display__enabled=value == "enabled")

    def by_pin(self, qs: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Waiting to be looked at, or known."""
        field = "display__presented_pin" if value == "waiting" else "display__pin"
        return qs.filter(**{f"{field}__gt": ""})
