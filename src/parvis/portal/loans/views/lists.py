"""The IT team's lists: loans, the catalogue, what may be lent, what could be."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import STAFF_ROLES, is_staff, perimeter, within
from parvis.portal.kernel import authz, clock
from parvis.portal.loans import looks, permissions, queries
from parvis.portal.loans.models import Item, Loan, Offer, PoolAsset
from parvis.portal.loans.services import booking, catalogue, pool
from parvis.portal.parc.models import Asset, Assignment
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

OVERDUE, LIVE = "overdue", "live"
WHOLE = {"td": {"class": "text-nowrap"}}


def _day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d")


def _entities(request: HttpRequest) -> QuerySet[Entity]:
    return Entity.objects.filter(within(perimeter(request.user, *VIEWING_ROLES), "path")).order_by("path")


class LoanTable(ListingTable):
    """One loan a row."""

    agent = tables.Column(
        linkify=("loans:loan", {"loan_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    offer = tables.Column(order_by=("offer__name",), verbose_name=gettext_lazy("Prêt"))
    things = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Matériel"))
    starts_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Du"))
    ends_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Au"))
    state = tables.Column(verbose_name=gettext_lazy("État"))

    class Meta(ListingTable.Meta):
        model = Loan
        fields = ("agent", "entity", "offer", "things", "starts_date", "ends_date", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = clock.today()

    def render_things(self, record: Loan) -> str:
        """The names of what is lent or kept."""
        names = [str(item.asset) for item in record.items.all() if item.state != Item.State.RELEASED]
        return ", ".join(names) or "—"

    def value_things(self, record: Loan) -> str:
        """The same."""
        return self.render_things(record)

    def render_state(self, record: Loan) -> SafeString:
        """A badge; late ones say by how much."""
        return looks.state_of(record, self.today)

    def value_state(self, record: Loan) -> str:
        """The words."""
        return looks.state_words(record, self.today)


class LoanFilter(django_filters.FilterSet):
    """By state, offer, department, days."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        empty_label=gettext_lazy("Tous"),
        method="in_state",
        choices=[(LIVE, gettext_lazy("À suivre")), (OVERDUE, gettext_lazy("En retard")), *Loan.State.choices],
    )
    offer = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Prêt"), empty_label=gettext_lazy("Tous"), queryset=Offer.objects.none()
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service de l’agent"), empty_label=gettext_lazy("Tous"), method="below"
    )
    entity.field_class = EntityChoiceField
    after = django_filters.DateFilter(
        label=gettext_lazy("Pas rendu avant le"), field_name="ends_date", lookup_expr="gte", widget=_day_input()
    )
    before = django_filters.DateFilter(
        label=gettext_lazy("Commencé avant le"), field_name="starts_date", lookup_expr="lte", widget=_day_input()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = queries.offers_run_by(self.request.user).order_by("name")
        self.filters["offer"].queryset = seen
        self.filters["entity"].queryset = _entities(self.request)

    def in_state(self, rows: QuerySet[Loan], _name: str, value: str) -> QuerySet[Loan]:
        """One state, what is late, or all that is not over."""
        if value == OVERDUE:
            return rows.filter(queries.is_overdue(clock.today()))
        if value == LIVE:
            return rows.filter(state__in=(*queries.LIVE, Loan.State.BACK))
        return rows.filter(state=value)

    def below(self, rows: QuerySet[Loan], _name: str, value: Entity) -> QuerySet[Loan]:
        """And all below it."""
        return rows.filter(agent__entity__path__startswith=value.path)


class Loans(ListingView):
    """Every loan of the perimeter: late first, then what is under way."""

    table_class = LoanTable
    filterset_class = LoanFilter
    template_name = "loans/loans.html"
    title = gettext_lazy("Prêts")
    lead = gettext_lazy("Qui a emprunté quoi, jusqu’à quand.")
    search_folded_fields = ("agent__search", "items__asset__search")
    search_label = gettext_lazy("Agent ou matériel")
    export_name = "prets"
    empty_icon = "package"
    empty_title = gettext_lazy("Aucun prêt pour le moment")
    empty_text = gettext_lazy(
        "Créez une offre, ajoutez du matériel au stock de prêt\u202f: les agents pourront demander."
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Loan]:
        """Late, waiting, ready, under way, over; then by last day."""
        today = clock.today()
        rank = Case(
            When(queries.is_overdue(today), then=Value(0)),
            When(state=Loan.State.REQUESTED, then=Value(1)),
            When(state__in=(*queries.WAITING, Loan.State.BACK), then=Value(2)),
            When(state=Loan.State.OUT, then=Value(3)),
            default=Value(4),
            output_field=IntegerField(),
        )
        loans = queries.loans_run_by(signed_in(self.request)).prefetch_related("items__asset")
        return loans.annotate(rank=rank).order_by("rank", "ends_date", "pk")

    @cached_property
    def rows(self) -> QuerySet[Loan]:
        """A search in the things of a loan finds it once."""
        found: QuerySet[Loan] = super().rows
        return self.get_queryset().filter(pk__in=found.order_by().values("pk")) if self.asked else found

    def extra_context(self) -> dict[str, object]:
        """How many are late, and what the team may do."""
        user, today = signed_in(self.request), clock.today()
        run = queries.loans_run_by(user)
        counted = run.order_by().aggregate(
            late=Count("pk", filter=queries.is_overdue(today)),
            out=Count("pk", filter=Q(state=Loan.State.OUT)),
            ready=Count("pk", filter=Q(state__in=queries.WAITING, starts_date__lte=today)),
            asked=Count("pk", filter=Q(state=Loan.State.REQUESTED)),
        )
        return {"counted": counted, "manages": is_staff(user)}


class OfferTable(ListingTable):
    """One offer a row."""

    name = tables.Column(linkify=("loans:offer", {"offer_id": tables.A("pk")}), verbose_name=gettext_lazy("Offre"))
    entity = tables.Column(order_by=("entity__path",), verbose_name=gettext_lazy("Prêté par"))
    contents = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Contenu"))
    approval = tables.Column(verbose_name=gettext_lazy("Accord"))
    max_days = tables.Column(verbose_name=gettext_lazy("Jours au plus"))
    live_count = tables.Column(verbose_name=gettext_lazy("Prêts en cours"))
    is_open = tables.Column(verbose_name=gettext_lazy("Proposée"))

    class Meta(ListingTable.Meta):
        model = Offer
        fields = ("name", "entity", "contents", "approval", "max_days", "live_count", "is_open")

    def render_contents(self, record: Offer) -> str:
        """The parts."""
        return ", ".join(f"{part.label} × {part.quantity}" if part.quantity > 1 else part.label
                         for part in record.parts.all())  # fmt: skip

    def value_contents(self, record: Offer) -> str:
        """The same."""
        return self.render_contents(record)

    def render_is_open(self, record: Offer) -> SafeString:
        """A badge."""
        if record.is_open:
            return state_badge(_("Aux agents"), "green", "circle-check")
        return state_badge(_("Non"), "secondary", "ban")

    def value_is_open(self, record: Offer) -> str:
        """The word."""
        return _("oui") if record.is_open else _("non")


def _open_all(request: HttpRequest, rows: QuerySet[Offer]) -> str:
    count = catalogue.set_open(actor=signed_in(request), offers=list(rows), is_open=True, now=clock.now())
    return ngettext("%(n)d offre proposée.", "%(n)d offres proposées.", count) % {"n": count}


def _close_all(request: HttpRequest, rows: QuerySet[Offer]) -> str:
    count = catalogue.set_open(actor=signed_in(request), offers=list(rows), is_open=False, now=clock.now())
    return ngettext("%(n)d offre retirée.", "%(n)d offres retirées.", count) % {"n": count}


class Offers(ListingView):
    """The catalogue, as the IT team runs it."""

    table_class = OfferTable
    template_name = "loans/offers.html"
    title = gettext_lazy("Catalogue des prêts")
    lead = gettext_lazy("Ce que les agents peuvent emprunter\u202f: un matériel, ou plusieurs ensemble.")
    search_fields = ("name", "description", "parts__label")
    export_name = "catalogue-des-prets"
    empty_icon = "package"
    empty_title = gettext_lazy("Le catalogue est vide")
    empty_text = gettext_lazy("Créez une première offre, par exemple «\u202fPoste nomade\u202f».")
    bulk_actions = (
        BulkAction(
            name="open",
            label=gettext_lazy("Proposer aux agents"),
            icon="eye",
            run=_open_all,
            question=gettext_lazy("Proposer ces offres aux agents\u202f?"),
            allowed=is_staff,
        ),
        BulkAction(
            name="close",
            label=gettext_lazy("Ne plus proposer"),
            icon="eye-off",
            run=_close_all,
            question=gettext_lazy("Ne plus proposer ces offres\u202f?"),
            consequence=gettext_lazy("Les prêts demandés et en cours continuent."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Offer]:
        """Those of the perimeter."""
        user = signed_in(self.request)
        offers = queries.offers_run_by(user)
        live = Count("loans", filter=Q(loans__state__in=queries.LIVE), distinct=True)
        return offers.annotate(live_count=live).prefetch_related("parts").order_by("name")

    @cached_property
    def rows(self) -> QuerySet[Offer]:
        """A search in the parts finds an offer once."""
        found: QuerySet[Offer] = super().rows
        return self.get_queryset().filter(pk__in=found.order_by().values("pk")) if self.asked else found

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add one."""
        return {"manages": is_staff(signed_in(self.request))}


class PoolTable(ListingTable):
    """One lendable asset a row."""

    asset = tables.Column(
        linkify=("parc:asset", {"asset_id": tables.A("asset_id")}),
        order_by=("asset__name",),
        verbose_name=gettext_lazy("Matériel"),
    )
    kind = tables.Column(
        accessor="asset__get_kind_display", order_by=("asset__kind",), verbose_name=gettext_lazy("Type")
    )
    model = tables.Column(
        accessor="asset__model", order_by=("asset__model__name",), verbose_name=gettext_lazy("Modèle"), default="—"
    )
    tag = tables.Column(accessor="asset__tag", verbose_name=gettext_lazy("N° d’inventaire"), default="—")
    place = tables.Column(
        accessor="asset__site", order_by=("asset__site__name",), verbose_name=gettext_lazy("Site"), default="—"
    )
    entity = tables.Column(
        accessor="asset__entity", order_by=("asset__entity__name",), verbose_name=gettext_lazy("Service")
    )
    times = tables.Column(verbose_name=gettext_lazy("Prêts"))
    standing = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Aujourd’hui"))

    class Meta(ListingTable.Meta):
        model = PoolAsset
        fields = ("asset", "kind", "model", "tag", "place", "entity", "times", "standing")

    def render_standing(self, record: Any) -> SafeString:
        """Free, kept, out, late, to put back in order, or not usable."""
        return state_badge(*standing(record))

    def value_standing(self, record: Any) -> str:
        """The word."""
        return str(standing(record)[0])


def standing(pooled: Any) -> tuple[Any, str, str]:
    """Label, colour and icon of a lendable asset today (annotated by `PoolList`)."""
    if pooled.is_late:
        return _("En retard"), "red", "alert-triangle"
    if pooled.is_out:
        return _("Prêté"), "green", "user-check"
    if pooled.asset.state != Asset.State.STOCK:
        return pooled.asset.get_state_display(), "orange", "alert-circle"
    if pooled.needs_wipe:
        return _("À remettre en état"), "purple", "refresh"
    if pooled.is_kept:
        return _("Réservé"), "blue", "calendar-time"
    return _("Libre"), "secondary", "circle-check"


class PoolFilter(django_filters.FilterSet):
    """By kind, by department."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"),
        empty_label=gettext_lazy("Tous"),
        field_name="asset__kind",
        choices=Asset.Kind.choices,
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below"
    )
    entity.field_class = EntityChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["entity"].queryset = _entities(self.request)

    def below(self, rows: QuerySet[Any], _name: str, value: Entity) -> QuerySet[Any]:
        """And all below it."""
        path = "asset__entity__path" if rows.model is PoolAsset else "entity__path"
        return rows.filter(**{f"{path}__startswith": value.path})


def _remove_all(request: HttpRequest, rows: QuerySet[PoolAsset]) -> str:
    chosen = list(rows)
    count = pool.remove_from_pool(actor=signed_in(request), pooled=chosen, now=clock.now())
    said = ngettext("%(n)d matériel retiré du prêt.", "%(n)d matériels retirés du prêt.", count) % {"n": count}
    if count < len(chosen):
        left = len(chosen) - count
        said += " " + ngettext(
            "%(n)d reste\u202f: il est prêté ou réservé.", "%(n)d restent\u202f: ils sont prêtés ou réservés.", left
        ) % {"n": left}
    return said


class Pool(ListingView):
    """What may be lent."""

    table_class = PoolTable
    filterset_class = PoolFilter
    template_name = "loans/pool.html"
    title = gettext_lazy("Stock de prêt")
    lead = gettext_lazy("Le matériel qui peut être prêté, et où il en est aujourd’hui.")
    search_folded_fields = ("asset__search",)
    search_label = gettext_lazy("Nom, numéro, modèle")
    export_name = "stock-de-pret"
    empty_icon = "package"
    empty_title = gettext_lazy("Rien à prêter pour le moment")
    empty_text = gettext_lazy("Ajoutez du matériel en stock.")
    bulk_actions = (
        BulkAction(
            name="remove",
            label=gettext_lazy("Retirer du prêt"),
            icon="minus",
            run=_remove_all,
            question=gettext_lazy("Ne plus prêter ce matériel\u202f?"),
            consequence=gettext_lazy("Il reste au parc. Ce qui est prêté ou réservé n’est pas touché."),
            allowed=is_staff,
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[PoolAsset]:
        """By kind, then name."""
        return with_standing(queries.pool(signed_in(self.request)), clock.today()).order_by(
            "asset__kind", "asset__name", "pk"
        )

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add to it."""
        return {"manages": is_staff(signed_in(self.request))}


def with_standing(pooled: QuerySet[PoolAsset], today: date) -> QuerySet[PoolAsset]:
    """With what `standing` needs, and `times`: how often it was lent."""
    theirs = Item.objects.filter(asset=OuterRef("asset_id"))
    out = theirs.filter(state=Item.State.OUT)
    times = Count("asset__loan_items", filter=Q(asset__loan_items__out_at__isnull=False), distinct=True)
    return pooled.annotate(
        times=times,
        is_out=Exists(out),
        is_late=Exists(out.filter(ends_date__lt=today)),
        is_kept=Exists(theirs.filter(booking.holding(today, today, today))),
    )


class CandidateTable(ListingTable):
    """One asset in stock a row."""

    name = tables.Column(linkify=("parc:asset", {"asset_id": tables.A("pk")}), verbose_name=gettext_lazy("Matériel"))
    kind = tables.Column(verbose_name=gettext_lazy("Type"))
    model = tables.Column(order_by=("model__name",), verbose_name=gettext_lazy("Modèle"), default="—")
    tag = tables.Column(verbose_name=gettext_lazy("N° d’inventaire"), default="—")
    site = tables.Column(order_by=("site__name",), verbose_name=gettext_lazy("Site"), default="—")
    entity = tables.Column(order_by=("entity__name",), verbose_name=gettext_lazy("Service"))

    class Meta(ListingTable.Meta):
        model = Asset
        fields = ("name", "kind", "model", "tag", "site", "entity")


def _add_all(request: HttpRequest, rows: QuerySet[Asset]) -> str:
    count = pool.add_to_pool(actor=signed_in(request), assets=list(rows.select_related("entity")), now=clock.now())
    return ngettext("%(n)d matériel peut être prêté.", "%(n)d matériels peuvent être prêtés.", count) % {"n": count}


class CandidateFilter(PoolFilter):
    """By kind, by department."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"), empty_label=gettext_lazy("Tous"), choices=Asset.Kind.choices
    )


class Candidates(ListingView):
    """What could be lent: in stock, nobody's, not in the pool yet."""

    table_class = CandidateTable
    filterset_class = CandidateFilter
    template_name = "loans/candidates.html"
    title = gettext_lazy("Ajouter au stock de prêt")
    lead = gettext_lazy("Le matériel en stock qui n’est à personne. Cochez ce qui peut être prêté.")
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Nom, numéro, modèle")
    empty_icon = "package"
    empty_title = gettext_lazy("Rien en stock à ajouter")
    empty_text = gettext_lazy("Ce qui revient en stock apparaît ici.")
    bulk_actions = (
        BulkAction(
            name="add",
            label=gettext_lazy("Ajouter au stock de prêt"),
            icon="plus",
            run=_add_all,
            question=gettext_lazy("Prêter ce matériel\u202f?"),
            consequence=gettext_lazy("Il pourra être réservé par les offres qui demandent ce type de matériel."),
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team."""
        return permissions.can_manage(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Asset]:
        """By kind, then name."""
        theirs = within(perimeter(signed_in(self.request), *STAFF_ROLES))
        free = Asset.objects.filter(theirs, state=Asset.State.STOCK, pool__isnull=True)
        free = free.filter(~Exists(Assignment.objects.filter(asset=OuterRef("pk"))))
        return free.select_related("entity", "site", "model").order_by("kind", "name", "pk")
