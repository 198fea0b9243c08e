"""Requests that wait for an answer, one answer, another asset, a loan made by the IT team."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import STAFF_ROLES, agents_visible_to, perimeter, within
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, ParvisError
from parvis.portal.loans import availability, permissions, queries, rules, showing
from parvis.portal.loans.forms import LendForm, RefusalForm
from parvis.portal.loans.models import Item, Loan, Offer, PoolAsset
from parvis.portal.loans.services import booking, deciding, requesting
from parvis.portal.loans.views.agents import parse_day
from parvis.portal.parc.models import Asset
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

CHOICES_SHOWN = 50
WHOLE = {"td": {"class": "text-nowrap"}}


class WaitingTable(ListingTable):
    """One request a row."""

    agent = tables.Column(
        linkify=("loans:loan", {"loan_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    offer = tables.Column(order_by=("offer__name",), verbose_name=gettext_lazy("Prêt"))
    starts_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Du"))
    ends_date = tables.DateColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Au"))
    purpose = tables.Column(orderable=False, verbose_name=gettext_lazy("Pour"), default="—")
    free = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Libre"))

    class Meta(ListingTable.Meta):
        model = Loan
        fields = ("agent", "entity", "offer", "starts_date", "ends_date", "purpose", "free")

    def __init__(self, *args: Any, found: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found

    def render_free(self, record: Loan) -> SafeString:
        """Whether it can be granted as the stock is."""
        kits = self._kits(record)
        if kits:
            return state_badge(ngettext("%(n)d libre", "%(n)d libres", kits) % {"n": kits}, "green", "circle-check")
        return state_badge(_("Rien de libre"), "red", "alert-triangle")

    def value_free(self, record: Loan) -> int:
        """How many."""
        return self._kits(record)

    def _kits(self, loan: Loan) -> int:
        return self.found(loan).kits(loan.starts_date, loan.ends_date)  # type: ignore[no-any-return]


def _approve_all(request: HttpRequest, rows: QuerySet[Loan]) -> str:
    outcome = deciding.approve_many(actor=signed_in(request), loans=list(rows), now=clock.now())
    for loan, why in outcome.problems[:10]:
        messages.warning(request, format_html("{}\u202f: {}", str(loan), why))
    return ngettext("%(n)d prêt accordé.", "%(n)d prêts accordés.", outcome.granted) % {"n": outcome.granted}


def _refuse_all(request: HttpRequest, rows: QuerySet[Loan], reason: str = "") -> str:
    user, now, count = signed_in(request), clock.now(), 0
    for loan in rows:
        deciding.refuse(actor=user, loan=loan, reason=reason, now=now)
        count += 1
    return ngettext("%(n)d demande refusée.", "%(n)d demandes refusées.", count) % {"n": count}


class Waiting(ListingView):
    """« Prêts à accorder »."""

    table_class = WaitingTable
    title = gettext_lazy("Prêts à accorder")
    lead = gettext_lazy("Les demandes qui attendent votre réponse. Accordée, une demande réserve le matériel.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "prets-a-accorder"
    empty_icon = "circle-check"
    empty_title = gettext_lazy("Rien à accorder")
    empty_text = gettext_lazy("Les demandes apparaissent ici\u202f; vous recevez un courriel.")
    bulk_actions = (
        BulkAction(
            name="approve",
            label=gettext_lazy("Accorder"),
            icon="check",
            run=_approve_all,
            question=gettext_lazy("Accorder ces prêts\u202f?"),
            consequence=gettext_lazy("Le matériel est réservé, et les agents reçoivent un courriel."),
        ),
        BulkAction(
            name="refuse",
            label=gettext_lazy("Refuser"),
            icon="x",
            run=_refuse_all,
            question=gettext_lazy("Refuser ces demandes\u202f?"),
            consequence=gettext_lazy("Les agents reçoivent un courriel, avec le motif que vous donnez."),
            danger=True,
            form_class=RefusalForm,
        ),
    )

    def get_queryset(self) -> QuerySet[Loan]:
        """The soonest first."""
        return queries.to_decide(signed_in(self.request)).order_by("starts_date", "requested_at", "pk")

    def table_kwargs(self) -> dict[str, object]:
        """What is free: read once for all the offers that are asked for."""
        asked = self.get_queryset().order_by().values("offer")
        offers = list(Offer.objects.filter(pk__in=asked).select_related("entity"))
        found = availability.of_offers(offers, clock.today())
        return {"found": lambda loan: found[loan.offer_id]}


@require_POST
def approve(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Grant one."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    items = deciding.approve(actor=user, loan=loan, now=clock.now())
    names = ", ".join(str(item.asset) for item in items)
    messages.success(request, _("Le prêt est accordé. Réservé\u202f: %(names)s.") % {"names": names})
    return redirect("loans:loan", loan_id=loan.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Ask why, then say no."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_decide(user, loan))
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        deciding.refuse(actor=user, loan=loan, reason=form.cleaned_data["reason"], now=clock.now())
        messages.success(request, _("La demande est refusée, l’agent est prévenu."))
        return redirect("loans:loan", loan_id=loan.pk)
    context = {
        "question": _("Refuser la demande de %(agent)s\u202f?") % {"agent": loan.agent},
        "consequence": _("L’agent reçoit un courriel."),
        "yes": _("Refuser la demande"),
        "danger": True,
        "back_url": reverse("loans:loan", args=[loan.pk]),
        "form": form,
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: HttpRequest, loan_item_id: int) -> HttpResponse:
    """Choose another asset than the one that is kept."""
    user = signed_in(request)
    items = Item.objects.filter(loan__in=queries.loans_visible_to(user), state=Item.State.RESERVED)
    item = one(
        items.select_related("loan__entity", "loan__agent__entity", "part__offer__entity", "asset"), loan_item_id
    )
    authz.require(permissions.can_manage(user, item.loan.entity))
    free = Asset.objects.none()
    if item.part is not None:
        days = (item.starts_date, item.ends_date)
        free = booking.free_assets(item.part, *days, today=clock.today(), agent=item.loan.agent)
    if request.method == "POST":
        asset = one(free, request.POST.get("asset"))
        deciding.swap_item(actor=user, item=item, asset=asset, now=clock.now())
        messages.success(request, _("%(asset)s est réservé à la place.") % {"asset": asset})
        return redirect("loans:loan", loan_id=item.loan_id)
    return render(request, "loans/swap.html", {"item": item, "loan": item.loan, "assets": free[:CHOICES_SHOWN]})


@require_http_methods(["GET", "HEAD", "POST"])
def lend(request: HttpRequest) -> HttpResponse:
    """A loan for an agent, granted at once: from the agent's card, from a free cell of the calendar."""
    user = signed_in(request)
    authz.require(permissions.can_manage(user))
    asset = _asked_asset(request, user)
    form = LendForm(request.POST or None, user=user, offers=_offers(user, asset), initial=_lend_initial(request, user))
    refusal: ParvisError | None = None
    if form.is_valid():
        try:
            loan = _lend(user, form, asset)
        except Invalid as problem:
            show_problems(form, problem)
        except (Conflict, NotAllowed) as problem:
            refusal = problem
        else:
            messages.success(request, _("Le prêt est accordé et le matériel réservé."))
            return redirect("loans:loan", loan_id=loan.pk)
    context = {"form": form, "asset": asset, "refusal": refusal}
    return render(request, "loans/lend.html", context, status=409 if refusal else 200)


def _asked_asset(request: HttpRequest, user: User) -> Asset | None:
    asked = request.POST.get("asset") or request.GET.get("asset")
    return one(queries.pool(user), _pool_pk(asked)).asset if asked else None


def _pool_pk(asset_id: str) -> int | None:
    if not asset_id.isascii() or not asset_id.isdigit() or len(asset_id) > 18:
        return None
    return PoolAsset.objects.filter(asset_id=int(asset_id)).values_list("pk", flat=True).first()


def _offers(user: User, asset: Asset | None) -> QuerySet[Offer]:
    """The offers the user's team lends; with an asset in hand, those it may serve in."""
    offers = Offer.objects.filter(within(perimeter(user, *STAFF_ROLES))).select_related("entity").order_by("name")
    if asset is None:
        return offers
    fitting = offers.filter(parts__kind=asset.kind, pk__in=_above(asset))
    return fitting.distinct()


def _above(asset: Asset) -> list[int]:
    offers = Offer.objects.select_related("entity")
    return [offer.pk for offer in offers if asset.entity.path.startswith(offer.entity.path)]


def _lend_initial(request: HttpRequest, user: User) -> dict[str, object]:
    initial: dict[str, object] = {"asset": request.GET.get("asset", "")}
    starts = parse_day(request.GET.get("du")) or clock.today()
    initial |= {"starts_date": starts, "ends_date": _week_later(starts)}
    agent_id = request.GET.get("agent", "")
    if agent_id.isascii() and agent_id.isdigit() and len(agent_id) <= 18:
        agent = agents_visible_to(user).filter(pk=int(agent_id), is_active=True).first()
        initial["agent"] = agent.email if agent else ""
    return initial


def _week_later(starts: date) -> date:
    return rules.latest_end(starts, showing.USUAL_DAYS)


def _lend(user: User, form: LendForm, asset: Asset | None) -> Loan:
    data, now = form.cleaned_data, clock.now()
    with transaction.atomic():
        loan = requesting.request_loan(
            actor=user,
            offer=data["offer"],
            agent=data["agent"],
            starts=data["starts_date"],
            ends=data["ends_date"],
            purpose=data["purpose"],
            now=now,
        )
        if loan.state == Loan.State.REQUESTED:
            deciding.approve(actor=user, loan=loan, now=now, assets=[asset] if asset else None)
    return loan
