"""Pages of agents: the catalogue, asking for a loan, one's own loans, one loan."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import availability, blocks, looks, overdue, permissions, queries, rules, showing
from parvis.portal.loans.forms import RequestForm
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.loans.services import booking, requesting
from parvis.portal.parc.models import Asset

PAST_SHOWN = 20
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Days of an address outside these are nonsense, and near the end of the calendar nothing can be added to them."""


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """« Mes prêts »: what is under way, what is over."""
    user, today = signed_in(request), clock.today()
    agent = agent_of(user)
    loans = list(queries.loans_of(agent).prefetch_related("items__asset")[:100]) if agent else []
    live = [loan for loan in loans if loan.state in queries.LIVE]
    context = {
        "agent": agent,
        "live": [_row(loan, today) for loan in sorted(live, key=lambda each: (each.starts_date, each.pk))],
        "past": [(loan, looks.state_of(loan, today)) for loan in loans if loan.state not in queries.LIVE][:PAST_SHOWN],
        "late": [loan for loan in live if overdue.days_late(loan, today)],
    }
    return render(request, "loans/mine.html", context)


def _row(loan: Loan, today: date) -> dict[str, object]:
    return {
        "loan": loan,
        "state": looks.state_of(loan, today),
        "steps": showing.steps(loan),
        "next": showing.next_words(loan, today),
        "items": [item.asset for item in loan.items.all() if item.state in rules.HOLDING],
        "cancellable": Loan.State.CANCELLED in rules.LOAN_MOVES[loan.state],
    }


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """What may be borrowed, and from which day."""
    user, today = signed_in(request), clock.today()
    agent = agent_of(user)
    offers = queries.offers_for(agent).order_by("name") if agent else Offer.objects.none()
    late = queries.overdue_of(agent, today) if agent else None
    return render(
        request, "loans/catalogue.html", {"agent": agent, "cards": showing.cards(offers, today), "late": late}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Ask for an offer: days on a calendar, purpose, options."""
    user, today = signed_in(request), clock.today()
    agent = agent_of(user)
    offer = one(queries.offers_visible_to(user), offer_id)
    if agent is None or not permissions.can_request(user, offer, agent):
        return redirect("loans:lend")  # not made to oneself: the IT team lends it to others
    found = availability.of_offer(offer, today)
    form = RequestForm(request.POST or None, offer=offer, initial=_usual_days(request, found, today))
    refusal: Conflict | None = None
    if form.is_valid():
        try:
            return _asked(request, user, agent, offer, form)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            refusal = problem
    first = parse_day(request.GET.get("mois")) or today
    context = {
        "offer": offer,
        "form": form,
        "refusal": refusal,
        "weeks": showing.weeks(found, first, today),
        "today": today,
        "first": first,
        "previous": max(first - timedelta(weeks=showing.WEEKS_SHOWN), today) if first > today else None,
        "next": first + timedelta(weeks=showing.WEEKS_SHOWN)
        if (first - today).days < rules.MOST_AHEAD - showing.WEEKS_SHOWN * 7
        else None,
        "required": [stock.part for stock in found.required],
        "late": queries.overdue_of(agent, today),
    }
    return render(request, "loans/ask.html", context, status=409 if refusal else 200)


def _usual_days(request: HttpRequest, found: availability.Availability, today: date) -> dict[str, object]:
    days = min(showing.USUAL_DAYS, found.offer.max_days)
    chosen = parse_day(request.GET.get("du"))
    starts = chosen or found.first_free(rules.earliest(today, found.offer.notice_days), days)
    return {"starts_date": starts, "ends_date": rules.latest_end(starts, days)} if starts else {}


def _asked(request: HttpRequest, user: User, agent: Agent, offer: Offer, form: RequestForm) -> HttpResponse:
    data = form.cleaned_data
    loan = requesting.request_loan(
        actor=user,
        offer=offer,
        agent=agent,
        starts=data["starts_date"],
        ends=data["ends_date"],
        purpose=data["purpose"],
        options=data.get("options", ()),
        waits=data["waits"],
        now=clock.now(),
    )
    granted = loan.state == Loan.State.APPROVED
    messages.success(
        request,
        _("C’est accordé\u202f: le matériel vous est réservé.")
        if granted
        else _("Votre demande est partie. Vous recevrez la réponse par courriel."),
    )
    return redirect("loans:mine")


@require_safe
def loan(request: HttpRequest, loan_id: int) -> HttpResponse:
    """One loan: where it is, what it is made of, what can be done now."""
    user, today = signed_in(request), clock.today()
    found = one(queries.loans_visible_to(user), loan_id)
    manages = bool(permissions.can_manage(user, found.entity))
    items = list(queries.items_of(found))
    context = {
        "loan": found,
        "state": looks.state_of(found, today),
        "steps": showing.steps(found),
        "next": showing.next_words(found, today),
        "items": [
            {
                "item": item,
                "state": looks.item_state(item, today),
                "swaps": manages and item.state == "reserved",
                "gone": item.state == "reserved" and not _lendable(item.asset_id),
            }
            for item in items
        ],
        "options": list(found.options.all()),
        "mine": found.agent.user_id == user.pk,
        "manages": manages,
        "watches": bool(permissions.can_watch(user)),
        "decides": found.state == Loan.State.REQUESTED and bool(permissions.can_decide(user, found)),
        "cancels": Loan.State.CANCELLED in rules.LOAN_MOVES[found.state] and permissions.can_cancel(user, found),
        "main_blocks": blocks.shown(request, found, blocks.MAIN),
        "side_blocks": blocks.shown(request, found, blocks.SIDE),
    }
    return render(request, "loans/loan.html", context)


def _lendable(asset_id: int) -> bool:
    return Asset.objects.filter(booking.usable(), pk=asset_id).exists()


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Ask, then give the loan up."""
    user = signed_in(request)
    found = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_cancel(user, found))
    mine_too = found.agent.user_id == user.pk
    back_url = reverse("loans:mine") if mine_too else reverse("loans:loan", args=[found.pk])
    if request.method == "POST":
        requesting.cancel_loan(actor=user, loan=found, now=clock.now())
        messages.success(request, _("Le prêt est annulé."))
        return redirect(back_url)
    context = {
        "question": _("Annuler le prêt «\u202f%(offer)s\u202f»\u202f?") % {"offer": found.offer},
        "consequence": _("Le matériel réservé redevient libre pour d’autres."),
        "yes": _("Annuler le prêt"),
        "danger": True,
        "back_url": back_url,
    }
    return render(request, "ui/confirm.html", context)


def parse_day(text: str | None) -> date | None:
    """A day of an address (`2026-11-23`) that one may count on from; None for anything else."""
    try:
        day = parse_date(text) if text else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year < LAST_YEAR else None
