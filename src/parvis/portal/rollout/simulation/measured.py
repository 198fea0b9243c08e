"""The numbers that the real enrolments of this portal give, where there are enough of them."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db.models import F, QuerySet

from parvis.portal.kernel import clock
from parvis.portal.rollout.simulation.assumptions import STAGES
from parvis.portal.rollout.simulation.figures import quantile
from parvis.portal.telework.models import Enrolment, HelpCall, Try

Span = tuple[datetime | None, datetime | None]

ENOUGH = 30
"""Fewer say nothing."""
MOST_ROWS = 20_000
"""The newest are read."""
LONGEST_STAGE = 3600
"""Seconds. Longer, and they had left and come back: no measure of the stage."""
LONGEST_HELP = 240.0
"""Minutes. Longer, and the call was left open."""
MOST_SPREAD = 1.5
"""Of taking up: one in six takes more than four times the median. Beyond, two kinds of people are mixed, no bell."""
OPENS, CLOSES = time(9), time(17)
"""The working day, 480 minutes as in the simulation."""


@dataclass(slots=True)
class _Stage:
    seconds: list[int] = field(default_factory=list)
    stumbled: set[int] = field(default_factory=set)
    helped: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)


def numbers(enrolments: QuerySet[Enrolment] | None = None) -> dict[str, float]:
    """Assumptions that measures replace, by name; without those there is not enough of. None: of all enrolments."""
    seen = Enrolment.objects.all() if enrolments is None else enrolments.order_by()
    here = {} if enrolments is None else {"enrolment__in": seen.values("pk")}
    tries = Try.objects.filter(**here).order_by("-at", "-pk").values_list("enrolment_id", "stage", "outcome", "seconds")
    calls = HelpCall.objects.filter(taken_at__isnull=False, closed_at__gt=F("taken_at"), **here).order_by("-closed_at")
    begun = seen.filter(started_at__gte=F("invited_at")).order_by("-invited_at")
    return (
        of_stages(tries[:MOST_ROWS])
        | of_help(calls.values_list("taken_at", "closed_at")[:MOST_ROWS])
        | of_takeup(begun.values_list("invited_at", "started_at")[:MOST_ROWS])
    )


def of_stages(tries: Iterable[tuple[int, str, str, int]]) -> dict[str, float]:
    """How long stages take and who stumbles, from (enrolment, stage, outcome, seconds)."""
    stages: dict[str, _Stage] = defaultdict(_Stage)
    for enrolment, name, outcome, seconds in tries:
        stage = stages[name]
        if outcome == Try.Outcome.FAILED:
            stage.stumbled.add(enrolment)
            continue
        stage.passed.add(enrolment)
        if outcome == Try.Outcome.HELPED:
            stage.helped.add(enrolment)
        elif seconds:
            stage.seconds.append(seconds)
    found: dict[str, float] = {}
    spreads = []
    for name in STAGES:
        stage = stages[name]
        everybody, stumbled = stage.passed | stage.stumbled, stage.stumbled | stage.helped
        if len(everybody) >= ENOUGH:
            found[f"{name}_fails"] = len(stumbled) / len(everybody)
        if len(out := stumbled & stage.passed) >= ENOUGH:
            found[f"{name}_alone"] = len(out - stage.helped) / len(out)
        if len(taken := [each for each in stage.seconds if each <= LONGEST_STAGE]) >= ENOUGH:
            found[f"{name}_time"] = statistics.median(taken)
            spreads.append(_spread(taken))
    return found | ({"stage_spread": statistics.median(spreads)} if spreads else {})


def of_help(calls: Iterable[Span]) -> dict[str, float]:
    """How long a help call takes a technician, from (taken, closed)."""
    minutes = [(closed - taken).total_seconds() / 60 for taken, closed in calls if taken and closed]
    minutes = [each for each in minutes if each <= LONGEST_HELP]
    return {"ours_help": statistics.fmean(minutes)} if len(minutes) >= ENOUGH else {}


def of_takeup(begun: Iterable[Span]) -> dict[str, float]:
    """How long people take to follow their invitation, from (invited, started). What is measured has no late ones."""
    minutes = [max(1.0, worked_minutes(invited, started)) for invited, started in begun if invited and started]
    if len(minutes) < ENOUGH:
        return {}
    return {"takeup": statistics.median(minutes), "takeup_spread": _late_spread(minutes), "takeup_late": 0.0}


def worked_minutes(since: datetime, until: datetime) -> float:
    """Minutes of working days, 9 to 17 h from Monday to Friday, between two instants."""
    since, until = since.astimezone(clock.PARIS), until.astimezone(clock.PARIS)
    total, day = 0.0, since.date()
    while day <= until.date():
        if day.weekday() < 5:
            opens, closes = (datetime.combine(day, hour, tzinfo=since.tzinfo) for hour in (OPENS, CLOSES))
            total += max(0.0, (min(until, closes) - max(since, opens)).total_seconds() / 60)
        day += timedelta(days=1)
    return total


def _late_spread(values: Sequence[float]) -> float:
    """The same, from the later half alone, and bounded.

    Whoever begins in the evening has waited no working minute at all: in the middle half, that many of one minute
    would read as a spread in which the last of seven hundred takes years.
    """
    logs = sorted(math.log(each) for each in values)
    return min((quantile(logs, 0.75) - quantile(logs, 0.5)) / 0.6745, MOST_SPREAD)


def _spread(values: Sequence[float]) -> float:
    """Standard deviation of the logarithm, from the middle half: what was left open for hours does not count."""
    logs = sorted(math.log(each) for each in values if each > 0)
    return (quantile(logs, 0.75) - quantile(logs, 0.25)) / 1.349
