"""One request, for who decides: granted, refused, opened, suspended, taken up again; asked for an agent."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.queries import agents_visible_to, is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.telework import days_showing, eligibility, permissions, queries, rules, showing, wording
from parvis.portal.telework.forms import AskForAgentForm, RefusalForm, SuspensionForm
from parvis.portal.telework.models import Level, Request
from parvis.portal.telework.services import opening, requests


@require_safe
def request(http: HttpRequest, request_id: int) -> HttpResponse:
    """What is asked, what stands in the way, who said what when, and the answer: where the mail leads."""
    user, now = signed_in(http), clock.now()
    found = _seen(user, request_id)
    if found.agent.user_id == user.pk:
        return redirect("telework:mine")
    facts = eligibility.facts_of(found.agent, now)
    context = {
        "request_": found,
        "state": wording.state_of(found),
        "days": wording.days(found.days),
        "period": wording.period(found),
        "steps": showing.steps(found),
        "conditions": wording.conditions(facts, level=found.level),
        "too_many": _too_many(found, facts),
        "actions": showing.actions(user, found),
        "days_changes": days_showing.of(user, found),
        "may_change_days": days_showing.may_ask(user, found),
        "first_answer": found.state == Request.State.REQUESTED,
        "watches": bool(permissions.can_watch(user)),
        "sees_agent": agents_visible_to(user).filter(pk=found.agent_id).exists(),
    }
    return render(http, "telework/request.html", context)


def _too_many(found: Request, facts: rules.Facts) -> wording.Said | None:
    """Said where the rule has become stricter since, or somebody else asked."""
    days = rules.days_of(found.days)
    if len(days) <= facts.most_days:
        return None
    return wording.of(rules.Obstacle.TOO_MANY_DAYS, facts)


@require_POST
def grant(http: HttpRequest, request_id: int) -> HttpResponse:
    """Say yes."""
    user = signed_in(http)
    found = _seen(user, request_id)
    requests.decide(actor=user, request=found, granted=True, now=clock.now())
    messages.success(http, _("C’est accordé. L’agent est prévenu par courriel."))
    return redirect(showing.page_of(user, found))


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(http: HttpRequest, request_id: int) -> HttpResponse:
    """Ask why, then say no."""
    user = signed_in(http)
    found = _seen(user, request_id)
    authz.require(permissions.can_decide(user, found))
    form = RefusalForm(http.POST if http.method == "POST" else None)
    if form.is_valid():
        requests.decide(actor=user, request=found, granted=False, reason=form.cleaned_data["reason"], now=clock.now())
        messages.success(http, _("La demande est refusée, l’agent est prévenu."))
        return redirect(showing.page_of(user, found))
    context = {
        "question": _("Refuser la demande de %(agent)s\u202f?") % {"agent": found.agent},
        "consequence": _("L’agent reçoit un courriel. Vous pouvez changer d’avis ensuite."),
        "yes": _("Refuser la demande"),
        "danger": True,
        "back_url": showing.page_of(user, found),
        "form": form,
    }
    return render(http, "ui/confirm.html", context)


@require_POST
@fresh_second_factor
def open_(http: HttpRequest, request_id: int) -> HttpResponse:
    """Let it in: it gives rights, hence the fresh second factor."""
    user = signed_in(http)
    found = _seen(user, request_id)
    opening.open_request(actor=user, request=found, now=clock.now())
    messages.success(http, _("Le télétravail est ouvert. L’agent reçoit un courriel qui le guide."))
    return redirect(showing.page_of(user, found))


@require_http_methods(["GET", "HEAD", "POST"])
def suspend(http: HttpRequest, request_id: int) -> HttpResponse:
    """Ask why and until when, then stop it for a time."""
    user = signed_in(http)
    found = _seen(user, request_id)
    authz.require(permissions.can_decide(user, found))
    form = SuspensionForm(http.POST if http.method == "POST" else None)
    if form.is_valid():
        try:
            requests.suspend(actor=user, request=found, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(http, _("Le télétravail est suspendu, l’agent est prévenu."))
            return redirect(showing.page_of(user, found))
    context = {
        "question": _("Suspendre le télétravail de %(agent)s\u202f?") % {"agent": found.agent},
        "consequence": _("Ses accès à distance sont retirés tout de suite, et rendus à la reprise."),
        "yes": _("Suspendre"),
        "danger": True,
        "back_url": showing.page_of(user, found),
        "form": form,
    }
    return render(http, "ui/confirm.html", context)


@require_POST
def resume(http: HttpRequest, request_id: int) -> HttpResponse:
    """Let it go on."""
    user = signed_in(http)
    found = _seen(user, request_id)
    requests.resume(actor=user, request=found, now=clock.now())
    messages.success(http, _("Le télétravail reprend, l’agent est prévenu."))
    return redirect(showing.page_of(user, found))


@require_POST
def go_on(http: HttpRequest, request_id: int) -> HttpResponse:
    """Take away the last day."""
    user = signed_in(http)
    found = _seen(user, request_id)
    requests.set_last_day(actor=user, request=found, last_day=None, now=clock.now())
    messages.success(http, _("Le télétravail continue sans date de fin."))
    return redirect(showing.page_of(user, found))


@require_http_methods(["GET", "HEAD", "POST"])
def ask_for(http: HttpRequest) -> HttpResponse:
    """The same three questions, for an agent of one's own: what one may decide is granted at once."""
    user = signed_in(http)
    authz.require(permissions.can_ask_for_others(user))
    today = clock.today()
    initial = {"level": Level.SCREEN, "starts_date": today + timedelta(days=7 - today.weekday())}
    form = AskForAgentForm(http.POST or None, user=user, initial={**initial, "agent": _asked_agent(http, user)})
    refusal: Conflict | None = None
    if form.is_valid():
        try:
            agent = form.cleaned_data["agent"]
            made = requests.ask(actor=user, agent=agent, now=clock.now(), **form.wish())
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            refusal = problem
        else:
            messages.success(http, _("La demande est enregistrée."))
            return redirect(showing.page_of(user, made))
    context = {
        "form": form,
        "refusal": refusal,
        "staff": is_staff(user),
        "back_url": reverse("telework_staff:requests"),
    }
    return render(http, "telework/ask_for.html", context, status=409 if refusal else 200)


def _asked_agent(http: HttpRequest, user: User) -> str:
    """The address of the agent whose card one comes from."""
    asked = http.GET.get("agent", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
        return ""
    agent = agents_visible_to(user).filter(pk=int(asked), is_active=True).first()
    return agent.email if agent else ""


def _seen(user: User, request_id: int) -> Request:
    return one(queries.requests_visible_to(user), request_id)
