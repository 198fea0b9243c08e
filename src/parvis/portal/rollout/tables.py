"""The lists of this room: columns and filters."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import F, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.rollout import queries, wording
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

WHOLE = {"td": {"class": "text-nowrap"}}


class CampaignTable(ListingTable):
    """One campaign a row."""

    name = tables.Column(
        linkify=("rollout:campaign", {"campaign_id": tables.A("pk")}), verbose_name=gettext_lazy("Campagne")
    )
    entity = tables.Column(order_by=("entity__path",), verbose_name=gettext_lazy("Pour"))
    starts_date = tables.DateColumn(format="d/m/Y", verbose_name=gettext_lazy("Première semaine"))
    weeks = tables.Column(verbose_name=gettext_lazy("Semaines"))
    people = tables.Column(verbose_name=gettext_lazy("À équiper"), empty_values=())
    placed = tables.Column(verbose_name=gettext_lazy("Dans une vague annoncée"), empty_values=())
    state = tables.Column(verbose_name=gettext_lazy("État"))

    class Meta(ListingTable.Meta):
        model = Campaign
        fields = ("name", "entity", "starts_date", "weeks", "people", "placed", "state")

    def render_people(self, value: int | None) -> int:
        """How many."""
        return value or 0

    value_people = render_people

    def render_placed(self, value: int | None) -> int:
        """How many."""
        return value or 0

    value_placed = render_placed

    def render_state(self, record: Campaign) -> SafeString:
        """A badge."""
        return campaign_badge(record)

    def value_state(self, record: Campaign) -> str:
        """The words."""
        return str(record.get_state_display())


def campaign_badge(campaign: Campaign) -> SafeString:
    """Where a campaign stands."""
    colour, icon = wording.CAMPAIGN_STATES[campaign.state]
    return state_badge(campaign.get_state_display(), colour, icon)


class CampaignFilter(django_filters.FilterSet):
    """By state."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), empty_label=gettext_lazy("Tous"), choices=Campaign.State.choices
    )


class MemberTable(ListingTable):
    """One member a row."""

    agent = tables.Column(
        linkify=("rollout:member", {"member_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    email = tables.Column(accessor="agent__email", visible=False, verbose_name=gettext_lazy("Courriel"))
    team = tables.Column(order_by=("team__name",), verbose_name=gettext_lazy("Service"))
    priority = tables.Column(verbose_name=gettext_lazy("Priorité"))
    site = tables.Column(order_by=("site__name",), verbose_name=gettext_lazy("Site"))
    needs = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Besoins"))
    planned_week = tables.Column(empty_values=(), verbose_name=gettext_lazy("Semaine"), attrs=WHOLE)
    standing = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Situation"))

    class Meta(ListingTable.Meta):
        model = Member
        fields = ("agent", "email", "team", "priority", "site", "needs", "planned_week", "standing")

    def render_needs(self, record: Member) -> str:
        """What they need, in words."""
        return needs_of(record) or "—"

    value_needs = render_needs

    def render_planned_week(self, record: Any) -> str:
        """The Monday of their wave, else of their week in the plan."""
        week = record.wave_week if record.wave_week is not None else record.planned_week
        return f"{wording.monday(record.campaign, week):%d/%m/%Y}" if week is not None else "—"

    value_planned_week = render_planned_week

    def render_standing(self, record: Any) -> SafeString:
        """A badge: in a wave, planned, no room, left out."""
        words, colour, icon = standing_of(record)
        return state_badge(words, colour, icon)

    def value_standing(self, record: Any) -> str:
        """The words."""
        return standing_of(record)[0]


def needs_of(member: Member) -> str:
    """« Portable, téléphone »."""
    named = [
        (member.needs_laptop, _("portable")),
        (member.needs_phone, _("téléphone")),
        (member.needs_licence, _("licence")),
    ]
    words = ", ".join(word for needed, word in named if needed)
    return words[:1].upper() + words[1:]


def standing_of(member: Any) -> tuple[str, str, str]:
    """Words, colour, icon; the member comes from `queries.with_weeks`."""
    if member.wave_week is not None:
        return _("Dans une vague annoncée"), "green", "calendar-event"
    if member.left_out:
        return wording.left_out(member.left_out), "secondary", "ban"
    if not member.agent.is_active:
        return _("N’est plus en poste"), "secondary", "user-off"
    if member.planned_week is not None:
        return _("Prévu"), "blue", "calendar"
    return _("Pas de semaine"), "orange", "hourglass"


STANDINGS = [
    ("planned", gettext_lazy("Prévus, pas encore annoncés")),
    ("wave", gettext_lazy("Dans une vague annoncée")),
    ("no_week", gettext_lazy("Sans semaine dans le plan suivi")),
    ("aside", gettext_lazy("Écartés")),
]


class MemberFilter(django_filters.FilterSet):
    """By standing, week, priority, department, need."""

    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("Situation"), empty_label=gettext_lazy("Toutes"), choices=STANDINGS, method="that_stand"
    )
    week = django_filters.ChoiceFilter(
        label=gettext_lazy("Semaine"), empty_label=gettext_lazy("Toutes"), choices=(), method="of_week"
    )
    priority = django_filters.ChoiceFilter(
        label=gettext_lazy("Priorité"), empty_label=gettext_lazy("Toutes"), choices=Member.Priority.choices
    )
    team = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Tous"),
        method="below",
        queryset=Entity.objects.none(),
    )
    team.field_class = EntityChoiceField
    need = django_filters.ChoiceFilter(
        label=gettext_lazy("Besoin"),
        empty_label=gettext_lazy("Tous"),
        method="that_need",
        choices=[
            ("laptop", gettext_lazy("Portable")),
            ("phone", gettext_lazy("Téléphone")),
            ("licence", gettext_lazy("Licence")),
            ("no_request", gettext_lazy("Sans demande de télétravail")),
        ],
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        weeks = [(str(at), f"{monday:%d/%m/%Y}") for at, monday in enumerate(queries.mondays(campaign))]
        self.filters["week"].extra["choices"] = weeks
        self.filters["team"].queryset = queries.entities_of(campaign)

    def that_stand(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """One of `STANDINGS`."""
        counted = Q(left_out="", agent__is_active=True, wave_week=None)
        return {
            "planned": rows.filter(counted, planned_week__isnull=False),
            "wave": rows.filter(wave_week__isnull=False),
            "no_week": rows.filter(counted, planned_week=None),
            "aside": rows.filter(~Q(left_out="") | Q(agent__is_active=False), wave_week=None),
        }[value]

    def of_week(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Their wave's, else their plan's."""
        return rows.filter(Q(wave_week=int(value)) | Q(wave_week=None, planned_week=int(value)))

    def below(self, rows: QuerySet[Member], _name: str, value: Entity) -> QuerySet[Member]:
        """And all below it."""
        return rows.filter(team__path__startswith=value.path)

    def that_need(self, rows: QuerySet[Member], _name: str, value: str) -> QuerySet[Member]:
        """One need."""
        return rows.filter(request=None) if value == "no_request" else rows.filter(**{f"needs_{value}": True})


def in_order(members: QuerySet[Any]) -> QuerySet[Any]:
    """By week, those without at the end, then as members are."""
    ordered = F("planned_week").asc(nulls_last=True)
    return members.order_by(ordered, "priority", "agent__last_name", "agent__first_name", "pk")
