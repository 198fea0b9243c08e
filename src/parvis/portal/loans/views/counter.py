"""« Comptoir »: one field, one answer, next. And the page of a single hand-over, which asks the same."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.loans import finding, permissions, queries
from parvis.portal.loans.finding import Found
from parvis.portal.loans.models import Checklist, Item, Loan
from parvis.portal.loans.services import handing_over, preparing
from parvis.portal.loans.under_way_forms import ReturnForm, SignForm, sign_form

MOST_AT_ONCE = 40


def at_counter(request: HttpRequest) -> bool:
    """Whether the counter's page asks, for its answer alone."""
    return request.headers.get("HX-Target") == "counter-answer"


@require_safe
def counter(request: HttpRequest) -> HttpResponse:
    """The field, the answer to what was typed, who comes today."""
    user = signed_in(request)
    authz.require(permissions.can_manage(user))
    typed = request.GET.get("code", "")
    chosen = _numbers(request.GET.getlist("pret"))
    if chosen:
        loans = [loan for loan in _loans(user, chosen) if loan.state in queries.WAITING]
        context = _hand_over_context(loans, sign_form(loans))
    elif typed:
        context = _answer(request, finding.find(user, typed, today=clock.today()))
    else:
        context = {}
    return _shown(request, user, {"typed": typed, **context})


def _answer(request: HttpRequest, found: Found) -> dict[str, object]:
    """One loan: what to do with it. Several: which. None: so it is said."""
    if not found.loans:
        return {"answer": "no", "asset": found.asset}
    if len(found.loans) > 1:
        return {"answer": "ask", "many": [(loan, _things(loan)) for loan in found.loans]}
    (loan,) = found.loans
    if loan.state == Loan.State.OUT:
        return take_back_context(loan)
    scanned = {*_numbers(request.GET.getlist("vu")), *([found.asset.pk] if found.asset else [])}
    return {**_hand_over_context([loan], sign_form([loan])), "scanned": scanned}


def _things(loan: Loan) -> str:
    held = (Item.State.RESERVED, Item.State.OUT)
    return ", ".join(str(item.asset) for item in loan.items.all() if item.state in held)


def _hand_over_context(loans: list[Loan], form: SignForm) -> dict[str, object]:
    if not loans:
        return {"answer": "no"}
    return {
        "answer": "ask",
        "hand_over": [
            {
                "loan": loan,
                "items": loan.items.filter(state=Item.State.RESERVED).select_related("asset__model", "part"),
                "unready": [
                    title for title, done in preparing.titles(loan, Checklist.Phase.PREPARE) if not done
                ] if loan.state == Loan.State.APPROVED else [],
            }
            for loan in loans
        ],
        "terms": list(dict.fromkeys(loan.offer.terms.strip() for loan in loans if loan.offer.terms.strip())),
        "form": form,
    }  # fmt: skip


def take_back_context(loan: Loan, forms: list[ReturnForm] | None = None) -> dict[str, object]:
    """What the form of a return shows: an item a row, whole and in order until the clerk says otherwise."""
    items = loan.items.filter(state=Item.State.OUT).select_related("asset__model", "part")
    return {"answer": "ask", "take_back": loan, "return_forms": forms or [ReturnForm(item=item) for item in items]}


def _shown(request: HttpRequest, user: User, context: dict[str, Any], status: int = 200) -> HttpResponse:
    here = at_counter(request)
    queue = [(loan, _things(loan)) for loan in finding.waiting(user, clock.today())[:200]]
    template = "loans/counter_fragment.html" if here else "loans/counter.html"
    return render(request, template, {"queue": queue, "in_counter": True, "fragment": here, **context}, status=status)


@require_http_methods(["POST"])
def counter_hand_over(request: HttpRequest) -> HttpResponse:
    """Hand over what the form names: one loan, or several that one person takes away."""
    user = signed_in(request)
    authz.require(permissions.can_manage(user))
    loans = _loans(user, _numbers(request.POST.getlist("pret")))
    if not loans:
        raise NotFound
    form = sign_form(loans, request.POST)
    done, problem = _hand_over(request, user, loans, form)
    if problem or not form.is_valid():
        return _shown(request, user, {**_again(loans, form, done), "problem": problem}, status=422)
    if not at_counter(request):
        messages.success(request, _said(done))
        return redirect("loans:counter")
    return _shown(request, user, {"answer": "ok", "said": _said(done), "done": done})


def _again(loans: list[Loan], form: SignForm, done: list[Loan]) -> dict[str, object]:
    left = [loan for loan in loans if loan not in done and loan.state in queries.WAITING]
    return _hand_over_context(left, form)


def _said(done: list[Loan]) -> str:
    if len(done) == 1:
        return _("«\u202f%(offer)s\u202f» est remis à %(agent)s.") % {"offer": done[0].offer, "agent": done[0].agent}
    return ngettext("%(n)d prêt est remis.", "%(n)d prêts sont remis.", len(done)) % {"n": len(done)}


def _hand_over(request: HttpRequest, user: User, loans: list[Loan], form: SignForm) -> tuple[list[Loan], str]:
    """Each by itself: what was handed over (a second click finds it done), and the first thing in the way."""
    done: list[Loan] = []
    if not form.is_valid() or form.signature is None:
        return done, ""
    only = _numbers(request.POST.getlist("item"))
    for loan in loans:
        try:
            done.append(
                handing_over.hand_over(actor=user, loan=loan, signature=form.signature, now=clock.now(), only=only)
            )
        except (Conflict, Invalid) as problem:
            if problem.code != handing_over.HANDED_OVER:
                loan.refresh_from_db()
                fault = next((words for faults in getattr(problem, "fields", {}).values() for words in faults), "")
                return done, f"{loan.agent}\u202f: {fault or problem.message} {problem.advice}".strip()
            done.append(loan)
    return done, ""


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Technician and agent side by side: what is taken away, the conditions, the signature."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_manage(user, loan.entity))
    if loan.state not in queries.WAITING:
        if loan.state == Loan.State.OUT:
            messages.info(request, _("Ce prêt est déjà remis."))
        return redirect("loans:loan", loan_id=loan.pk)
    form = sign_form([loan], request.POST if request.method == "POST" else None)
    problem = ""
    if request.method == "POST":
        done, problem = _hand_over(request, user, [loan], form)
        if done:
            messages.success(request, _said(done))
            return redirect("loans:loan", loan_id=loan.pk)
    context = {**_hand_over_context([loan], form), "loan": loan, "problem": problem}
    return render(request, "loans/hand_over.html", context, status=422 if problem or form.errors else 200)


def _loans(user: User, numbers: set[int]) -> list[Loan]:
    """Those of the team's own loans, in one order."""
    return list(queries.loans_run_by(user).filter(pk__in=numbers).order_by("pk")[:MOST_AT_ONCE])


def _numbers(texts: list[str]) -> set[int]:
    return {int(text) for text in texts[:500] if text.isascii() and text.isdigit() and len(text) < 16}
