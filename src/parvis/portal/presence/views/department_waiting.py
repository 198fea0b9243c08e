"""What waits for a head of department: days and usual weeks, confirmed or refused, many at once.

A refusal has no reason: none is asked, so that none of health is ever written.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from parvis.portal.directory.access import EntityChoiceField, one, signed_in
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.queries import has_role, perimeter, within
from parvis.portal.kernel import authz, clock
from parvis.portal.presence import permissions, queries, rules, services, staffing
from parvis.portal.presence.forms import with_letter
from parvis.portal.presence.models import Day
from parvis.portal.ui import formats
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

REFUSED_WORDS = gettext_lazy(
    "Les agents reçoivent un message sans motif\u202f: parlez-en avec eux. N’écrivez jamais de raison médicale."
)


Date = date
"""The type, where a column has its name."""
DayPair = tuple[rules.Status | None, rules.Status | None]
"""Morning and afternoon of a usual week."""


class WaitingTable(ListingTable):
    """One day a row."""

    agent = tables.Column(
        linkify=("presence:person", {"agent_id": tables.A("agent_id")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    date = tables.Column(verbose_name=gettext_lazy("Jour"))
    asked = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Demande"))
    staff = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Minimum sur site"))

    class Meta(ListingTable.Meta):
        model = Day
        fields = ("agent", "entity", "date", "asked", "staff")

    def __init__(self, *args: Any, statuses: dict[str, rules.Status], short: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statuses, self.short = statuses, short

    def render_date(self, value: Date) -> str:
        """As people say it."""
        return formats.day(value)

    def value_date(self, value: Date) -> str:
        """For programs."""
        return value.isoformat()

    def render_asked(self, record: Day) -> SafeString:
        """One status, or morning and afternoon."""
        am, pm = self._half(record.am), self._half(record.pm)
        if record.am == record.pm:
            return am
        return format_html("{} {}<br>{} {}", _("matin"), am, _("après-midi"), pm)

    def value_asked(self, record: Day) -> str:
        """In words."""
        names = [str(self.statuses[code].label) if code in self.statuses else "" for code in (record.am, record.pm)]
        return " / ".join(dict.fromkeys(names))

    def render_staff(self, record: Day) -> SafeString | str:
        """Whether too few are on site that day, requests that wait counted as absent."""
        worst = self.short(record)
        if worst is None:
            return ""
        words = _("%(present)d sur site pour %(least)d") % {"present": worst.present, "least": worst.least}
        return state_badge(words, "red", "alert-triangle")

    def value_staff(self, record: Day) -> str:
        """The same."""
        worst = self.short(record)
        return f"{worst.present} / {worst.least}" if worst is not None else ""

    def _half(self, code: str) -> SafeString:
        status = self.statuses.get(code)
        return with_letter(status) if status else SafeString(_("Semaine habituelle"))


class WaitingFilter(django_filters.FilterSet):
    """By department, by status."""

    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below"
    )
    entity.field_class = EntityChoiceField
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Statut"), empty_label=gettext_lazy("Tous"), method="of_status", choices=[]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = within(perimeter(self.request.user, Role.HEAD_OF_DEPARTMENT), "path")
        self.filters["entity"].queryset = Entity.objects.filter(seen).order_by("path")
        self.filters["status"].extra["choices"] = [(each.code, each.label) for each in queries.statuses().values()]

    def below(self, rows: QuerySet[Day], _name: str, value: Entity) -> QuerySet[Day]:
        """And all below it."""
        return rows.filter(agent__entity__path__startswith=value.path)

    def of_status(self, rows: QuerySet[Day], _name: str, value: str) -> QuerySet[Day]:
        """Morning or afternoon."""
        return rows.filter(am=value) | rows.filter(pm=value)


def _confirm(request: HttpRequest, rows: QuerySet[Day]) -> str:
    count = services.confirm_days(actor=signed_in(request), days=list(rows), now=clock.now())
    return ngettext("%(n)d jour confirmé.", "%(n)d jours confirmés.", count) % {"n": count}


def _refuse(request: HttpRequest, rows: QuerySet[Day]) -> str:
    count = services.refuse_days(actor=signed_in(request), days=list(rows), now=clock.now())
    return ngettext("%(n)d jour refusé.", "%(n)d jours refusés.", count) % {"n": count}


class Waiting(ListingView):
    """See the module's docstring."""

    table_class = WaitingTable
    filterset_class = WaitingFilter
    template_name = "presence/team/waiting.html"
    title = gettext_lazy("À confirmer")
    lead = gettext_lazy("Ce que vos agents ont déclaré et qui attend votre réponse.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "a-confirmer"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à confirmer")
    empty_text = gettext_lazy("Les demandes de vos agents apparaîtront ici.")
    bulk_actions = (
        BulkAction(
            name="confirm",
            label=gettext_lazy("Confirmer"),
            icon="check",
            run=_confirm,
            question=gettext_lazy("Confirmer ces jours\u202f?"),
        ),
        BulkAction(
            name="refuse",
            label=gettext_lazy("Refuser"),
            icon="x",
            run=_refuse,
            question=gettext_lazy("Refuser ces jours\u202f?"),
            consequence=REFUSED_WORDS,
            danger=True,
        ),
    )

    def authorize(self) -> authz.Decision:
        """Heads of department."""
        heads = has_role(signed_in(self.request), Role.HEAD_OF_DEPARTMENT)
        return authz.YES if heads else permissions.NOT_HEAD

    def get_queryset(self) -> QuerySet[Day]:
        """The nearest day first."""
        return queries.waiting_days_for(signed_in(self.request)).order_by("date", "agent__last_name", "pk")

    def table_kwargs(self) -> dict[str, object]:
        """Statuses and shortages, read once."""
        return {"statuses": queries.statuses(), "short": self._short}

    def extra_context(self) -> dict[str, object]:
        """The usual weeks that wait."""
        patterns = queries.waiting_patterns_for(signed_in(self.request))[:30]
        statuses = queries.statuses()
        return {"patterns": [(each, _week(each.halves, statuses)) for each in patterns]}

    def _short(self, day: Day) -> staffing.Shortage | None:
        theirs = [
            each for each in self._shortages.get(day.date, []) if day.agent.entity.path.startswith(each.entity.path)
        ]
        return min(theirs, key=lambda each: each.present - each.least, default=None)

    @cached_property
    def _shortages(self) -> dict[date, list[staffing.Shortage]]:
        days = list(self.rows.order_by("date").values_list("date", flat=True)[:1000])
        found: dict[date, list[staffing.Shortage]] = {}
        if days:
            seen = within(perimeter(signed_in(self.request), Role.HEAD_OF_DEPARTMENT), "path")
            last = min(days[-1], days[0] + 3 * staffing.AHEAD)
            for each in staffing.shortages(list(Entity.objects.filter(seen)), days[0], last):
                found.setdefault(each.date, []).append(each)
        return found


def _week(
    halves: str, statuses: dict[str, rules.Status]
) -> list[list[tuple[rules.Status | None, rules.Status | None]]]:
    codes = rules.parse_halves(halves)
    weeks = [codes[at : at + rules.WEEK] for at in range(0, len(codes), rules.WEEK)]
    return [[(statuses.get(week[day * 2]), statuses.get(week[day * 2 + 1])) for day in range(7)] for week in weeks]


@require_POST
def decide_pattern(request: HttpRequest, pattern_id: int) -> HttpResponse:
    """Confirm or refuse a usual week."""
    user = signed_in(request)
    pattern = one(queries.waiting_patterns_for(user), pattern_id)
    confirmed = request.POST.get("answer") == "confirm"
    if services.decide_pattern(actor=user, pattern=pattern, confirmed=confirmed, now=clock.now()):
        said = _("La semaine est confirmée.") if confirmed else _("La semaine est refusée.")
        messages.success(request, said)
    return redirect("presence:waiting")
