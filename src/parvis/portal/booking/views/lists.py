"""The IT team's lists: pools, what a pool holds, bookings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.booking import permissions, queries
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.services import pools
from parvis.portal.booking.tables import BookingTable, PoolTable, ResourceTable
from parvis.portal.booking.views.asking import can_watch
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.ui.listing import BulkAction, ListingView

LIVE = "live"


class Pools(ListingView):
    """The pools of the perimeter."""

    table_class = PoolTable
    template_name = "booking/pools.html"
    title = gettext_lazy("Groupes de salles")
    lead = gettext_lazy(
        "Salles téléphoniques, comptes animateurs, salles de réunion\u202f: ce qui se réserve à l’heure."
    )
    search_fields = ("name", "description", "resources__name", "resources__phone_number")
    export_name = "groupes-de-salles"
    empty_icon = "phone"
    empty_title = gettext_lazy("Aucun groupe de salles")
    empty_text = gettext_lazy("Créez un premier groupe, par exemple vos salles téléphoniques.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Pool]:
        """With counts."""
        now = clock.now()
        coming = Q(bookings__state__in=("booked", "in_use"), bookings__ends_at__gt=now)
        waiting = Q(bookings__state="waiting", bookings__ends_at__gt=now)
        return (
            queries.pools_run_by(signed_in(self.request))
            .annotate(
                active_count=Count("resources", filter=Q(resources__is_active=True), distinct=True),
                coming_count=Count("bookings", filter=coming, distinct=True),
                waiting_count=Count("bookings", filter=waiting, distinct=True),
            )
            .order_by("kind", "name", "pk")
        )

    @cached_property
    def rows(self) -> QuerySet[Pool]:
        """A search in the resources finds a pool once, with whole counts."""
        found: QuerySet[Pool] = super().rows
        return self.get_queryset().filter(pk__in=found.order_by().values("pk")) if self.asked else found

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add one."""
        return {"manages": is_staff(signed_in(self.request))}


def _in_service(request: HttpRequest, rows: QuerySet[Resource]) -> str:
    count = pools.set_active(actor=signed_in(request), resources=list(rows), is_active=True, now=clock.now())
    return ngettext("%(n)d remise en service.", "%(n)d remises en service.", count) % {"n": count}


def _out_of_service(request: HttpRequest, rows: QuerySet[Resource]) -> str:
    count = pools.set_active(actor=signed_in(request), resources=list(rows), is_active=False, now=clock.now())
    return ngettext("%(n)d mise hors service.", "%(n)d mises hors service.", count) % {"n": count}


NOT_SHOWN = {
    Pool.Kind.PHONE_ROOM: ("account_ref", "site", "location", "equipment"),
    Pool.Kind.ROOM: ("phone_number", "pin", "account_ref", "owner", "contract"),
    Pool.Kind.HOST: ("phone_number", "pin", "site", "location", "equipment"),
    Pool.Kind.LICENCE: ("phone_number", "pin", "site", "location", "equipment"),
}
"""Columns that a kind of pool does not have."""


class PoolPage(ListingView):
    """A pool: how it works, and its resources."""

    table_class = ResourceTable
    template_name = "booking/pool.html"
    search_fields: Sequence[str] = ("name", "phone_number", "pin", "account_ref", "location", "owner", "site__name")
    export_name = "salles"
    empty_icon = "phone"
    empty_title = gettext_lazy("Ce groupe est vide")
    empty_text = gettext_lazy("Ajoutez une salle, ou collez toute une liste.")
    bulk_actions = (
        BulkAction(
            name="in", label=gettext_lazy("Remettre en service"), icon="circle-check", run=_in_service,
            question=gettext_lazy("Remettre ces salles en service\u202f?"), allowed=is_staff,
        ),
        BulkAction(
            name="out", label=gettext_lazy("Mettre hors service"), icon="ban", run=_out_of_service,
            question=gettext_lazy("Mettre ces salles hors service\u202f?"),
            consequence=gettext_lazy(
                "Leurs réservations à venir passent sur d’autres salles du groupe, ou sur la liste d’attente."
            ),
            allowed=is_staff,
        ),
    )  # fmt: skip

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return can_watch(signed_in(self.request))

    @cached_property
    def pool(self) -> Pool:
        """The one of the address."""
        return one(queries.pools_run_by(signed_in(self.request)), self.kwargs["pool_id"])

    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Which pool first."""
        self.kwargs = kwargs
        watches = bool(can_watch(signed_in(request)))
        self.title = self.pool.name if watches else ""
        if watches and not self.manages:
            self.search_fields = tuple(name for name in self.search_fields if name != "pin")
        return super().dispatch(request)

    @cached_property
    def manages(self) -> bool:
        """Whether the user may change it; who only watches is told no code: it lets into meetings."""
        return bool(permissions.can_manage(signed_in(self.request), self.pool.entity))

    def get_queryset(self) -> QuerySet[Resource]:
        """By name, « Salle 2 » before « Salle 10 »."""
        seen = queries.resources_run_by(signed_in(self.request)).filter(pool=self.pool)
        return seen.order_by(Length("name"), "name", "pk")

    def table_kwargs(self) -> dict[str, object]:
        """Without the columns that its kind does not have, and codes for who only watches."""
        return {"exclude": (*NOT_SHOWN[Pool.Kind(self.pool.kind)], *(() if self.manages else ("pin",)))}

    def extra_context(self) -> dict[str, object]:
        """The pool, and whether the user may change it."""
        return {"pool": self.pool, "manages": self.manages}


class BookingFilter(django_filters.FilterSet):
    """By state, pool, days."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        empty_label=gettext_lazy("Tous"),
        method="in_state",
        choices=[(LIVE, gettext_lazy("À venir et en cours")), *Booking.State.choices],
    )
    pool = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Groupe"), empty_label=gettext_lazy("Tous"), queryset=Pool.objects.none()
    )
    after = django_filters.DateFilter(
        label=gettext_lazy("À partir du"), field_name="starts_at", lookup_expr="date__gte",
        widget=forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d"),
    )  # fmt: skip
    before = django_filters.DateFilter(
        label=gettext_lazy("Jusqu’au"), field_name="starts_at", lookup_expr="date__lte",
        widget=forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["pool"].queryset = queries.pools_run_by(self.request.user).order_by("name")

    def in_state(self, rows: QuerySet[Booking], _name: str, value: str) -> QuerySet[Booking]:
        """One state, or all that is not over."""
        if value == LIVE:
            return rows.filter(state__in=queries.LIVE, ends_at__gt=clock.now())
        return rows.filter(state=value)


class Bookings(ListingView):
    """Every booking of the perimeter, latest first."""

    table_class = BookingTable
    filterset_class = BookingFilter
    template_name = "booking/bookings.html"
    title = gettext_lazy("Réservations")
    lead = gettext_lazy("Toutes les réservations de vos salles, numéros et comptes.")
    search_fields = ("title", "resource__name")
    search_folded_fields = ("holder__search",)
    search_label = gettext_lazy("Objet, agent ou salle")
    export_name = "reservations"
    empty_icon = "calendar"
    empty_title = gettext_lazy("Aucune réservation pour le moment")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Booking]:
        """Those of the perimeter."""
        return queries.bookings_run_by(signed_in(self.request)).order_by("-starts_at", "-pk")
