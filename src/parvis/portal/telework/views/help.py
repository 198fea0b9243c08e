"""Asking for help on the enrolment path: what is sent is shown first; then who looks at it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts import throttle
from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc.models import Computer
from parvis.portal.telework import enrolment_queries, help_facts, help_queries, path, path_wording, rules, symptoms
from parvis.portal.telework.diagnosis import Diagnosis
from parvis.portal.telework.help_forms import HelpForm
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.rules import Stage
from parvis.portal.telework.services import help as services

CALLS_PER_HOUR = 10


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """What would be sent, then the call; how it stands, once it is sent."""
    user, now = signed_in(request), clock.now()
    enrolment = enrolment_queries.path_of_user(user)
    if enrolment is None:
        return redirect("telework:path")
    computer, found = _about(request, enrolment)
    form = HelpForm(request.POST if request.method == "POST" else None)
    facts = help_facts.gather(enrolment, computer, found, request, now)
    if form.is_valid():
        throttle.hit("telework-help", str(user.pk), limit=CALLS_PER_HOUR, seconds=3600)
        services.call(
            actor=user,
            enrolment=enrolment,
            now=now,
            message=form.cleaned_data["message"],
            computer=computer,
            code=found.cause.value if found is not None and found.is_obstacle else "",
            facts=facts,
        )
        messages.success(request, _("Votre demande est envoyée. L’équipe informatique s’en occupe."))
        return redirect("telework:help")
    context = {
        "enrolment": enrolment,
        "steps": path.steps_of(enrolment),
        "stage": path_wording.STAGES[Stage(enrolment.stage)],
        "computer": computer,
        "lines": help_facts.lines(facts),
        "form": form,
        "call": help_queries.open_call_of(enrolment),
        "answer": help_queries.last_answer_of(enrolment),
        "help_contact": settings.PARVIS.help_contact,
    }
    return render(request, "telework/help.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """It is settled by itself."""
    user = signed_in(request)
    enrolment = enrolment_queries.path_of_user(user)
    call = help_queries.open_call_of(enrolment) if enrolment is not None else None
    if call is None:
        raise NotFound
    services.withdraw(actor=user, call=call, now=clock.now())
    messages.success(request, _("Votre demande d’aide est annulée."))
    return redirect("telework:path")


def _about(request: HttpRequest, enrolment: Enrolment) -> tuple[Computer | None, Diagnosis | None]:
    """The computer it is about and what was found, where the screen is what the agent is stuck at."""
    if enrolment.level != rules.LEVEL_2 or path.is_ahead(enrolment, Stage.COMPUTER):
        return None, None
    computers = symptoms.computers_of(enrolment)
    asked = request.POST.get("ordinateur") or request.GET.get("ordinateur")
    if not asked and enrolment.stage != Stage.COMPUTER:
        return None, None
    computer = next((each for each in computers if str(each.pk) == asked), computers[0] if computers else None)
    return computer, symptoms.of(enrolment, computer, clock.now())[1]
