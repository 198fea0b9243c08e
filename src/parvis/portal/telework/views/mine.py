"""« Mon télétravail »: where one's request stands, asking in three questions, giving up, ending."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.telework import (
    days_showing,
    eligibility,
    enrolment_queries,
    permissions,
    queries,
    rules,
    sections,
    showing,
    wording,
)
from parvis.portal.telework.forms import AskForm, EndForm
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import documents, requests

PAST_SHOWN = 10


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Where it stands, what comes next, what was before."""
    user, today = signed_in(request), clock.today()
    agent = agent_of(user)
    found = list(queries.requests_of(agent)[: PAST_SHOWN + 1]) if agent else []
    live = next((each for each in found if each.state in rules.LIVE), None)
    context = {
        "agent": agent,
        "sections": sections.shown(request, agent) if agent else [],
        "live": showing.of(live, today) if live and agent else None,
        "days_changes": days_showing.of(user, live) if live else [],
        "may_change_days": live is not None and days_showing.may_ask(user, live),
        "texts": documents.waiting_for(agent) if agent and live else [],
        "enrolment": enrolment_queries.path_of(agent) if agent and live else None,
        "past": [(each, wording.state_of(each), wording.days(each.days)) for each in found if each is not live],
        "refused": found[0] if found and found[0].state == Request.State.REFUSED else None,
    }
    return render(request, "telework/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """What allows it or stands in the way, then three questions."""
    user, now = signed_in(request), clock.now()
    agent = agent_of(user)
    if agent is None or queries.live_request_of(agent) is not None:
        return redirect("telework:mine")  # which says where it stands
    facts = eligibility.facts_of(agent, now)
    levels = showing.levels_open(facts)
    form = AskForm(request.POST or None, initial=_initial(agent, levels, clock.today(now)))
    showing.keep_levels(form, levels)
    refusal: Conflict | None = None
    if levels and form.is_valid():
        try:
            return _asked(request, user, agent, form)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            refusal = problem
    level = max(levels, default=rules.LEVEL_2)
    context = {
        "form": form,
        "levels": levels,
        "refusal": refusal,
        "conditions": wording.conditions(facts, level=level),
        "lacks_charter": not facts.charter_accepted,
        "most_days": facts.most_days,
        "level_1_said": showing.why_level_1(facts) if levels == [rules.LEVEL_1] else None,
        "head_approves": queries.policy_of(agent.entity).head_approves,
    }
    return render(request, "telework/ask.html", context, status=409 if refusal else 200)


def _initial(agent: Agent, levels: list[int], today: date) -> dict[str, object]:
    """Next Monday, and what was answered the last time."""
    initial: dict[str, object] = {
        "level": max(levels, default=rules.LEVEL_2),
        "starts_date": today + timedelta(days=7 - today.weekday()),
    }
    last = queries.requests_of(agent).first()
    if last is not None:
        answered = {"machine": last.machine, "line": last.line, "has_phone": last.has_phone}
        initial |= {**answered, "days": rules.days_of(last.days)}
        if last.level in levels:
            initial["level"] = last.level
    return initial


def _asked(request: HttpRequest, user: User, agent: Agent, form: AskForm) -> HttpResponse:
    made = requests.ask(actor=user, agent=agent, now=clock.now(), **form.wish())
    words = {
        Request.State.REQUESTED: _("Votre demande est partie. Vous recevrez la réponse par courriel."),
        Request.State.APPROVED: _("C’est accordé. Vous recevez un courriel dès que l’accès est ouvert."),
        Request.State.OPEN: _("C’est accordé et ouvert\u202f: il reste la mise en service."),
    }
    messages.success(request, words[Request.State(made.state)])
    return redirect("telework:mine")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Ask, then give the request up."""
    user = signed_in(request)
    found = one(queries.requests_visible_to(user), request_id)
    authz.require(permissions.can_withdraw(user, found))
    back_url = showing.page_of(user, found)
    if request.method == "POST":
        requests.withdraw(actor=user, request=found, now=clock.now())
        messages.success(request, _("La demande est retirée."))
        return redirect(back_url)
    context = {
        "question": _("Retirer cette demande de télétravail\u202f?"),
        "consequence": _("Une nouvelle demande reste possible à tout moment."),
        "names": [f"{found.agent}, {wording.days(found.days)}"],
        "yes": _("Retirer la demande"),
        "danger": True,
        "back_url": back_url,
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, request_id: int) -> HttpResponse:
    """Ask when, then bring telework to its end: now, or on a last day."""
    user = signed_in(request)
    found = one(queries.requests_visible_to(user), request_id)
    authz.require(permissions.can_end(user, found))
    back_url = showing.page_of(user, found)
    form = EndForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _end(request, user, found, form)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            return redirect(back_url)
    context = {
        "question": _("Mettre fin au télétravail de %(agent)s\u202f?") % {"agent": found.agent},
        "consequence": _("Les accès à distance sont retirés à la fin. Une nouvelle demande reste possible."),
        "yes": _("Mettre fin"),
        "danger": True,
        "back_url": back_url,
        "form": form,
    }
    return render(request, "ui/confirm.html", context)


def _end(request: HttpRequest, user: User, found: Request, form: EndForm) -> None:
    data, now = form.cleaned_data, clock.now()
    if data["last_day"] is None:
        requests.end(actor=user, request=found, reason=data["reason"], now=now)
        messages.success(request, _("Le télétravail est terminé."))
        return
    requests.set_last_day(actor=user, request=found, last_day=data["last_day"], now=now)
    messages.success(request, _("Le télétravail se terminera ce jour-là au soir."))
