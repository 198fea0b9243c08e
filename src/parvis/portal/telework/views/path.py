"""The enrolment path: one page that leads on, the connection check, the guide. Left and taken up on any device."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts import throttle
from parvis.portal.directory.access import signed_in
from parvis.portal.equipment import first_steps
from parvis.portal.kernel import clock
from parvis.portal.telework import enrolment_queries, path, path_rules, path_wording, rules, wording
from parvis.portal.telework.models import Enrolment
from parvis.portal.telework.path_forms import MeasureForm
from parvis.portal.telework.rules import Quality, Stage
from parvis.portal.telework.services import documents
from parvis.portal.telework.services import enrolment as services
from parvis.portal.trust import queries as trust
from parvis.portal.trust.rules import NetworkKind

SAMPLE_BYTES = 2 * 2**20
_sample = os.urandom(SAMPLE_BYTES)
"""What is downloaded to measure a line: noise, which nothing on the way makes smaller."""

SAMPLES, SAMPLES_SECONDS = 30, 600
"""Downloads a person may ask for, and within how long: measuring again is welcome, filling the line is not."""

View = Callable[[HttpRequest, Enrolment], HttpResponse]


def on_stage(stage: Stage) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """For the pages of a stage: gives them the user's enrolment, or sends to the path what does not come yet."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            enrolment = enrolment_queries.path_of_user(signed_in(request))
            if enrolment is None or enrolment.started_at is None or path.is_ahead(enrolment, stage):
                return redirect("telework:path")
            return view(request, enrolment)

        return guarded

    return decorate


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Where one stands, and the next stage. Opening it begins the path."""
    user = signed_in(request)
    enrolment = enrolment_queries.path_of_user(user)
    if enrolment is None:
        return render(request, "telework/path/none.html")
    if enrolment.stage == Stage.FACTOR and request.method == "GET":
        services.begin(enrolment=enrolment, now=clock.now(), actor=user)
    waiting = documents.waiting_for(enrolment.agent) if enrolment.finished_at is None else []
    if waiting:  # a campaign opens telework to who has accepted nothing yet: the texts come first
        return redirect("telework:accept", text_id=waiting[0].document.pk)
    steps = path.steps_of(enrolment)
    context = {
        "enrolment": enrolment,
        "steps": steps,
        "now": next((step for step in steps if step.is_now), None),
        "left": sum(step.words.minutes for step in steps if not step.is_done),
        "stopped_by": path_wording.stopped_by(enrolment.blocked_code),
        "days": wording.days(enrolment.request.days),
        "screen": enrolment.level == rules.LEVEL_2,
    }
    return render(request, "telework/path/path.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@on_stage(Stage.CONNECTION)
def connection(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """The check of the connection; what the page measured comes back as a form."""
    if request.method == "POST":
        form = MeasureForm(request.POST)
        if form.is_valid():
            at_office = trust.trust_of(request).kind is NetworkKind.OFFICE
            services.measured(
                enrolment=enrolment,
                measure=form.measure(),
                now=clock.now(),
                actor=signed_in(request),
                at_office=at_office,
            )
        else:
            messages.error(request, _("La mesure n’a pas abouti. Recommencez."))
        return redirect("telework:connection")
    context = {
        "enrolment": enrolment,
        "steps": path.steps_of(enrolment),
        "form": MeasureForm(),
        "gateway": settings.PARVIS.gateway_origin,
        **_result(enrolment),
    }
    return render(request, "telework/path/connection.html", context)


def _result(enrolment: Enrolment) -> dict[str, object]:
    """What was found the last time, if anything was."""
    here = enrolment.stage == Stage.CONNECTION
    stumble = next((each for each in path_rules.Stumble if here and each == enrolment.blocked_code), None)
    if stumble is not None:
        said = path_wording.STUMBLES[stumble]
    elif enrolment.line_quality in path_wording.QUALITIES:
        said = path_wording.QUALITIES[Quality(enrolment.line_quality)]
    else:
        return {"said": None, "passed": not here}
    return {
        "said": said,
        "passed": not here,
        "passable": stumble in path_rules.PASSABLE,
        "stumble": stumble,
        "speed": path_wording.speed(enrolment.down_kbps),
        "delay": path_wording.delay(enrolment.latency_ms),
    }


@require_safe
@on_stage(Stage.CONNECTION)
def sample(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """Two megabytes of noise.

    Raises:
        TooMany: measured again and again within a few minutes.
    """
    throttle.hit("telework-sample", str(enrolment.pk), limit=SAMPLES, seconds=SAMPLES_SECONDS)
    return _not_kept(HttpResponse(_sample, content_type="application/octet-stream"))


@require_safe
def ping(request: HttpRequest) -> HttpResponse:
    """Nothing, at once."""
    return _not_kept(HttpResponse(status=204))


def _not_kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@on_stage(Stage.CONNECTION)
def go_on(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """Go on with a line that is slow, or was measured at the office."""
    services.go_on_anyway(enrolment=enrolment, now=clock.now(), actor=signed_in(request))
    return redirect("telework:path")


@require_POST
@on_stage(Stage.CONNECTION)
def too_old(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """The measure does not start: the browser is told to be the reason."""
    services.browser_too_old(enrolment=enrolment, now=clock.now(), actor=signed_in(request))
    return redirect("telework:connection")


@require_http_methods(["GET", "HEAD", "POST"])
@on_stage(Stage.GUIDE)
def guide(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    """A day of telework; « J’ai lu » ends the path."""
    if request.method == "POST":
        services.finish(enrolment=enrolment, now=clock.now(), actor=signed_in(request))
        return redirect("telework:path")
    context = {
        "enrolment": enrolment,
        "steps": path.steps_of(enrolment),
        "screen": enrolment.level == rules.LEVEL_2,
        "days": wording.days(enrolment.request.days),
        "period": wording.period(enrolment.request),
        "helpers": first_steps.of(enrolment.agent, clock.today()).helpers,
        "resume_minutes": settings.PARVIS.resume_minutes,
    }
    return render(request, "telework/path/guide.html", context)
