"""The stage "does my office screen work?": what was found, what is done about it, « Ça marche ? »."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts import passwords, throttle
from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.parc import services as parc
from parvis.portal.parc.models import Computer
from parvis.portal.telework import diagnosis, diagnosis_words, help_queries, path, symptoms
from parvis.portal.telework.diagnosis import Cause, Diagnosis
from parvis.portal.telework.help_forms import TroubleForm
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.rules import Stage
from parvis.portal.telework.services import screen_check
from parvis.portal.telework.views.path import on_stage
from parvis.portal.trust import queries as trust

CHECKS_PER_MINUTE = 10
WHICH = "ordinateur"
"""`?ordinateur=<id>`: which of the agent's computers, where there are several."""
ICONS = {"ok": "circle-check", "failed": "circle-x", "doing": "loader-2", "unknown": "circle-dot"}
PASSWORD_CAUSES = frozenset({Cause.PASSWORD_EXPIRED, Cause.PASSWORD_WRONG, Cause.SIGN_IN_REFUSED})


@require_safe
@never_cache
@on_stage(Stage.COMPUTER)
def computer(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """The page of the stage."""
    return render(request, "telework/computer.html", _context(request, enrolment))


@require_safe
@never_cache
@on_stage(Stage.COMPUTER)
def state(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """The part that is asked again by itself; nothing (204) while nothing has changed, so that nobody is disturbed."""
    if "HX-Request" not in request.headers:
        return redirect("telework:computer")
    context = _context(request, enrolment)
    if request.GET.get("vu") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "telework/computer_state.html", context)


@require_POST
@on_stage(Stage.COMPUTER)
def check(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """« Vérifier mon ordinateur »: look at everything, repair what can be."""
    user = signed_in(request)
    throttle.hit("telework-screen-check", str(user.pk), limit=CHECKS_PER_MINUTE, seconds=60)
    chosen = _chosen(request.POST.get(WHICH), symptoms.computers_of(enrolment))
    if chosen is None:
        # A computer may have been assigned a moment ago: its right is given, then there is one to look at.
        screen_check.give_missing_right(enrolment=enrolment, now=clock.now())
        screen_check.note_failure(enrolment=enrolment, cause=Cause.NO_COMPUTER, now=clock.now())
        return redirect("telework:computer")
    screen_check.start(actor=user, enrolment=enrolment, computer=chosen, now=clock.now(), trusted=_is_trusted(request))
    return redirect(_page_of(chosen))


@require_POST
@on_stage(Stage.COMPUTER)
def works(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """« Oui, ça marche »."""
    chosen = _required(request, enrolment)
    try:
        screen_check.confirm(actor=signed_in(request), enrolment=enrolment, computer=chosen, now=clock.now())
    except Conflict as problem:
        messages.warning(request, f"{problem.message} {problem.advice}".strip())
        return redirect(_page_of(chosen))
    messages.success(request, _("Parfait. Cette étape est faite."))
    return redirect("telework:path")


@require_http_methods(["GET", "HEAD", "POST"])
@on_stage(Stage.COMPUTER)
def trouble(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """« Non »: what the agent sees, chosen from a few answers; each has its way out."""
    chosen = _required(request, enrolment)
    form = TroubleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            screen_check.say(
                actor=signed_in(request),
                enrolment=enrolment,
                computer=chosen,
                cause=form.cleaned_data["cause"],
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            return redirect(_page_of(chosen))
    context = {"form": form, "computer": chosen, "steps": path.steps_of(enrolment), "back_url": _page_of(chosen)}
    return render(request, "telework/computer_trouble.html", context, status=422 if form.errors else 200)


def _context(request: HttpRequest, enrolment: Enrolment) -> dict[str, Any]:
    now = clock.now()
    computers = symptoms.computers_of(enrolment)
    chosen = _chosen(request.GET.get(WHICH), computers)
    if chosen is not None and chosen.address:
        parc.request_check(computer=chosen, now=now)  # somebody may switch it on: the page sees it by itself
    _seen, found = symptoms.of(enrolment, chosen, now, trusted=_is_trusted(request))
    if found.works:
        screen_check.notice(enrolment=enrolment, now=now)
    call = help_queries.open_call_of(enrolment)
    passed = path_has_passed(enrolment)
    return {
        "enrolment": enrolment,
        "steps": path.steps_of(enrolment),
        "computer": chosen,
        "computers": computers,
        "found": found,
        "words": diagnosis_words.WORDS[found.cause],
        "checks": [(each, diagnosis_words.STEPS[each.step], ICONS[each.state]) for each in found.checks],
        "passed": passed,
        "asks": _asks(found, passed),
        "refresh_seconds": 2 if found.under_way else 5,
        "call": call,
        "answer": None if call else help_queries.last_answer_of(enrolment),
        "starts": symptoms.right_starts(enrolment, chosen, now)
        if chosen is not None and found.cause is Cause.RIGHT_NOT_STARTED
        else None,
        "password_elsewhere": _password_elsewhere(request, found),
        "which": WHICH,
        "seen": _digest(found, chosen, passed, call.state if call else ""),
        "help_contact": settings.PARVIS.help_contact,
    }


def path_has_passed(enrolment: Enrolment) -> bool:
    """Whether the stage of the screen is behind this agent."""
    return enrolment.tries.filter(stage=Stage.COMPUTER).exclude(outcome="failed").exists()


def _asks(found: Diagnosis, passed: bool) -> bool:
    """Whether to ask « Ça marche ? »: the screen was opened, and what came of it is not certain."""
    if passed:
        return False
    return found.cause in diagnosis.SAYABLE or found.cause in _UNCERTAIN


_UNCERTAIN = frozenset({Cause.OPENING, Cause.PROTOCOL})


def _password_elsewhere(request: HttpRequest, found: Diagnosis) -> str:
    """Where the agent changes their Windows password, where the portal knows it."""
    return str(passwords.kept_elsewhere(signed_in(request))) if found.cause in PASSWORD_CAUSES else ""


def _digest(found: Diagnosis, chosen: Computer | None, passed: bool, call: str) -> str:
    shown = f"{found.cause}|{chosen.pk if chosen else 0}|{passed}|{call}"
    return hashlib.sha256(shown.encode()).hexdigest()[:12]


def _is_trusted(request: HttpRequest) -> bool:
    return bool(trust.screen_of(trust.trust_of(request)).decision)


def _chosen(asked: str | None, computers: list[Computer]) -> Computer | None:
    """The one asked for if it is theirs, else the first.

    Raises:
        NotFound: another's.
    """
    if not asked:
        return computers[0] if computers else None
    found = next((each for each in computers if str(each.pk) == asked), None)
    if found is None:
        raise NotFound
    return found


def _required(request: HttpRequest, enrolment: Enrolment) -> Computer:
    asked = request.POST.get(WHICH) or request.GET.get(WHICH)
    found = _chosen(asked, symptoms.computers_of(enrolment))
    if found is None:
        raise NotFound
    return found


def _page_of(chosen: Computer) -> str:
    return f"{reverse('telework:computer')}?{WHICH}={chosen.pk}"
