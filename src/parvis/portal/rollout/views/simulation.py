"""The same rollout by hand and with Parvis, with the authority's own numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz
from parvis.portal.rollout import permissions
from parvis.portal.rollout.simulation import measured, report, wording
from parvis.portal.rollout.simulation.assumptions import Assumptions, Source
from parvis.portal.rollout.simulation.figures import DAYS, WORLDS, Comparison, compare
from parvis.portal.rollout.simulation_form import SimulationForm
from parvis.portal.telework.enrolment_queries import enrolments_visible_to

PEOPLE_PLAYED = 3_500
"""People times draws: what a page may wait for. The command plays more."""
MOST_DRAWS = 5
KEPT_SECONDS = 3600
SHOWN = (
    "minutes_each", "hours", "without_technician", "calls", "answer_slow", "wait_half", "wait_nine", "last_day"
)  # fmt: skip


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The interview's numbers, or those of the form."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    form = SimulationForm(request.GET if "people" in request.GET else None)
    given = Assumptions().but(measured.numbers(enrolments_visible_to(user)), Source.MEASURED)
    asked = form.numbers() if form.is_valid() else {}
    shows = not form.is_bound or form.is_valid()
    context = {"form": form, **(_shown(_played(given.but(asked))) if shows else {})}
    return render(request, "rollout/simulation.html", context)


def _played(given: Assumptions) -> Comparison:
    """The comparison, kept for an hour: the same numbers give the same figures."""
    numbers = sorted((name, each.value, each.source.value) for name, each in given.numbers.items())
    key = f"rollout-simulation-{hashlib.sha256(repr(numbers).encode()).hexdigest()}"
    draws = max(1, min(MOST_DRAWS, PEOPLE_PLAYED // int(given["people"])))
    kept = cache.get(key)
    if isinstance(kept, Comparison):
        return kept
    found = compare(given, draws=draws, seed=1, vary=False)
    cache.set(key, found, KEPT_SECONDS)
    return found


def _shown(found: Comparison) -> Mapping[str, object]:
    days = [
        (report.day_title(day), [report.working(each, day, found.given["before"]) for each in found.results.values()])
        for day in DAYS
    ]
    return {
        "found": found,
        "worlds": [wording.WORLDS[name] for name in WORLDS],
        "measures": [
            (wording.MEASURES[name], [report.said(each, name) for each in found.results.values()]) for name in SHOWN
        ],
        "days": days,
        "numbers": [
            (wording.SAYS[name], report.quantity(each), wording.SOURCES[each.source])
            for name, each in found.given.numbers.items()
        ],
        "left_out": wording.LEFT_OUT,
        "is_measured": any(each.source == Source.MEASURED for each in found.given.numbers.values()),
    }
