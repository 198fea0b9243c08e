"""« Ma semaine habituelle »."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.presence import queries, rules, services
from parvis.portal.presence.forms import WEEKDAYS, PatternForm, initial_halves
from parvis.portal.presence.models import Pattern
from parvis.portal.presence.views.mine import own_agent


def pattern(request: HttpRequest) -> HttpResponse:
    """The usual weeks of the agent, and a form for another one."""
    agent, today = own_agent(request), clock.today()
    alternate = (request.POST if request.method == "POST" else request.GET).get("alternance") == "1"
    patterns = list(queries.patterns_of(agent))
    statuses = queries.statuses()
    offered = [each for each in queries.offered(every=statuses.values()) if each.place is not rules.Place.ABSENT]
    current = next((each for each in patterns if _in_force(each)), None)
    initial = {"starts_date": today} | initial_halves(
        rules.parse_halves(current.halves) if current else (), rules.WEEK * 2
    )
    form = PatternForm(request.POST or None, statuses=offered, alternate=alternate, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.propose_pattern(
                actor=signed_in(request),
                agent=agent,
                starts=form.cleaned_data["starts_date"],
                ends=form.cleaned_data["ends_date"],
                halves=form.halves,
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            waits = saved.state == rules.State.TO_CONFIRM
            messages.success(
                request,
                _("Votre semaine est proposée\u202f: elle vaudra quand votre responsable l’aura confirmée.")
                if waits
                else _("Votre semaine habituelle est enregistrée."),
            )
            return redirect("presence:pattern")
    context = {
        "form": form,
        "alternate": alternate,
        "patterns": [_described(each, statuses) for each in patterns[:20]],
        "today": today,
        "confirms": bool(queries.policy_of(agent.entity).confirms),
    }
    return render(request, "presence/pattern.html", context)


def withdraw(request: HttpRequest, own_pattern_id: int) -> HttpResponse:
    """Ask, then end a usual week of one's own, or take back one that waits."""
    agent = own_agent(request)
    chosen = one(queries.patterns_of(agent).select_related("agent", "agent__entity"), own_pattern_id)
    if request.method == "POST":
        services.withdraw_pattern(actor=signed_in(request), pattern=chosen, now=clock.now())
        messages.success(request, _("Cette semaine habituelle ne vaut plus."))
        return redirect("presence:pattern")
    context = {
        "question": _("Mettre fin à cette semaine habituelle\u202f?"),
        "consequence": _("Les jours passés restent comme ils étaient. Les jours que vous avez déclarés aussi."),
        "yes": _("Mettre fin"),
        "back_url": "../..",
    }
    return render(request, "ui/confirm.html", context)


def _in_force(each: Pattern) -> bool:
    return each.state in (rules.State.DECLARED, rules.State.CONFIRMED)


def _described(each: Pattern, statuses: dict[str, rules.Status]) -> dict[str, object]:
    halves = rules.parse_halves(each.halves)
    weeks = []
    for first in range(0, len(halves), rules.WEEK):
        week = halves[first : first + rules.WEEK]
        days = [
            {"name": WEEKDAYS[day], "am": statuses.get(week[day * 2]), "pm": statuses.get(week[day * 2 + 1])}
            for day in range(7)
            if day < 5 or any(week[day * 2 : day * 2 + 2])
        ]
        name = "" if len(halves) == rules.WEEK else _("Semaines impaires") if first else _("Semaines paires")
        weeks.append({"name": name, "days": days})
    ended = each.ends_date is not None and each.ends_date < clock.today()
    return {"pattern": each, "weeks": weeks, "ended": ended, "holds": _in_force(each) and not ended}
