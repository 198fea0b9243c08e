"""More days: asked for on the loan's page, answered by the IT team."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import permissions, queries
from parvis.portal.loans.models import Extension
from parvis.portal.loans.services import extending
from parvis.portal.loans.under_way_forms import DecideExtensionForm, ExtendForm
from parvis.portal.ui import formats


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, loan_id: int) -> HttpResponse:
    """Ask for more days."""
    user = signed_in(request)
    loan = one(queries.loans_visible_to(user), loan_id)
    authz.require(permissions.can_cancel(user, loan))
    if loan.state not in extending.EXTENDABLE:
        return redirect("loans:loan", loan_id=loan.pk)
    form = ExtendForm(
        request.POST or None, initial={"ends_date": max(loan.ends_date, clock.today()) + timedelta(days=7)}
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            extension = extending.ask(
                actor=user, loan=loan, ends=data["ends_date"], reason=data["reason"], now=clock.now()
            )
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}".strip())
        else:
            granted = extension.state == Extension.State.GRANTED
            messages.success(
                request,
                _("Le prêt est prolongé.")
                if granted
                else _("Votre demande est partie. Vous recevrez la réponse par courriel."),
            )
            return redirect("loans:loan", loan_id=loan.pk)
    lead = _("Il est à rendre le %(day)s.") % {"day": formats.day(loan.ends_date)}
    context = {"form": form, "title": _("Prolonger ce prêt"), "loan": loan, "yes": _("Demander"), "lead": lead}
    return render(request, "loans/under_way_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, extension_id: int) -> HttpResponse:
    """Grant or refuse."""
    user = signed_in(request)
    seen = Extension.objects.filter(loan__in=queries.loans_visible_to(user))
    extension = one(
        seen.select_related("loan__offer", "loan__agent__entity", "loan__agent__user", "loan__entity"), extension_id
    )
    loan = extension.loan
    authz.require(permissions.can_extend(user, loan))
    if extension.state != Extension.State.REQUESTED:
        return redirect("loans:loan", loan_id=loan.pk)
    form = DecideExtensionForm(request.POST or None)
    if form.is_valid():
        data, now = form.cleaned_data, clock.now()
        try:
            if data["answer"] == "grant":
                extending.grant(actor=user, extension=extension, now=now)
            else:
                extending.refuse(actor=user, extension=extension, reason=data["refusal"], now=now)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}".strip())
        else:
            messages.success(request, _("La réponse est partie par courriel."))
            return redirect("loans:preparations")
    lead = _("%(agent)s demande à garder «\u202f%(offer)s\u202f» jusqu’au %(day)s.") % {
        "agent": loan.agent, "offer": loan.offer, "day": formats.day(extension.ends_date),
    }  # fmt: skip
    context = {"form": form, "title": _("Prolongation"), "loan": loan, "yes": _("Répondre"), "lead": lead,
               "quote": extension.reason}  # fmt: skip
    return render(request, "loans/under_way_form.html", context, status=422 if form.errors else 200)
