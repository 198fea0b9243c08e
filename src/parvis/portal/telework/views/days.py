"""Other weekdays for telework that is granted: asked for, granted, refused, given up."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.telework import days_showing, permissions, queries, rules, showing, wording
from parvis.portal.telework.forms import DaysForm, RefusalForm
from parvis.portal.telework.models import DaysChange
from parvis.portal.telework.services import changing_days

State = DaysChange.State


@require_http_methods(["GET", "HEAD", "POST"])
def ask(http: HttpRequest, request_id: int) -> HttpResponse:
    """Other days, from a day on: next Monday unless another is chosen."""
    user, today = signed_in(http), clock.today()
    found = one(queries.requests_visible_to(user), request_id)
    authz.require(permissions.can_ask(user, found.agent))
    back_url = showing.page_of(user, found)
    if not days_showing.may_ask(user, found) and http.method != "POST":
        return redirect(back_url)  # which says where it stands
    monday = today + timedelta(days=7 - today.weekday())
    form = DaysForm(http.POST or None, initial={"days": rules.days_of(found.days), "starts_date": monday})
    refusal: Conflict | None = None
    if form.is_valid():
        try:
            change = changing_days.ask(actor=user, request=found, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            refusal = problem
        else:
            messages.success(http, _asked_words(change))
            return redirect(back_url)
    context = {
        "form": form,
        "refusal": refusal,
        "request_": found,
        "own": found.agent.user_id == user.pk,
        "days": wording.days(found.days),
        "most_days": queries.policy_of(found.agent.entity).most_days,
        "back_url": back_url,
    }
    return render(http, "telework/days_ask.html", context, status=409 if refusal else 200)


def _asked_words(change: DaysChange) -> str:
    if change.state == State.APPLIED:
        return _("Les jours de télétravail sont changés.")
    if change.state == State.GRANTED:
        return _("C’est accordé\u202f: les jours changent à la date choisie.")
    return _("Votre demande est partie. Vous recevrez la réponse par courriel.")


@require_POST
def grant(http: HttpRequest, days_change_id: int) -> HttpResponse:
    """Say yes."""
    user = signed_in(http)
    change = _seen(user, days_change_id)
    changing_days.decide(actor=user, change=change, granted=True, now=clock.now())
    messages.success(http, _("Les nouveaux jours sont accordés. L’agent est prévenu par courriel."))
    return redirect(showing.page_of(user, change.request))


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(http: HttpRequest, days_change_id: int) -> HttpResponse:
    """Ask why, then say no: the days stay as they are."""
    user = signed_in(http)
    change = _seen(user, days_change_id)
    authz.require(permissions.can_decide(user, change.request))
    back_url = showing.page_of(user, change.request)
    form = RefusalForm(http.POST if http.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        changing_days.decide(actor=user, change=change, granted=False, reason=reason, now=clock.now())
        messages.success(http, _("Les jours ne changent pas, l’agent est prévenu."))
        return redirect(back_url)
    context = {
        "question": _("Refuser les nouveaux jours de %(agent)s\u202f?") % {"agent": change.request.agent},
        "consequence": _("L’agent reçoit un courriel. Son télétravail continue avec ses jours actuels."),
        "names": [wording.days(change.days)],
        "yes": _("Refuser ces jours"),
        "danger": True,
        "back_url": back_url,
        "form": form,
    }
    return render(http, "ui/confirm.html", context)


@require_POST
def withdraw(http: HttpRequest, days_change_id: int) -> HttpResponse:
    """Give it up before it is done."""
    user = signed_in(http)
    change = _seen(user, days_change_id)
    changing_days.withdraw(actor=user, change=change, now=clock.now())
    messages.success(http, _("Le changement de jours est retiré."))
    return redirect(showing.page_of(user, change.request))


def _seen(user: User, days_change_id: int) -> DaysChange:
    return one(queries.days_changes_visible_to(user), days_change_id)
