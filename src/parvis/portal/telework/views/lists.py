"""Lists: the requests that wait for one's word, and all those of one's perimeter."""

from __future__ import annotations

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.telework import bulk, eligibility, permissions, queries, rules, wording
from parvis.portal.telework.models import Request
from parvis.portal.telework.tables import RequestFilter, RequestTable, WaitingFilter, WaitingTable
from parvis.portal.ui.listing import ListingView

State = Request.State

ORDER = (State.REQUESTED, State.APPROVED, State.SUSPENDED, State.OPEN, State.REFUSED, State.WITHDRAWN, State.ENDED)
"""What has to be done first."""
DAYS_SHOWN = 20


class Waiting(ListingView):
    """« Demandes à accorder »."""

    table_class = WaitingTable
    template_name = "telework/waiting.html"
    filterset_class = WaitingFilter
    title = gettext_lazy("Télétravail à accorder")
    lead = gettext_lazy("Les demandes qui attendent votre réponse. Cochez-en plusieurs pour répondre en une fois.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent ou fonction")
    export_name = "teletravail-a-accorder"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à accorder")
    empty_text = gettext_lazy("Les demandes apparaissent ici\u202f; vous recevez un courriel.")
    bulk_actions = (bulk.GRANT, bulk.REFUSE)

    def authorize(self) -> authz.Decision:
        """Heads of department, IT team, auditors (who find nothing to grant)."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Request]:
        """The oldest first."""
        return queries.to_decide(signed_in(self.request)).order_by("requested_at", "pk")

    def extra_context(self) -> dict[str, object]:
        """The changes of days that wait as well: the oldest first, answered on the page of their request."""
        changes = list(queries.days_to_decide(signed_in(self.request))[: DAYS_SHOWN + 1])
        more = queries.days_to_decide(signed_in(self.request)).count() - DAYS_SHOWN if len(changes) > DAYS_SHOWN else 0
        rows = [(each, wording.short_days(each.before), wording.short_days(each.days)) for each in changes[:DAYS_SHOWN]]
        return {"days_changes": rows, "days_more": more}

    def table_kwargs(self) -> dict[str, object]:
        """The facts of all the agents who wait: read once."""
        now = clock.now()
        found = eligibility.facts_of_many([each.agent for each in self.get_queryset()], now)

        def facts(request: Request) -> rules.Facts:
            # A request made since this page began is read by itself.
            return found.get(request.agent_id) or eligibility.facts_of(request.agent, now)

        return {"facts": facts}


class Requests(ListingView):
    """Every request of the perimeter: what is to be done first."""

    table_class = RequestTable
    filterset_class = RequestFilter
    template_name = "telework/requests.html"
    title = gettext_lazy("Demandes de télétravail")
    lead = gettext_lazy("Qui télétravaille, qui le demande, quels jours.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent ou fonction")
    export_name = "demandes-de-teletravail"
    empty_icon = "device-desktop-check"
    empty_title = gettext_lazy("Aucune demande pour le moment")
    empty_text = gettext_lazy("Les agents demandent depuis «\u202fMon télétravail\u202f».")
    bulk_actions = (bulk.GRANT, bulk.REFUSE, bulk.OPEN, bulk.SUSPEND, bulk.RESUME)

    def authorize(self) -> authz.Decision:
        """Heads of department, IT team, auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Request]:
        """Waiting, granted, suspended, open, over; then the newest first."""
        rank = Case(*(When(state=state, then=Value(at)) for at, state in enumerate(ORDER)), output_field=IntegerField())
        watched = queries.requests_watched_by(signed_in(self.request))
        return watched.annotate(rank=rank).order_by("rank", "-requested_at", "-pk")

    def extra_context(self) -> dict[str, object]:
        """How many stand where, and whether the user may ask for an agent."""
        user = signed_in(self.request)
        counted = (
            queries.requests_watched_by(user)
            .order_by()
            .aggregate(**{state.value: Count("pk", filter=Q(state=state)) for state in ORDER[:4]})
        )
        return {"counted": counted, "asks": bool(permissions.can_ask_for_others(user))}
