"""For the IT team: overview, live sessions, history, refusals, one session, gateways."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.remote_desktop import live, permissions, queries, services, statistics, wording
from parvis.portal.remote_desktop.filters import HistoryFilter, RefusalFilter
from parvis.portal.remote_desktop.models import Refusal, RemoteSession
from parvis.portal.remote_desktop.tables import HistoryTable, RefusalTable
from parvis.portal.remote_desktop.views import guards
from parvis.portal.ui.listing import ListingView

LIVE_SHOWN = 200
"""More live sessions than anybody reads; the count is told."""


@require_GET
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """What is going on, and the last days."""
    user, now = signed_in(request), clock.now()
    authz.require(guards.watches(user))
    sessions = queries.sessions_visible_to(user)
    plot, small_plot = statistics.plots(sessions, now, statistics.PLOT_DAYS, statistics.PLOT_DAYS_ON_A_PHONE)
    context = {
        "overview": statistics.overview(user, sessions, now),
        "plot": plot,
        "small_plot": small_plot,
        "gateways": _gateways(),
        **_live(request),
    }
    return render(request, "remote_desktop/staff/overview.html", context)


@require_GET
@never_cache
def live_sessions(request: HttpRequest) -> HttpResponse:
    """Sessions under way; the table alone when htmx asks again."""
    authz.require(guards.watches(signed_in(request)))
    fragment = request.headers.get("HX-Target") == "live"
    template = "remote_desktop/staff/live_table.html" if fragment else "remote_desktop/staff/live.html"
    return render(request, template, _live(request))


def _live(request: HttpRequest) -> dict[str, object]:
    user = signed_in(request)
    sessions = queries.live_sessions_visible_to(user)
    asked = request.GET.get("q", "")[:100].strip()
    if asked:
        sessions = sessions.filter(queries.about(asked))
    rows = statistics.live_rows(list(sessions[:LIVE_SHOWN]))
    more = max(sessions.count() - LIVE_SHOWN, 0) if len(rows) == LIVE_SHOWN else 0
    return {"rows": rows, "more": more, "asked": asked, "manages": bool(guards.manages(user))}


@require_GET
@never_cache
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One session: its account, connection by connection."""
    user = signed_in(request)
    authz.require(guards.watches(user))
    found = queries.session_visible_to(user, session_id)
    words = wording.end_words(found.end_reason) if found.end_reason else None
    context = {
        "session": found,
        "words": words,
        "connections": [
            (each, wording.how_it_ended(each.end_reason, each.sign_in_refusal))
            for each in found.connections.select_related("gateway")
        ],
        "row": statistics.live_rows([found])[0],
        "can_end": found.state != "ended" and bool(permissions.can_end_session(user, found)),
    }
    return render(request, "remote_desktop/staff/session.html", context)


def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Ask, then end the session."""
    user = signed_in(request)
    found = queries.session_visible_to(user, session_id)
    authz.require(permissions.can_end_session(user, found))
    if request.method == "POST":
        if services.end_session(actor=user, session=found, now=clock.now()):
            messages.success(
                request, _("La session est terminée\u202f: l’écran se ferme dans les secondes qui viennent.")
            )
        else:
            messages.info(request, _("Cette session était déjà terminée."))
        return redirect("remote_desktop_staff:live")
    context = {
        "question": _("Terminer la session de %(agent)s\u202f?") % {"agent": found.user},
        "consequence": _("Son écran se ferme aussitôt. Ses fenêtres restent ouvertes sur l’ordinateur %(computer)s.")
        % {"computer": found.computer},
        "yes": _("Terminer la session"),
        "danger": True,
        "back_url": reverse("remote_desktop_staff:live"),
    }
    return render(request, "ui/confirm.html", context)


class History(ListingView):
    """Every session, a row each."""

    table_class = HistoryTable
    filterset_class = HistoryFilter
    title = gettext_lazy("Historique des sessions")
    lead = gettext_lazy("Qui a ouvert quel ordinateur, quand, et comment cela s’est terminé.")
    search_fields = ("computer__name",)
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent ou ordinateur")
    export_name = "sessions"
    empty_icon = "history"
    empty_title = gettext_lazy("Aucune session pour le moment")

    def authorize(self) -> authz.Decision:
        """IT team and auditors."""
        return guards.watches(signed_in(self.request))

    @cached_property
    def rows(self) -> QuerySet[RemoteSession]:
        """The search looks for agents and computers first, not through every session."""
        rows: QuerySet[RemoteSession] = self.filterset.qs
        return rows.filter(queries.about(self.asked)) if self.asked else rows

    def get_queryset(self) -> QuerySet[RemoteSession]:
        """Those that have ended. Names are read for the page's rows only: far pages need no join."""
        ended = queries.sessions_visible_to(signed_in(self.request)).filter(state="ended")
        return ended.prefetch_related("user", "computer").order_by("-requested_at")


class Refusals(ListingView):
    """Every refusal, a row each."""

    table_class = RefusalTable
    filterset_class = RefusalFilter
    title = gettext_lazy("Refus")
    lead = gettext_lazy("Qui n’a pas pu ouvrir un ordinateur, et pourquoi.")
    search_fields = ("computer__name", "user__last_name", "user__email")
    search_label = gettext_lazy("Agent ou ordinateur")
    export_name = "refus"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Aucun refus")

    def authorize(self) -> authz.Decision:
        """IT team and auditors."""
        return guards.watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Refusal]:
        """Newest first."""
        return queries.refusals_visible_to(signed_in(self.request)).select_related("user", "computer").order_by("-at")


@require_GET
@never_cache
def gateways(request: HttpRequest) -> HttpResponse:
    """The gateways: heard or not, how busy."""
    authz.require(guards.watches(signed_in(request)))
    return render(request, "remote_desktop/staff/gateways.html", {"gateways": _gateways()})


def _gateways() -> list[dict[str, object]]:
    now = clock.now()
    rows = list(queries.gateways())
    pulses = live.pulses([each.pk for each in rows])
    answers: list[dict[str, object]] = []
    for each in rows:
        pulse = pulses.get(each.pk)
        heard = pulse is not None and now - pulse.at < timedelta(seconds=15)
        answers.append({"gateway": each, "pulse": pulse, "heard": heard})
    return answers
