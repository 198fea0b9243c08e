"""The same rollout by hand and with Parvis, with the authority's own numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz
from parvis.portal.rollout import permissions, plots
from parvis.portal.rollout.simulation import measured, report, wording
from parvis.portal.rollout.simulation.assumptions import Assumptions, Source
from parvis.portal.rollout.simulation.figures import DAYS, Comparison, compare
from parvis.portal.rollout.simulation_form import SimulationForm
from parvis.portal.telework.enrolment_queries import enrolments_visible_to

PEOPLE_PLAYED = 3_500
"""People times draws: what a page may wait for. The command plays more."""
MOST_DRAWS = 5
KEPT_SECONDS = 3600
COLOURS = {"hand": "orange", "parvis": "blue"}
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


def _drawn(found: Comparison) -> tuple[plots.Plot, plots.Plot]:
    """Who works at the end of each day, by hand and with Parvis, for a desk and for a phone."""
    before = found.given["before"]
    series = [
        plots.Line(
            str(words), COLOURS[name], [round(before + found.results[name].figures[f"day_{day}"].mean) for day in DAYS]
        )
        for name, words in wording.WORLDS.items()
    ]
    title = _("Agents qui travaillent à distance, à la fin de chaque jour ouvré")
    return plots.for_both([report.day_title(day) for day in DAYS], series, title)


def _shown(found: Comparison) -> Mapping[str, object]:
    worlds = list(wording.WORLDS.items())
    days = [
        (day, [(words, report.working(found.results[name], day, found.given["before"])) for name, words in worlds])
        for day in DAYS
    ]
    return {
        "found": found,
        "worlds": [words for _name, words in worlds],
        "measures": [
            (wording.MEASURES[measure], [(words, report.said(found.results[name], measure)) for name, words in worlds])
            for measure in SHOWN
        ],
        "days": [(report.day_title(day), cells) for day, cells in days],
        "plots": _drawn(found),
        "numbers": [
            (wording.SAYS[name], report.quantity(each), wording.SOURCES[each.source])
            for name, each in found.given.numbers.items()
        ],
        "left_out": wording.LEFT_OUT,
        "is_measured": any(each.source == Source.MEASURED for each in found.given.numbers.values()),
    }
