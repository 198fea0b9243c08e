"""Plans are asked for, looked for by the worker, stopped, chosen, thrown away.

The row of a scenario is the talk between the page and the worker: the worker takes it with a conditional UPDATE, writes
how far it is (`beat_at`, `progress_gap`), and reads there whether somebody wants it to stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, TooMany
from parvis.portal.rollout import building, permissions, queries, tasks
from parvis.portal.rollout.models import Campaign, Planned, Scenario
from parvis.portal.rollout.planning import explain, solve
from parvis.portal.rollout.planning.problem import Plan, Problem, Resource
from parvis.portal.rollout.rules import PLAN_BUSY, PLAN_USABLE
from parvis.portal.rollout.services import members
from parvis.portal.rollout.services.campaigns import require_open

log = structlog.get_logger("parvis.rollout")

MOST = 60
"""Plans of one campaign."""
MOST_BUSY = 3
"""Looked for at once for one campaign."""
MOST_CHANGE = 10**7
SECONDS = 60.0
"""The search ends by then with the best it has."""
BEAT_SECONDS = 1.0
DEAD_AFTER = timedelta(minutes=2)
"""A search that has not said anything for so long is dead: it says so every second while it searches."""
GIVEN_UP_AFTER = timedelta(hours=1)
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan is asked with."""

    name: str = ""
    changes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    keeps_plan: bool = True


@transaction.atomic
def ask(*, actor: User, campaign: Campaign, asked: Asked, now: datetime) -> Scenario:
    """A plan for the campaign as it is now; the worker looks for it.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it has ended.
        Invalid: nobody to plan, or a change that makes no sense.
        TooMany: plans are being looked for already, or there are too many.
    """
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    changes = _checked(campaign, asked.changes)
    plans = campaign.scenarios.all()
    if plans.count() >= MOST:
        raise TooMany(_("Cette campagne a déjà trop de plans\u202f: supprimez-en."), code="too_many_plans")
    if plans.filter(state__in=PLAN_BUSY).count() >= MOST_BUSY:
        raise TooMany(_("Des plans sont déjà en cours de calcul\u202f: attendez leur résultat."), code="plans_busy")
    members.refresh(campaign=campaign, now=now)
    people = queries.planned_members(campaign).count()
    if not people:
        raise Invalid(
            _("Il n’y a personne à équiper."), code="nobody", advice=_("Ajoutez d’abord des agents à la campagne.")
        )
    scenario = Scenario.objects.create(
        campaign=campaign,
        name=asked.name.strip()[:100] or _("Plan %(n)s") % {"n": plans.count() + 1},
        changes=changes,
        keeps_plan=asked.keeps_plan,
        people=people,
        asked_at=now,
        asked_by=actor,
    )
    data = {"campaign": campaign.pk, "people": people, "changes": changes}
    audit.record(actor=actor, action="rollout.plan_asked", target=scenario, now=now, data=data)
    tasks.solve.enqueue(scenario.pk)
    return scenario


def _checked(campaign: Campaign, changes: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    limited = set(campaign.offers.values_list("resource", flat=True))
    found: dict[str, dict[str, float]] = {}
    for resource, by_week in changes.items():
        if resource not in set(Resource) or resource not in limited:
            raise Invalid(
                _("Cette ressource n’est pas limitée dans la campagne\u202f: en changer ne change rien."),
                code="not_limited",
            )
        for week, units in by_week.items():
            known = week == building.EVERY_WEEK or (week.isdecimal() and int(week) < campaign.weeks)
            if not known or not abs(units) <= MOST_CHANGE:
                raise Invalid(code="out_of_range")
        found[resource] = {week: float(units) for week, units in by_week.items() if units}
    return {resource: by_week for resource, by_week in found.items() if by_week}


@transaction.atomic
def stop(*, actor: User, scenario: Scenario, now: datetime) -> None:
    """Search no more; the best plan so far is kept.

    Raises:
        NotAllowed: not of the IT team of its campaign.
        Conflict: it is not being looked for.
    """
    require(permissions.can_manage(actor, scenario.campaign.entity))
    here = Scenario.objects.filter(pk=scenario.pk)
    stopped = here.filter(state=Scenario.State.WAITING).update(state=Scenario.State.STOPPED, solved_at=now)
    if not stopped and not here.filter(state=Scenario.State.SOLVING).update(stop_asked=True):
        raise Conflict(_("Ce calcul est déjà terminé."), code="plan_done")
    audit.record(actor=actor, action="rollout.plan_stopped", target=scenario, now=now)


@transaction.atomic
def choose(*, actor: User, scenario: Scenario, now: datetime) -> None:
    """The campaign follows this plan from now on.

    Raises:
        NotAllowed: not of the IT team of its campaign.
        Conflict: no plan came of it, the campaign has ended, or waves were published that it does not know.
    """
    campaign = scenario.campaign
    require(permissions.can_manage(actor, campaign.entity))
    require_open(campaign)
    _require_in_step(scenario)
    plans = Scenario.objects.filter(campaign=campaign)
    try:
        with transaction.atomic():
            plans.filter(is_chosen=True).exclude(pk=scenario.pk).update(is_chosen=False)
            taken = plans.filter(pk=scenario.pk, state__in=PLAN_USABLE, served__gt=0).update(is_chosen=True)
    except IntegrityError:
        raise Conflict(_("Un autre plan vient d’être choisi."), code="other_plan_chosen") from None
    if not taken:
        raise Conflict(_("Ce calcul n’a pas donné de plan."), code="no_plan")
    scenario.is_chosen = True
    data = {"campaign": campaign.pk, "served": scenario.served}
    audit.record(actor=actor, action="rollout.plan_chosen", target=scenario, now=now, data=data)


def _require_in_step(scenario: Scenario) -> None:
    """Published waves are as the plan has them.

    Raises:
        Conflict: a wave was published since.
    """
    campaign = scenario.campaign
    weeks = dict(scenario.planned.values_list("member_id", "week"))
    places = {place.member_id: place.wave.week for place in queries.live_places(campaign)}
    published = queries.published_weeks(campaign)
    moved = any(weeks.get(member) != min(week, campaign.weeks - 1) for member, week in places.items())
    joined = any(week in published for member, week in weeks.items() if member not in places)
    if moved or joined:
        raise Conflict(
            _("Ce plan date d’avant l’annonce d’une vague\u202f: il n’en tient pas compte."),
            code="plan_out_of_step",
            advice=_("Demandez un nouveau calcul\u202f: les vagues annoncées n’y bougent pas."),
        )


@transaction.atomic
def delete(*, actor: User, scenario: Scenario, now: datetime) -> None:
    """Throw a plan away; not the chosen one, nor one under way.

    Raises:
        NotAllowed: not of the IT team of its campaign.
        Conflict: it is the chosen one, or being looked for.
    """
    require(permissions.can_manage(actor, scenario.campaign.entity))
    data = {"campaign": scenario.campaign_id}
    audit.record(actor=actor, action="rollout.plan_deleted", target=scenario, now=now, data=data)
    idle = Scenario.objects.filter(pk=scenario.pk, is_chosen=False).exclude(state__in=PLAN_BUSY)
    if not idle.delete()[0]:
        raise Conflict(_("Le plan suivi, ou en cours de calcul, ne se supprime pas."), code="plan_in_use")


# The worker's side


class _Lost(Exception):
    """Another worker has taken the search over, or it has ended."""


def search(scenario: Scenario, *, seconds: float = SECONDS) -> None:
    """Look for the plan and write it down. No transaction is open. Harmless while another worker is at it."""
    now = clock.now()
    free = Q(state=Scenario.State.WAITING) | Q(state=Scenario.State.SOLVING, beat_at__lt=now - DEAD_AFTER)
    mine = Scenario.objects.filter(free, pk=scenario.pk)
    if not mine.update(state=Scenario.State.SOLVING, started_at=now, beat_at=now, progress_gap=None):
        return
    scenario.started_at = now
    watch = Watch(scenario)
    try:
        _search(scenario, watch, seconds)
    except _Lost:
        log.info("plan_taken_over", scenario=scenario.pk)
    except Exception:
        log.exception("plan_failed", scenario=scenario.pk)
        _end(scenario, Scenario.State.FAILED)


class Watch:
    """What HiGHS tells now and then, written to the scenario at most once a second; whether to go on."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.stopped = False
        self._last = -BEAT_SECONDS

    def __call__(self, progress: solve.Progress) -> bool:
        """See `solve.Watch`. A database that does not answer stops nothing."""
        if progress.seconds - self._last < BEAT_SECONDS:
            return not self.stopped
        self._last = progress.seconds
        try:
            beaten = _mine(self.scenario).update(beat_at=clock.now(), progress_gap=progress.gap)
            # Taken over by another worker: nothing to go on for. Stopped: what is found is kept.
            asked = not beaten or _mine(self.scenario).filter(stop_asked=True).exists()
        except Exception:
            log.warning("plan_progress_not_written", scenario=self.scenario.pk)
            return True
        self.stopped = asked
        return not asked


def _mine(scenario: Scenario) -> QuerySet[Scenario]:
    """The row, as long as this search has it."""
    return Scenario.objects.filter(pk=scenario.pk, state=Scenario.State.SOLVING, started_at=scenario.started_at)


def _search(scenario: Scenario, watch: Watch, seconds: float) -> None:
    campaign = scenario.campaign
    problem = building.problem_of(campaign, scenario.changes, clock.now(), keeps_plan=scenario.keeps_plan)
    try:
        plan = solve.solve(problem, seconds=seconds, watch=watch)
    except solve.DoesNotFit:
        lacking = _lacking(problem, everybody=False)
        findings = building.findings_of([], [], lacking, building.never(problem))
        _end(scenario, Scenario.State.DOES_NOT_FIT, findings=findings, people=len(problem.people))
        return
    except TimeoutError:
        _end(scenario, Scenario.State.STOPPED if watch.stopped else Scenario.State.FAILED)
        return
    _keep(scenario, problem, plan, stopped=watch.stopped)


def _keep(scenario: Scenario, problem: Problem, plan: Plan, *, stopped: bool) -> None:
    _beat(scenario)
    uses = explain.uses(problem, plan)
    bought = explain.one_more(problem)
    _beat(scenario)
    lacking = _lacking(problem, everybody=True) if len(plan.weeks) < len(problem.people) else []
    figures = building.figures_of(problem, plan)
    with transaction.atomic():
        _end(
            scenario,
            Scenario.State.STOPPED if stopped else Scenario.State.SOLVED,
            seconds=round(plan.seconds, 2),
            gap=max(plan.gap, 0.0) if plan.gap < 1e6 else None,
            people=len(problem.people),
            served=figures.served,
            weeks_won=figures.weeks_won,
            teams_split=figures.teams_split,
            moved=figures.moved,
            findings=building.findings_of(uses, bought, lacking, building.never(problem)),
        )
        _write_weeks(scenario, plan)


def _lacking(problem: Problem, *, everybody: bool) -> list[explain.Lack]:
    """What lacks; nothing is said where that is not found in time: the plan is worth showing without."""
    try:
        return explain.lacking(problem, everybody=everybody)
    except TimeoutError:
        log.warning("plan_lack_not_found")
        return []


def _write_weeks(scenario: Scenario, plan: Plan) -> None:
    # Who was removed from the campaign while the search went on has no row any more.
    there = set(scenario.campaign.members.values_list("pk", flat=True))
    rows: Sequence[Planned] = [
        Planned(scenario=scenario, member_id=member, week=week)
        for member, week in plan.weeks.items()
        if member in there
    ]
    Planned.objects.bulk_create(rows, batch_size=BATCH)


def _beat(scenario: Scenario) -> None:
    if not _mine(scenario).update(beat_at=clock.now()):
        raise _Lost


def _end(scenario: Scenario, state: str, **values: object) -> None:
    if not _mine(scenario).update(state=state, solved_at=clock.now(), **values):
        raise _Lost


def sweep(*, now: datetime) -> int:
    """Searches a lost worker left are taken up again, or given up after an hour; how many."""
    lost = Scenario.objects.filter(state=Scenario.State.SOLVING, beat_at__lt=now - DEAD_AFTER)
    old = Scenario.objects.filter(state__in=PLAN_BUSY, asked_at__lt=now - GIVEN_UP_AFTER)
    given_up = old.filter(Q(beat_at=None) | Q(beat_at__lt=now - DEAD_AFTER))
    count = given_up.update(state=Scenario.State.FAILED, solved_at=now)
    for key in lost.values_list("pk", flat=True):
        tasks.solve.enqueue(key)
        count += 1
    return count
