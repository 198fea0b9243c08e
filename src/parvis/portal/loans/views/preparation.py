"""« À préparer »: what to fetch this week, the steps of a loan before hand-over and after its return."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock, files
from parvis.portal.kernel.errors import Conflict
from parvis.portal.loans import permissions, queries, receipts
from parvis.portal.loans.models import Checklist, Extension, Item, Loan, PoolAsset
from parvis.portal.loans.services import extending, preparing, returning
from parvis.portal.loans.services.settling import to_put_in_order

AHEAD = timedelta(days=7)
MOST = 300


@require_safe
def preparations(request: HttpRequest) -> HttpResponse:
    """By day, what is to be fetched; what came back and waits; extensions that wait for an answer. Printable."""
    user, today = signed_in(request), clock.today()
    authz.require(permissions.can_watch(user))
    context = {
        "days": _days(user, today),
        "returned": _returned(user),
        "extensions": _extensions(user),
        "today": today,
        "manages": bool(permissions.can_manage(user)),
    }
    return render(request, "loans/preparations.html", context)


def _days(user: User, today: date) -> list[tuple[date, list[Loan]]]:
    loans = queries.loans_run_by(user).filter(state__in=queries.WAITING, starts_date__lte=today + AHEAD)
    loans = loans.prefetch_related("items__asset__site", "items__asset__model", "items__part", "steps")
    days: dict[date, list[Loan]] = {}
    for loan in loans.order_by("starts_date", "agent__last_name", "pk")[:MOST]:
        days.setdefault(loan.starts_date, []).append(loan)
    return list(days.items())


def _returned(user: User) -> list[Item]:
    """The newest return of each asset that waits to be put in order."""
    waiting = PoolAsset.objects.filter(needs_wipe=True, asset__loan_items__loan__in=queries.loans_run_by(user))
    items = Item.objects.filter(asset__in=waiting.values("asset"), state=Item.State.BACK)
    newest: dict[int, Item] = {}
    for item in items.select_related("asset", "loan__offer", "loan__agent").order_by("back_at", "pk"):
        newest[item.asset_id] = item
    return list(newest.values())[:MOST]


def _extensions(user: User) -> list[Extension]:
    # What was given back meanwhile needs no answer.
    loans = queries.loans_run_by(user).filter(state__in=extending.EXTENDABLE)
    waiting = Extension.objects.filter(state=Extension.State.REQUESTED, loan__in=loans)
    return list(waiting.select_related("loan__offer", "loan__agent__entity").order_by("requested_at")[:MOST])


@require_http_methods(["GET", "HEAD", "POST"])
def prepare(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Tick the steps; say that all is ready."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_manage(user, loan.entity))
    problem: Conflict | None = None
    if request.method == "POST":
        now = clock.now()
        preparing.tick(actor=user, loan=loan, done=request.POST.getlist("done"), now=now)
        if "ready" not in request.POST:
            messages.success(request, _("Les étapes sont enregistrées."))
            return redirect("loans:prepare", loan_id=loan.pk)
        try:
            preparing.finish(actor=user, loan=loan, now=now)
        except Conflict as refused:
            problem = refused
        else:
            messages.success(request, _("«\u202f%(offer)s\u202f» est prêt à remettre.") % {"offer": loan.offer})
            return redirect("loans:preparations")
    context = {
        "loan": loan,
        "steps": preparing.titles(loan, Checklist.Phase.PREPARE),
        "items": queries.items_of(loan),
        "problem": problem,
    }
    return render(request, "loans/prepare.html", context, status=409 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def put_in_order(request: HttpRequest, loan_id: int) -> HttpResponse:
    """The steps after the return; all ticked, what is back is lendable again."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_manage(user, loan.entity))
    items = to_put_in_order(loan)
    if request.method == "POST":
        seen = {int(text) for text in request.POST.getlist("item")[:500] if text.isascii() and text.isdigit()}
        done, now = request.POST.getlist("done"), clock.now()
        left = returning.put_in_order(actor=user, loan=loan, done=done, now=now, seen=seen or None)
        if left:
            messages.success(request, _("Les étapes sont enregistrées."))
            return redirect("loans:put_in_order", loan_id=loan.pk)
        messages.success(request, _("Le matériel est de nouveau disponible."))
        return redirect("loans:preparations")
    context = {"loan": loan, "steps": preparing.titles(loan, Checklist.Phase.RETURN), "items": items}
    return render(request, "loans/put_in_order.html", context)


@require_safe
def receipt(request: HttpRequest, loan_id: int) -> HttpResponseBase:
    """The signed receipt, as it was signed: for the agent it is about and the IT team that lends, nobody else."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    if loan.agent.user_id != user.pk:
        authz.require(permissions.can_manage(user, loan.entity))
    if not loan.receipt:
        messages.info(request, _("Ce prêt n’a pas de reçu."))
        return redirect("loans:loan", loan_id=loan.pk)
    content = receipts.read(loan)
    return _private(files.download(BytesIO(content), filename=f"recu-pret-{loan.pk}.pdf"))


def _private(response: FileResponse) -> FileResponse:
    response["Cache-Control"] = "private, no-store"
    return response
