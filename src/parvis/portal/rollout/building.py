"""From a campaign to the planner's problem, and from what the planner says to what a scenario keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from parvis.portal.rollout import queries
from parvis.portal.rollout.models import Campaign, Member, Planned
from parvis.portal.rollout.planning.explain import Bought, Lack, Use
from parvis.portal.rollout.planning.problem import LASTING, Person, Plan, Problem, Resource
from parvis.portal.rollout.rules import SUPPORT_MINUTES, WEIGHTS
from parvis.portal.telework.rules import LEVEL_2

Changes = Mapping[str, Mapping[str, float]]
"""What differs from the campaign's offers: resource → week or `all` → units more or less."""
EVERY_WEEK = "all"
STABILITY = 3.0
"""What moving somebody away from the chosen plan costs: more than a week won by anybody but the essential, more than
keeping a team together; less than leaving anybody out."""
MOST_BOUGHT = 40
"""Rows of « one more » that are kept: the most useful."""


def problem_of(campaign: Campaign, changes: Changes, now: datetime, *, keeps_plan: bool = True) -> Problem:
    """What the planner is asked; keys are those of members. Six queries, whatever the number of members.

    Who has a place in a published wave is pinned to its week; nobody else is planned in a week that is over or
    published. `keeps_plan`: moving away from the chosen plan costs.
    """
    places = {place.member_id: place.wave.week for place in queries.live_places(campaign)}
    before = _weeks_of_chosen_plan(campaign) if keeps_plan else {}
    closed = queries.closed_weeks(campaign, now, queries.published_weeks(campaign))
    mondays = queries.mondays(campaign)
    people = []
    for member in campaign.members.filter(agent__is_active=True).order_by("priority", "team", "pk"):
        if member.left_out and member.pk not in places:
            continue
        # A catch-up may be held after the last week: for the planner, it is the last.
        pinned = min(places[member.pk], campaign.weeks - 1) if member.pk in places else None
        people.append(_person(campaign, member, pinned, before.get(member.pk), closed, mondays))
    return Problem(
        weeks=campaign.weeks,
        people=people,
        offers=offers_of(campaign, changes, people),
        sites={line.site_id: float(line.kbps) for line in campaign.lines.all()},
        stability=STABILITY,
    )


def _person(
    campaign: Campaign,
    member: Member,
    pinned: int | None,
    before: int | None,
    closed: frozenset[int],
    mondays: Sequence[date],
) -> Person:
    away: frozenset[int] = frozenset() if pinned is not None else closed | away_weeks(member, mondays)
    screen = campaign.sessions_share if campaign.level >= LEVEL_2 else 0.0
    return Person(
        key=member.pk,
        team=member.team_id if campaign.keeps_teams else None,
        site=member.site_id,
        weight=WEIGHTS[member.priority],
        uses=needs(campaign, member),
        site_load=screen * campaign.kbps,
        away=away,
        pinned=pinned,
        before=before,
    )


def needs(campaign: Campaign, member: Member) -> dict[Resource, float]:
    """What equipping one member takes, in the planner's units (support: minutes)."""
    minutes = {**SUPPORT_MINUTES, **campaign.support_minutes}
    support = minutes["base"]
    found = {Resource.PLACES: 1.0}
    if member.needs_laptop:
        found[Resource.LAPTOPS] = 1.0
        support += minutes["laptop"]
    if member.needs_phone:
        found[Resource.PHONES] = 1.0
        support += minutes["phone"]
    if member.needs_licence:
        found[Resource.LICENCES] = 1.0
    if campaign.level >= LEVEL_2:
        found[Resource.SESSIONS] = campaign.sessions_share
        found[Resource.BANDWIDTH] = campaign.sessions_share * campaign.kbps
    if support:
        found[Resource.SUPPORT] = float(support)
    return found


def away_weeks(member: Member, mondays: Sequence[date]) -> frozenset[int]:
    """The weeks a member cannot, as numbers."""
    away = set(member.away)
    return frozenset(week for week, monday in enumerate(mondays) if monday.isoformat() in away)


def offers_of(campaign: Campaign, changes: Changes, people: Sequence[Person] = ()) -> dict[Resource, list[float]]:
    """What each week has of each resource that is limited.

    A week without a figure: nothing arrives of what lasts; the rest is not limited that week.
    """
    rows: dict[Resource, dict[int, float]] = defaultdict(dict)
    for offer in campaign.offers.all():
        if offer.week < campaign.weeks:
            rows[Resource(offer.resource)][offer.week] = offer.units
    found = {}
    for resource, units in rows.items():
        # As much as all would use together limits nothing, and keeps the figures of the programme small.
        plenty = 0.0 if resource in LASTING else 1.0 + sum(person.uses.get(resource, 0.0) for person in people)
        more = changes.get(resource.value, {})
        found[resource] = [
            max(0.0, units.get(week, plenty) + more.get(EVERY_WEEK, 0.0) + more.get(str(week), 0.0))
            for week in range(campaign.weeks)
        ]
    return found


def _weeks_of_chosen_plan(campaign: Campaign) -> dict[int, int]:
    chosen = Planned.objects.filter(scenario__campaign=campaign, scenario__is_chosen=True)
    return dict(chosen.values_list("member_id", "week"))


# What came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A plan in a few numbers."""

    served: int
    weeks_won: float
    """Weeks of telework within the campaign, of all together."""
    teams_split: int
    moved: int


def figures_of(problem: Problem, plan: Plan) -> Figures:
    """Counted person by person."""
    weeks_of_team: dict[int, set[int]] = defaultdict(set)
    moved = 0
    for person in problem.people:
        week = plan.weeks.get(person.key)
        if person.before is not None and person.pinned is None and week != person.before:
            moved += 1
        if week is not None and person.team is not None:
            weeks_of_team[person.team].add(week)
    return Figures(
        served=len(plan.weeks),
        weeks_won=float(sum(problem.weeks - week for week in plan.weeks.values())),
        teams_split=sum(len(weeks) > 1 for weeks in weeks_of_team.values()),
        moved=moved,
    )


def findings_of(uses: Sequence[Use], bought: Sequence[Bought], lacking: Sequence[Lack], never: int) -> dict[str, Any]:
    """What a scenario keeps of the explanation. `never`: members away in every week that is left."""
    return {
        "uses": [_plain(each, used=each.used, offered=each.offered) for each in uses],
        "one_more": [
            _plain(each, step=each.step, people=each.people, weeks=each.weeks) for each in bought[:MOST_BOUGHT]
        ],
        "lacking": [_plain(each, units=each.units) for each in lacking],
        "never": never,
    }


def _plain(each: Use | Bought | Lack, **figures: float) -> dict[str, Any]:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    resource = each.resource.value if each.resource is not None else None
    return {"resource": resource, "site": each.site, "week": each.week, **rounded}


def never(problem: Problem) -> int:
    """Members who are away in every week."""
    return sum(person.pinned is None and len(person.away) >= problem.weeks for person in problem.people)
