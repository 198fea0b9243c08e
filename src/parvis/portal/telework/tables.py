"""Tables and filters of requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import VIEWING_ROLES, perimeter, within
from parvis.portal.telework import queries, rules, wording
from parvis.portal.telework.models import Level, Request
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

WHOLE = {"td": {"class": "text-nowrap"}}
LIVE, TO_OPEN = "live", "to_open"
FactsOf = Callable[[Request], rules.Facts]


class RequestTable(ListingTable):
    """One request a row."""

    agent = tables.Column(
        linkify=("telework_staff:request", {"request_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    job = tables.Column(accessor="agent__job_title", verbose_name=gettext_lazy("Fonction"), default="—")
    level = tables.Column(verbose_name=gettext_lazy("Niveau"))
    days = tables.Column(orderable=False, attrs=WHOLE, verbose_name=gettext_lazy("Jours"))
    starts_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Du"))
    ends_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Au"), default="—")
    state = tables.Column(verbose_name=gettext_lazy("État"))
    machine = tables.Column(verbose_name=gettext_lazy("Ordinateur à la maison"), visible=False)
    line = tables.Column(verbose_name=gettext_lazy("Connexion à la maison"), visible=False)
    has_phone = tables.BooleanColumn(verbose_name=gettext_lazy("Téléphone personnel"), visible=False)
    requested_at = tables.DateTimeColumn(format="d/m/Y H:i", verbose_name=gettext_lazy("Demandée le"), visible=False)
    decided_at = tables.DateTimeColumn(
        format="d/m/Y H:i", verbose_name=gettext_lazy("Décidée le"), visible=False, default=""
    )
    decided_by = tables.Column(verbose_name=gettext_lazy("Décidée par"), visible=False, default="")

    class Meta(ListingTable.Meta):
        model = Request
        fields: ClassVar[tuple[str, ...]] = (
            "agent", "entity", "job", "level", "days", "starts_date", "ends_date", "state",
            "machine", "line", "has_phone", "requested_at", "decided_at", "decided_by",
        )  # fmt: skip

    def render_level(self, record: Request) -> int:
        """The number: the words are too long for a column."""
        return record.level

    def render_days(self, record: Request) -> str:
        """`lun., jeu.`."""
        return wording.short_days(record.days)

    def value_days(self, record: Request) -> str:
        """The same."""
        return wording.short_days(record.days)

    def render_state(self, record: Request) -> SafeString:
        """A badge."""
        return wording.state_of(record)

    def value_state(self, record: Request) -> str:
        """The word."""
        return record.get_state_display()

    def value_has_phone(self, record: Request) -> str:
        """The word."""
        return _("oui") if record.has_phone else _("non")


class WaitingTable(RequestTable):
    """One request that waits, with what may stand in its way. `facts`: those of a row's agent."""

    standing = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("À savoir"))

    class Meta(RequestTable.Meta):
        fields = (*RequestTable.Meta.fields, "standing")
        exclude = ("state",)

    def __init__(self, *args: Any, facts: FactsOf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = facts

    def render_standing(self, record: Request) -> SafeString:
        """What stands in the way, the gravest first."""
        found = self._found(record)
        if not found:
            return state_badge(_("Tout est prêt"), "green", "circle-check")
        color = "secondary" if rules.may_ask(found) else "red"
        badge = state_badge(wording.SHORT[found[0]], color, "alert-triangle")
        others = format_html_join(", ", "{}", ((wording.SHORT[each],) for each in found[1:]))
        return format_html('{}<div class="text-secondary">{}</div>', badge, others) if others else badge

    def value_standing(self, record: Request) -> str:
        """All of it."""
        return ", ".join(str(wording.SHORT[each]) for each in self._found(record))

    def _found(self, record: Request) -> list[rules.Obstacle]:
        return rules.obstacles(self.facts(record), level=record.level, days=rules.days_of(record.days))


class RequestFilter(django_filters.FilterSet):
    """By state, level, department, home equipment."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        empty_label=gettext_lazy("Tous"),
        method="in_state",
        choices=[
            (LIVE, gettext_lazy("À suivre")),
            (TO_OPEN, gettext_lazy("À ouvrir")),
            *Request.State.choices,
        ],
    )
    level = django_filters.ChoiceFilter(
        label=gettext_lazy("Niveau"), empty_label=gettext_lazy("Tous"), choices=Level.choices
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below"
    )
    entity.field_class = EntityChoiceField
    machine = django_filters.ChoiceFilter(
        label=gettext_lazy("Ordinateur à la maison"),
        empty_label=gettext_lazy("Tous"),
        choices=Request.Machine.choices,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["entity"].queryset = _entities(self.request)

    def in_state(self, rows: QuerySet[Request], _name: str, value: str) -> QuerySet[Request]:
        """One state, what waits for the IT team, or all that is not over."""
        if value == LIVE:
            return rows.filter(state__in=rules.LIVE)
        if value == TO_OPEN:
            return rows.filter(pk__in=queries.to_open(self.request.user).order_by().values("pk"))
        return rows.filter(state=value)

    def below(self, rows: QuerySet[Request], _name: str, value: Entity) -> QuerySet[Request]:
        """And all below it."""
        return rows.filter(agent__entity__path__startswith=value.path)


class WaitingFilter(RequestFilter):
    """The same, without the state: all wait."""

    state = None


def _entities(request: HttpRequest) -> QuerySet[Entity]:
    seen = within(perimeter(request.user, *VIEWING_ROLES), "path")
    return Entity.objects.filter(seen).order_by("path")
