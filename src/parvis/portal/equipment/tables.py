"""The lists of this room: columns and filters."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.equipment import queries, replacing, rules
from parvis.portal.equipment.loading import Person
from parvis.portal.equipment.models import Profile
from parvis.portal.equipment.rules import Slot
from parvis.portal.parc.models import Asset
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

GAPS = [
    ("incomplete", gettext_lazy("À équiper")),
    ("lacking", gettext_lazy("Il manque quelque chose")),
    ("old", gettext_lazy("Quelque chose est à remplacer")),
    ("complete", gettext_lazy("Complet")),
    ("none", gettext_lazy("Sans profil")),
]


def is_in(gap: str, person: Person) -> bool:
    """Whether an agent belongs to one of `GAPS`."""
    tally = person.outcome.tally
    return {
        "incomplete": not tally.complete and not tally.without_profile,
        "lacking": tally.lacking > 0,
        "old": tally.old > 0,
        "complete": tally.complete > 0,
        "none": tally.without_profile > 0,
    }.get(gap, True)


def in_words(slots: tuple[Slot, ...] | None, state: str) -> str:
    """The things of an agent in a state: « Portable, Écran × 2 »."""
    counted: dict[str, int] = {}
    for slot in slots or ():
        if slot.state == state and slot.line.required:
            counted[slot.line.label] = counted.get(slot.line.label, 0) + 1
    return ", ".join(f"{label} × {number}" if number > 1 else label for label, number in counted.items())


class AgentTable(ListingTable):
    """Agents with what they have and lack."""

    agent = tables.Column(
        verbose_name=gettext_lazy("Agent"),
        empty_values=(),
        order_by=("last_name", "first_name"),
        linkify=("equipment:agent", {"agent_id": tables.A("pk")}),
    )
    job_title = tables.Column(verbose_name=gettext_lazy("Fonction"))
    entity = tables.Column(verbose_name=gettext_lazy("Service"), order_by=("entity__name",))
    profile = tables.Column(verbose_name=gettext_lazy("Profil"), empty_values=(), orderable=False)
    there = tables.Column(verbose_name=gettext_lazy("Présent"), empty_values=(), orderable=False)
    old = tables.Column(verbose_name=gettext_lazy("À remplacer"), empty_values=(), orderable=False)
    lacking = tables.Column(verbose_name=gettext_lazy("Manquant"), empty_values=(), orderable=False)
    cost = tables.Column(verbose_name=gettext_lazy("Coût (€)"), empty_values=(), orderable=False)

    class Meta(ListingTable.Meta):
        pass

    def __init__(self, *args: Any, people: dict[int, Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people

    def _slots(self, record: Agent) -> tuple[Slot, ...] | None:
        person = self.people.get(record.pk)
        return person.outcome.slots if person is not None else None

    def render_agent(self, record: Agent) -> str:
        """First name and name."""
        return str(record)

    def value_agent(self, record: Agent) -> str:
        """Name first, for the CSV."""
        return f"{record.last_name} {record.first_name}"

    def render_profile(self, record: Agent) -> str:
        """Its name."""
        person = self.people.get(record.pk)
        return person.kit.name if person is not None and person.kit is not None else "—"

    value_profile = render_profile

    def value_there(self, record: Agent) -> str:
        """For the CSV."""
        return in_words(self._slots(record), rules.THERE)

    def render_there(self, record: Agent) -> str:
        """What is required and there."""
        return in_words(self._slots(record), rules.THERE) or "—"

    def value_old(self, record: Agent) -> str:
        """For the CSV."""
        return in_words(self._slots(record), rules.OLD)

    def render_old(self, record: Agent) -> str:
        """What is too old."""
        return in_words(self._slots(record), rules.OLD) or "—"

    def value_lacking(self, record: Agent) -> str:
        """For the CSV."""
        return in_words(self._slots(record), rules.LACKING)

    def render_lacking(self, record: Agent) -> str:
        """What lacks."""
        return in_words(self._slots(record), rules.LACKING) or "—"

    def value_cost(self, record: Agent) -> Any:
        """Euros."""
        person = self.people.get(record.pk)
        return person.outcome.tally.cost if person is not None else 0

    def render_cost(self, record: Agent) -> str:
        """Euros, without cents."""
        return euros(self.value_cost(record))


def euros(amount: Any) -> str:
    """`12 500` : whole euros, thousands apart."""
    return f"{round(amount):,}".replace(",", formats.NARROW)


class AgentFilter(django_filters.FilterSet):
    """By department, gap, profile. The gap itself is known by the view."""

    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Tous"),
        queryset=lambda request: queries.entities_read_by(request.user) if request else Entity.objects.none(),
        method="by_entity",
    )
    entity.field_class = EntityChoiceField
    gap = django_filters.ChoiceFilter(
        label=gettext_lazy("Niveau"), choices=GAPS, empty_label=gettext_lazy("Tous"), method="as_is"
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Manque ou à remplacer"),
        choices=Asset.Kind.choices,
        empty_label=gettext_lazy("Tout type"),
        method="as_is",
    )
    profile = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Profil"),
        empty_label=gettext_lazy("Tous"),
        queryset=lambda request: queries.profiles_visible_to(request.user) if request else Profile.objects.none(),
        method="as_is",
    )

    class Meta:
        model = Agent
        fields = ()

    def by_entity(self, rows: QuerySet[Agent], _name: str, value: Entity | None) -> QuerySet[Agent]:
        """And below."""
        return rows.filter(entity__path__startswith=value.path) if value else rows

    def as_is(self, rows: QuerySet[Agent], _name: str, _value: object) -> QuerySet[Agent]:
        """Judged in memory by the view."""
        return rows


class ProfileTable(ListingTable):
    """Profiles."""

    name = tables.Column(
        verbose_name=gettext_lazy("Profil"), linkify=("equipment:profile", {"profile_id": tables.A("pk")})
    )
    description = tables.Column(verbose_name=gettext_lazy("Pour qui"), orderable=False)
    entity = tables.Column(verbose_name=gettext_lazy("Vaut pour"))
    contents = tables.Column(verbose_name=gettext_lazy("Comprend"), empty_values=(), orderable=False)
    cost = tables.Column(verbose_name=gettext_lazy("Coût complet (€)"), empty_values=(), orderable=False)
    rank = tables.Column(verbose_name=gettext_lazy("Ordre"))

    class Meta(ListingTable.Meta):
        model = Profile
        fields = ("name",)
        sequence = ("name", "description", "entity", "contents", "cost", "rank")

    def render_contents(self, record: Profile) -> SafeString | str:
        """Its lines."""
        lines = [(each.label, each.quantity) for each in record.entitlements.all()]
        return format_html_join(", ", "{}", ((f"{label} × {n}" if n > 1 else label,) for label, n in lines)) or "—"

    def value_contents(self, record: Profile) -> str:
        """For the CSV."""
        return ", ".join(f"{each.label} × {each.quantity}" for each in record.entitlements.all())

    def value_cost(self, record: Profile) -> Any:
        """Euros of all that is required."""
        return sum(each.unit_price * each.quantity for each in record.entitlements.all() if each.is_required)

    def render_cost(self, record: Profile) -> str:
        """Without cents."""
        return euros(self.value_cost(record))


class ReplacementTable(ListingTable):
    """Assets with the year in which they are past their life."""

    name = tables.Column(verbose_name=gettext_lazy("Matériel"))
    kind = tables.Column(verbose_name=gettext_lazy("Type"))
    model = tables.Column(verbose_name=gettext_lazy("Modèle"), default="—")
    serial = tables.Column(
        verbose_name=gettext_lazy("N° de série"), default="—", orderable=False, attrs={"td": {"class": "text-nowrap"}}
    )
    entity = tables.Column(verbose_name=gettext_lazy("Service"), order_by=("entity__name",))
    site = tables.Column(verbose_name=gettext_lazy("Site"), default="—")
    purchase_date = tables.Column(verbose_name=gettext_lazy("Acheté le"))
    due = tables.Column(verbose_name=gettext_lazy("Fin de vie"), empty_values=(), order_by=("purchase_date",))
    price = tables.Column(verbose_name=gettext_lazy("Prix à neuf (€)"), empty_values=(), orderable=False)

    class Meta(ListingTable.Meta):
        model = Asset
        fields = ("name", "kind")
        sequence = ("name", "kind", "model", "serial", "entity", "site", "purchase_date", "due", "price")

    def __init__(self, *args: Any, zones: replacing.Zones, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zones, self.today = zones, today

    def render_purchase_date(self, value: date) -> str:
        """As people write it."""
        return f"{value:%d/%m/%Y}"

    def value_purchase_date(self, value: date) -> date:
        """For the CSV."""
        return value

    def value_due(self, record: Asset) -> str:
        """Month and year."""
        month = self.zones.due(record.kind, record.purchase_date, record.entity.path)
        return f"{month % 12 + 1:02d}/{month // 12}" if month is not None else ""

    def render_due(self, record: Asset) -> SafeString | str:
        """Said when it is past."""
        month = self.zones.due(record.kind, record.purchase_date, record.entity.path)
        if month is None:
            return "—"
        words = f"{month % 12 + 1:02d}/{month // 12}"
        if month <= rules.month_of(self.today):
            return state_badge(_("%(month)s, dépassée") % {"month": words}, "orange")
        return words

    def value_price(self, record: Asset) -> Any:
        """Euros."""
        return self.zones.price(record.kind, record.entity.path)

    def render_price(self, record: Asset) -> str:
        """Without cents."""
        return euros(self.value_price(record))


class ReplacementFilter(django_filters.FilterSet):
    """By department, kind, year."""

    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Tous"),
        queryset=lambda request: queries.entities_watched_by(request.user) if request else Entity.objects.none(),
        method="by_entity",
    )
    entity.field_class = EntityChoiceField
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"), choices=Asset.Kind.choices, empty_label=gettext_lazy("Tous")
    )
    year = django_filters.ChoiceFilter(
        label=gettext_lazy("À remplacer en"), choices=[], empty_label=gettext_lazy("Les trois ans"), method="as_is"
    )

    class Meta:
        model = Asset
        fields = ("kind",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["year"].extra["choices"] = replacing.year_choices()

    def by_entity(self, rows: QuerySet[Asset], _name: str, value: Entity | None) -> QuerySet[Asset]:
        """And below."""
        return rows.filter(entity__path__startswith=value.path) if value else rows

    def as_is(self, rows: QuerySet[Asset], _name: str, _value: object) -> QuerySet[Asset]:
        """The view asks `replacing`."""
        return rows
