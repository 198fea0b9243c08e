"""« Qui est où »: on a date, who is where. Each row shows what this person may see of that agent, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence import loading, queries, rules, showing
from parvis.portal.presence.rules import Half, Shown
from parvis.portal.presence.showing import DayShown, Eyes
from parvis.portal.ui.listing import ListingTable, ListingView

Moments = Callable[[Agent], DayShown]


class HalfColumn(tables.Column):
    """A morning or an afternoon: letter, colour and word."""

    def __init__(self, half: Half, **kwargs: Any) -> None:
        super().__init__(empty_values=(), orderable=False, **kwargs)
        self.half = half

    def render(self, record: Agent, table: WhoTable) -> SafeString | str:
        """As a chip."""
        shown = self._shown(record, table)
        return chip(shown) if shown.label else "—"

    def value(self, record: Agent, table: WhoTable) -> str:
        """In words."""
        return str(self._shown(record, table).label)

    def _shown(self, record: Agent, table: WhoTable) -> Shown:
        day = table.moments(record)
        return day.am if self.half is Half.AM else day.pm


def chip(shown: Shown) -> SafeString:
    """A status: its letter on its colour, then its name."""
    return format_html(
        '<span class="presence-chip presence-{}"><span class="presence-letter" aria-hidden="true">{}</span>{}</span>',
        shown.colour,
        shown.letter,
        shown.label,
    )


class WhoTable(ListingTable):
    """One agent a row."""

    last_name = tables.Column(
        linkify=lambda record: reverse("presence:person", args=[record.pk]), verbose_name=gettext_lazy("Nom")
    )
    am = HalfColumn(Half.AM, verbose_name=gettext_lazy("Matin"))
    pm = HalfColumn(Half.PM, verbose_name=gettext_lazy("Après-midi"))

    class Meta(ListingTable.Meta):
        model = Agent
        fields = ("last_name", "first_name", "am", "pm", "entity", "phone", "office")
        sequence = fields

    def __init__(self, *args: Any, moments: Moments, **kwargs: Any) -> None:
        self.moments = moments
        super().__init__(*args, **kwargs)


class DepartmentFilter(django_filters.ModelChoiceFilter):
    """An entity and all below it, of those whose agents may be asked for."""

    field_class = EntityChoiceField

    def get_queryset(self, request: Any) -> QuerySet[Entity]:
        """Those the user's colleagues and perimeter work in."""
        people = queries.people_visible_to(request.user)
        return Entity.objects.filter(pk__in=people.order_by().values("entity_id")).order_by("path")

    def filter(self, rows: Any, entity: Entity | None) -> Any:
        """Below, too."""
        return rows if entity is None else rows.filter(entity__path__startswith=entity.path)


class WhoFilter(django_filters.FilterSet):
    """By date, service, half-day and what is shown."""

    date = django_filters.DateFilter(
        label=gettext_lazy("Jour"),
        method="as_it_is",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    half = django_filters.ChoiceFilter(
        label=gettext_lazy("Moment"),
        method="as_it_is",
        empty_label=gettext_lazy("Journée"),
        choices=[("am", gettext_lazy("Matin")), ("pm", gettext_lazy("Après-midi"))],
    )
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Statut"), method="as_it_is", empty_label=gettext_lazy("Tous")
    )
    entity = DepartmentFilter(label=gettext_lazy("Service"), field_name="entity", empty_label=gettext_lazy("Tous"))

    class Meta:
        model = Agent
        fields = ("date", "half", "status", "entity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["status"].extra["choices"] = self._status_choices()

    def as_it_is(self, rows: QuerySet[Agent], _name: str, _value: object) -> QuerySet[Agent]:
        """Not a matter of columns: the view answers."""
        return rows

    def _status_choices(self) -> list[tuple[str, object]]:
        detail = bool(queries.detail_perimeter(self.request.user))
        names = [
            (status.code, status.label)
            for status in queries.statuses().values()
            if detail or (status.seen_by_colleagues and status.place is not rules.Place.ABSENT)
        ]
        return [*names, (rules.ABSENT, gettext_lazy("Absent")), (rules.UNKNOWN, gettext_lazy("Non renseigné"))]


class WhoIsWhere(ListingView):
    """See the module's docstring."""

    table_class, filterset_class = WhoTable, WhoFilter
    template_name = "presence/who.html"
    title = gettext_lazy("Qui est où")
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Nom, adresse ou fonction")
    export_name = "qui-est-ou"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun agent")

    def get_queryset(self) -> QuerySet[Agent]:
        """Colleagues and perimeter."""
        return queries.people_visible_to(signed_in(self.request)).order_by("last_name", "first_name")

    @cached_property
    def rows(self) -> QuerySet[Agent]:
        """Those who are, on that day, what is asked for: judged by what this person is shown, nothing finer."""
        rows: QuerySet[Agent] = super().rows
        wanted = self.asked_for.get("status")
        if not wanted:
            return rows
        persons = loading.people(rows.order_by())
        calendar = loading.load(persons, self.day, self.day)
        found = [pk for pk, path in persons if wanted in self._codes(calendar, pk, path)]
        return Agent.objects.filter(pk__in=found).select_related("entity").order_by("last_name", "first_name")

    @cached_property
    def asked_for(self) -> dict[str, Any]:
        """What the filters understood; a wrong one is left out, the others stand."""
        self.filterset.form.is_valid()
        found: dict[str, Any] = self.filterset.form.cleaned_data
        return found

    @cached_property
    def day(self) -> date:
        """The day asked for; today if none."""
        asked = self.asked_for.get("date")
        return asked if asked and 2000 <= asked.year <= 2100 else clock.today()

    @cached_property
    def eyes(self) -> Eyes:
        """What this person sees."""
        return Eyes(signed_in(self.request), clock.today())

    def table_kwargs(self) -> dict[str, object]:
        """The days of the rows on the page, or of all rows for an export, are read when the first cell wants them."""
        known: dict[int, DayShown] = {}

        def moments(agent: Agent) -> DayShown:
            if agent.pk not in known:
                page = getattr(self._table, "page", None)
                known.update(self._shown(page.object_list.data if page is not None else self.rows))
            return known[agent.pk]

        return {"moments": moments}

    def ordered_table(self) -> Any:
        """Kept, so that its cells find the page they are on."""
        self._table = super().ordered_table()
        return self._table

    def extra_context(self) -> dict[str, object]:
        """For the heading."""
        peers = not self.eyes.has_detail
        today = clock.today()
        out = peers and not today - showing.PEER_BEHIND <= self.day <= today + showing.PEER_AHEAD
        return {"day": self.day, "today": today, "peers": peers, "out_of_window": out}

    def _shown(self, agents: Iterable[Agent]) -> dict[int, DayShown]:
        several = list(agents)
        calendar = loading.of_agents(several, self.day, self.day)
        return {each.pk: self.eyes.day(calendar, each.pk, each.entity.path, self.day) for each in several}

    def _codes(self, calendar: loading.Calendar, pk: int, path: str) -> tuple[str, ...]:
        am, pm = self.eyes.codes(calendar, pk, path, self.day)
        half = self.asked_for.get("half")
        return (am,) if half == Half.AM else (pm,) if half == Half.PM else (am, pm)
