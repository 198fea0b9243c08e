"""The list of a wave's people."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.rollout import wave_queries, wave_words
from parvis.portal.rollout.models import Member, Place
from parvis.portal.rollout.services import lending
from parvis.portal.rollout.wave_queries import PATH
from parvis.portal.rollout.wave_rules import FINISHED
from parvis.portal.telework.rules import Stage
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import icon

OPENED, FINISHED_ALL, TO_LEND, LEFT, DECLINED = "opened", "finished", "to_lend", "left", "declined"
WHOLE = {"td": {"class": "text-nowrap"}}


class PlaceTable(ListingTable):
    """One person a row."""

    agent = tables.Column(
        accessor="member__agent",
        linkify=("directory:agent", {"agent_id": tables.A("member__agent_id")}),
        order_by=("member__agent__last_name", "member__agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    email = tables.Column(accessor="member__agent__email", visible=False, verbose_name=gettext_lazy("Courriel"))
    phone = tables.Column(accessor="member__agent__phone", visible=False, verbose_name=gettext_lazy("Téléphone"))
    entity = tables.Column(
        accessor="member__agent__entity",
        order_by=("member__agent__entity__name",),
        verbose_name=gettext_lazy("Service"),
    )
    priority = tables.Column(
        accessor="member__get_priority_display",
        order_by=("member__priority",),
        visible=False,
        verbose_name=gettext_lazy("Priorité"),
    )
    standing = tables.Column(verbose_name=gettext_lazy("Avancement"), attrs=WHOLE)
    stopped = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Étape, ce qui bloque"))
    lent = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Prêt"))
    since = tables.Column(
        accessor=f"{PATH}finished_at", empty_values=(), verbose_name=gettext_lazy("En service le"), attrs=WHOLE
    )
    act = tables.Column(empty_values=(), orderable=False, exclude_from_export=True, verbose_name="")

    class Meta(ListingTable.Meta):
        model = Place
        fields = (
            "agent", "email", "phone", "entity", "priority", "standing", "stopped", "lent", "since", "act",
        )  # fmt: skip

    def render_standing(self, value: str) -> SafeString:
        """A badge."""
        return wave_words.badge_of(value)

    def value_standing(self, value: str) -> str:
        """The word."""
        return wave_words.word_of(value)

    def render_stopped(self, record: Place) -> str:
        """The stage they are at, and what they stumble on."""
        return wave_words.stopped_by(record) or "—"

    def value_stopped(self, record: Place) -> str:
        """The same."""
        return wave_words.stopped_by(record)

    def render_lent(self, record: Place) -> str:
        """What is lent, or what keeps it from being."""
        return wave_words.lent(record) or "—"

    def value_lent(self, record: Place) -> str:
        """The same."""
        return wave_words.lent(record)

    def render_since(self, record: Place) -> str:
        """The instant, short."""
        enrolment = wave_words.enrolment_of(record)
        if enrolment is None or enrolment.finished_at is None:
            return "—"
        return f"{enrolment.finished_at.astimezone(clock.PARIS):%d/%m/%Y %H:%M}"

    def value_since(self, record: Place) -> Any:
        """As a spreadsheet sorts it."""
        enrolment = wave_words.enrolment_of(record)
        return enrolment.finished_at if enrolment is not None else None

    def render_act(self, record: Place) -> SafeString:
        """Where one person is looked at."""
        return format_html(
            '<a class="btn btn-sm" href="{}">{}{}<span class="visually-hidden"> {}</span></a>',
            reverse("rollout:place", args=[record.pk]), icon("eye"), _("Voir"), record.member,
        )  # fmt: skip


class PlaceFilter(django_filters.FilterSet):
    """By how far they are, stage, department, priority."""

    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("Avancement"),
        empty_label=gettext_lazy("Tous"),
        method="by_standing",
        choices=[
            *((each.value, words[0]) for each, words in wave_words.STANDINGS.items()),
            (OPENED, gettext_lazy("Ouvert, pas terminé")),
            (FINISHED_ALL, gettext_lazy("Terminé")),
            (TO_LEND, gettext_lazy("Prêt à régler")),
            (LEFT, gettext_lazy("Parti de cette vague")),
            (DECLINED, gettext_lazy("A refusé cette date")),
        ],
    )
    stage = django_filters.ChoiceFilter(
        label=gettext_lazy("Étape"),
        empty_label=gettext_lazy("Toutes"),
        method="by_stage",
        choices=[(each.value, wave_words.STAGES[each]) for each in Stage],
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below",
        queryset=Entity.objects.none(),
    )  # fmt: skip
    entity.field_class = EntityChoiceField
    priority = django_filters.ChoiceFilter(
        label=gettext_lazy("Priorité"),
        empty_label=gettext_lazy("Toutes"),
        field_name="member__priority",
        choices=Member.Priority.choices,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["entity"].queryset = getattr(self.request, "wave_entities", Entity.objects.none())

    @property
    def qs(self) -> QuerySet[Place]:
        """Who has left the wave is shown only where they are asked for."""
        rows: QuerySet[Place] = super().qs
        return rows if self.data.get("standing") in {LEFT, DECLINED} else rows.filter(left_at=None)

    def by_standing(self, rows: QuerySet[Place], _name: str, value: str) -> QuerySet[Place]:
        """One of them, or several."""
        conditions = {
            OPENED: Q(opened_at__isnull=False) & wave_queries.unfinished(),
            FINISHED_ALL: Q(standing__in=[each.value for each in FINISHED]),
            TO_LEND: lending.lacking(),
            LEFT: Q(left_at__isnull=False),
            DECLINED: Q(declined_at__isnull=False),
        }
        return rows.filter(conditions.get(value, Q(standing=value)))

    def by_stage(self, rows: QuerySet[Place], _name: str, value: str) -> QuerySet[Place]:
        """Who is at this stage now."""
        at = {f"{PATH}stage": value, f"{PATH}finished_at__isnull": True, f"{PATH}started_at__isnull": False}
        return rows.filter(**at)

    def below(self, rows: QuerySet[Place], _name: str, value: Entity) -> QuerySet[Place]:
        """And all below it."""
        return rows.filter(member__agent__entity__path__startswith=value.path)
