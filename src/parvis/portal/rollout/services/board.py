"""The board of a wave: how many are where, at which stage they stop, who is blocked; and the campaign against its plan.

Everything is counted by the database from places and enrolments: bounded queries, whatever the size of the wave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from parvis.portal.rollout import queries, wave_queries
from parvis.portal.rollout.models import Campaign, Place, Scenario, Wave
from parvis.portal.rollout.services import lending
from parvis.portal.rollout.wave_queries import PATH
from parvis.portal.rollout.wave_rules import FINISHED, Standing
from parvis.portal.telework import rules

BLOCKED_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A wave at this instant."""

    by_standing: Mapping[Standing, int]
    people: int
    lent: int
    """For whom all that is lent is kept."""
    to_lend: int
    """Who needs something lent."""
    declined: int
    """Who said that they cannot that week, and has gone from it."""
    stages: list[Stage]

    @property
    def finished(self) -> int:
        """Who has gone through the whole way."""
        return sum(self.by_standing[each] for each in FINISHED)

    @property
    def percent(self) -> int:
        """Of the people."""
        return percent(self.finished, self.people)

    @property
    def opened(self) -> int:
        """To whom it is open."""
        return self.people - self.by_standing[Standing.TOLD] - self.by_standing[Standing.FAILED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of the way: how many are at it, how many of them are blocked there."""

    code: str
    here: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A wave, or a week without one yet, against the plan."""

    week: int
    wave: Wave | None
    planned: int | None
    """None: no plan, or a catch-up wave, which no plan foresees."""
    to_publish: int
    """Whom the plan has there and no wave has yet."""
    people: int = 0
    told: int = 0
    opened: int = 0
    blocked: int = 0
    finished: int = 0
    working: int = 0
    moved_on: int = 0
    """Left the wave: by hand, or into the catch-up."""

    @property
    def distance(self) -> int | None:
        """Finished more (or fewer) than planned."""
        return self.finished - self.planned if self.planned is not None and self.wave is not None else None

    @property
    def behind(self) -> int:
        """How many fewer than planned."""
        return max(0, -(self.distance or 0))

    @property
    def percent(self) -> int:
        """Finished, of those the plan had there; in a catch-up wave, of its people."""
        return percent(self.finished, self.planned or self.people)


def percent(part: int, whole: int) -> int:
    """Rounded down: 100 % is everybody."""
    return min(100, 100 * part // whole) if whole else 0


def of(wave: Wave) -> Board:
    """How a wave is. Three queries."""
    here = wave.places.filter(left_at=None)
    counted = wave_queries.with_standing(here).order_by().values("standing").annotate(n=Count("pk"))
    found = {row["standing"]: row["n"] for row in counted}
    needs = Q(member__needs_laptop=True) | Q(member__needs_phone=True)
    under_way = Q(**{f"{PATH}finished_at__isnull": True, f"{PATH}started_at__isnull": False})
    stuck = under_way & (Q(**{f"{PATH}blocked_code__gt": ""}) | wave_queries.being_helped())
    stages = rules.STAGES[wave.campaign.level]
    facts = here.aggregate(
        to_lend=Count("pk", filter=needs),
        lacking=Count("pk", filter=lending.lacking()),
        **{f"at_{each}": Count("pk", filter=under_way & Q(**{f"{PATH}stage": each.value})) for each in stages},
        **{f"stuck_{each}": Count("pk", filter=stuck & Q(**{f"{PATH}stage": each.value})) for each in stages},
    )
    return Board(
        by_standing={each: found.get(each.value, 0) for each in Standing},
        people=sum(found.values()),
        to_lend=facts["to_lend"],
        lent=facts["to_lend"] - facts["lacking"],
        declined=wave.places.filter(declined_at__isnull=False).count(),
        stages=[Stage(code=each.value, here=facts[f"at_{each}"], blocked=facts[f"stuck_{each}"]) for each in stages],
    )


def blocked(wave: Wave) -> QuerySet[Any]:
    """Who waits for somebody of the IT team, the longest first; with all that a row shows."""
    places = wave_queries.with_standing(wave_queries.with_people(wave.places.filter(left_at=None)))
    stuck = places.filter(standing__in=(Standing.BLOCKED, Standing.FAILED))
    return stuck.order_by(f"{PATH}blocked_at", "tried_at", "pk")


def against_plan(campaign: Campaign, plan: Scenario | None) -> list[Week]:
    """Each week of the plan and each wave, in order. Four queries."""
    planned = wave_queries.planned_by_week(plan)
    left = _to_publish(plan)
    waves = {(wave.week, wave.is_catch_up): wave for wave in campaign.waves.all()}
    counts = _counts(campaign)
    keys = sorted({(week, False) for week in planned} | waves.keys())
    return [
        Week(
            week=week,
            wave=waves.get((week, catch_up)),
            planned=None if catch_up or plan is None else planned.get(week, 0),
            to_publish=0 if catch_up else left.get(week, 0),
            **counts.get(waves[week, catch_up].pk if (week, catch_up) in waves else 0, {}),
        )
        for week, catch_up in keys
    ]


def _to_publish(plan: Scenario | None) -> dict[int, int]:
    if plan is None:
        return {}
    free = plan.planned.filter(member__left_out="", member__agent__is_active=True).exclude(
        member__in=queries.live_places(plan.campaign).values("member")
    )
    return {row["week"]: row["n"] for row in free.order_by().values("week").annotate(n=Count("pk"))}


def _counts(campaign: Campaign) -> dict[int, dict[str, int]]:
    here = Q(left_at=None)
    places = wave_queries.with_standing(Place.objects.filter(wave__campaign=campaign))
    counted = places.order_by().values("wave").annotate(
        people=Count("pk", filter=here),
        told_n=Count("pk", filter=here & Q(told_at__isnull=False)),
        opened_n=Count("pk", filter=here & Q(opened_at__isnull=False)),
        blocked_n=Count("pk", filter=here & Q(standing__in=(Standing.BLOCKED, Standing.FAILED))),
        finished_n=Count("pk", filter=here & Q(standing__in=FINISHED)),
        working_n=Count("pk", filter=here & Q(standing=Standing.WORKING)),
        moved_on=Count("pk", filter=~here),
    )  # fmt: skip
    return {row["wave"]: {name.removesuffix("_n"): n for name, n in row.items() if name != "wave"} for row in counted}


def total(weeks: Iterable[Week]) -> Week:
    """All of them together."""
    weeks = list(weeks)
    names = ("to_publish", "people", "told", "opened", "blocked", "finished", "working")
    sums = {name: sum(getattr(each, name) for each in weeks) for name in names}
    return Week(week=-1, wave=None, planned=sum(each.planned or 0 for each in weeks), **sums)
