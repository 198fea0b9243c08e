"""Who is on the enrolment path and how far; where people stumble on it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.telework import enrolment_queries, funnel, path_permissions, path_wording
from parvis.portal.telework.enrolment_tables import EnrolmentFilter, EnrolmentTable, FunnelForm
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.services import path_reminders
from parvis.portal.ui import csv
from parvis.portal.ui.listing import BulkAction, ListingView

MOST_REMINDED = 1000


def _remind(request: HttpRequest, rows: QuerySet[Enrolment]) -> str:
    told = path_reminders.remind_now(actor=signed_in(request), enrolments=list(rows[:MOST_REMINDED]), now=clock.now())
    return ngettext("%(n)d rappel est parti.", "%(n)d rappels sont partis.", told) % {"n": told}


class Enrolments(ListingView):
    """Everyone invited, of the perimeter; who may need somebody first."""

    table_class = EnrolmentTable
    filterset_class = EnrolmentFilter
    template_name = "telework/enrolments.html"
    title = gettext_lazy("Mises en service")
    lead = gettext_lazy(
        "Le parcours de chaque agent jusqu’à son premier jour de télétravail. Des rappels partent d’eux-mêmes."
    )
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent ou fonction")
    export_name = "mises-en-service"
    empty_icon = "list-check"
    empty_title = gettext_lazy("Aucune mise en service")
    empty_text = gettext_lazy("Elles s’ouvrent quand une demande de télétravail est accordée et mise en service.")
    bulk_actions = (
        BulkAction(
            name="remind",
            label=gettext_lazy("Envoyer un rappel"),
            icon="mail",
            run=_remind,
            question=gettext_lazy("Envoyer un rappel à ces agents\u202f?"),
            consequence=gettext_lazy(
                "Un courriel part à ceux qui n’ont pas terminé, une fois par jour au plus, avec l’étape qui reste."
            ),
            allowed=path_permissions.may_remind_some,
        ),
    )

    def authorize(self) -> authz.Decision:
        """Heads of department, IT team, auditors."""
        return path_permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Enrolment]:
        """Of the perimeter."""
        return enrolment_queries.most_urgent_first(enrolment_queries.enrolments_run_by(signed_in(self.request)))


@require_safe
def stumbles(request: HttpRequest) -> HttpResponse:
    """The funnel: from the invitation to the first day, what stops people; and its CSV."""
    user = signed_in(request)
    authz.require(path_permissions.can_watch(user))
    form = FunnelForm(request.GET or None, request=request)
    found = funnel.of(form.narrowed(enrolment_queries.enrolments_run_by(user)))
    if request.GET.get("format") == "csv":
        return _csv(request, found)
    query = request.GET.copy()
    query["format"] = "csv"
    context = {
        "form": form,
        "funnel": found,
        "share": _share(found.finished, found.came),
        "median": path_wording.duration(found.median_seconds),
        "slow": path_wording.duration(found.slow_seconds),
        "rows": [_shown(row, found.invited, request.GET.get("entity", "")) for row in found.rows],
        "export_url": f"{request.path}?{query.urlencode()}",
    }
    return render(request, "telework/funnel.html", context)


def _shown(row: funnel.Row, invited: int, entity: str) -> dict[str, object]:
    """A stage as the page shows it; `width` of its bar in percent of the invited."""
    asked = {"standing": "blocked", "stage": row.stage.value, **({"entity": entity} if entity else {})}
    return {
        "row": row,
        "words": path_wording.STAGES[row.stage],
        "entered_width": _share(row.entered, invited),
        "passed_width": _share(row.passed, invited),
        "share": _share(row.passed, row.entered) if row.entered else None,
        "median": path_wording.duration(row.median_seconds),
        "slow": path_wording.duration(row.slow_seconds),
        "causes": [(path_wording.label_of(code), count) for code, count in row.causes],
        "blocked_url": f"{reverse('telework_staff:enrolments')}?{urlencode(asked)}",
    }


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _csv(request: HttpRequest, found: funnel.Funnel) -> HttpResponse:
    heading: Sequence[object] = [
        _("Étape"), _("Y arrivent"), _("La passent"), _("Avec aide"), _("Arrêtés au moins une fois"),
        _("Bloqués maintenant"), _("Durée médiane (s)"), _("Durée de 9 sur 10 (s)"), _("Ce qui arrête"),
    ]  # fmt: skip
    rows = [
        [
            path_wording.STAGES[row.stage].title, row.entered, row.passed, row.helped, row.failed, row.blocked,
            row.median_seconds, row.slow_seconds,
            ", ".join(f"{path_wording.label_of(code)} ({count})" for code, count in row.causes),
        ]
        for row in found.rows
    ]  # fmt: skip
    now = clock.now()
    facts = {"list": "ou-l-on-bloque", "query": request.GET.urlencode()[:500], "rows": len(rows)}
    audit.record(actor=signed_in(request), action="ui.list_exported", now=now, data=facts)
    response = HttpResponse("".join(csv.lines(heading, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ou-l-on-bloque-{clock.today(now)}.csv"'
    response["Cache-Control"] = "no-store"
    return response
