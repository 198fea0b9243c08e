"""A plan as pages show it: its weeks, how full each limit is, what one more buys, what lacks, plans side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from parvis.portal.parc.models import Site
from parvis.portal.rollout import building, plots, queries, wording
from parvis.portal.rollout.models import Campaign, Member, Scenario
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.plots import Line, Plot

COLOURS = ("red", "orange", "blue")
"""Of the priorities."""
FULL = 0.995
"""Share from which a limit counts as full."""
TIGHT = 0.9
COMPARED_COLOURS = ("blue", "orange", "green", "purple")


@dataclass(slots=True)
class Week:
    """The people of one week of a plan."""

    number: int
    monday: date
    people: int = 0
    total: int = 0
    """With all before."""
    by_priority: list[int] = field(default_factory=lambda: [0, 0, 0])
    laptops: int = 0
    phones: int = 0
    licences: int = 0
    support: float = 0.0
    """Hours."""
    published: bool = False


def weeks_of(scenario: Scenario) -> list[Week]:
    """Every week of a plan, empty ones too. Two queries."""
    campaign = scenario.campaign
    published = queries.published_weeks(campaign)
    weeks = [Week(at, monday, published=at in published) for at, monday in enumerate(queries.mondays(campaign))]
    counted = scenario.planned.values(
        "week", "member__priority", "member__needs_laptop", "member__needs_phone", "member__needs_licence"
    ).annotate(people=Count("pk"))
    for row in counted:
        if row["week"] >= len(weeks):
            continue  # the campaign was shortened since
        week, people = weeks[row["week"]], row["people"]
        like = Member(
            needs_laptop=row["member__needs_laptop"],
            needs_phone=row["member__needs_phone"],
            needs_licence=row["member__needs_licence"],
        )
        week.people += people
        week.by_priority[row["member__priority"] - 1] += people
        week.laptops += people * like.needs_laptop
        week.phones += people * like.needs_phone
        week.licences += people * like.needs_licence
        week.support += people * building.needs(campaign, like).get(Resource.SUPPORT, 0.0) / 60
    total = 0
    for week in weeks:
        total += week.people
        week.total = total
    return weeks


def plot_of(weeks: Sequence[Week]) -> tuple[Plot, Plot]:
    """People by week and priority, for a desk and for a phone."""
    series = [
        Line(str(priority.label), COLOURS[at], [week.by_priority[at] for week in weeks])
        for at, priority in enumerate(Member.Priority)
    ]
    return plots.for_both(
        _labels(week.monday for week in weeks), series, _("Agents par semaine et priorité"), stacked=True
    )


def _labels(mondays: Iterable[date]) -> list[str]:
    return [f"{monday:%d/%m}" for monday in mondays]


@dataclass(frozen=True, slots=True)
class Cell:
    """How much of a limit is used in a week."""

    used: str
    offered: str
    percent: int
    colour: str
    """Of the theme: red when full, orange when nearly, green."""

    @property
    def is_full(self) -> bool:
        """Nothing is left."""
        return self.colour == "red"


@dataclass(frozen=True, slots=True)
class UseRow:
    """A resource, or a site's line, over the weeks; None: it is of no matter that week."""

    label: str
    cells: list[Cell | None]


def uses_of(scenario: Scenario, sites: Mapping[int, str]) -> tuple[list[UseRow], list[tuple[str, Cell]]]:
    """How full each limit is: resources by week, then sites, the fullest first."""
    weeks = scenario.campaign.weeks
    rows: dict[str, list[Cell | None]] = {}
    lines: list[tuple[str, Cell]] = []
    for use in scenario.findings.get("uses", []):
        cell = _cell(use)
        if use["week"] is None:
            lines.append((sites.get(use["site"], ""), cell))
        elif use["week"] < weeks:
            rows.setdefault(use["resource"], [None] * weeks)[use["week"]] = cell
    table = [UseRow(str(wording.LABELS[Resource(key)]), cells) for key, cells in rows.items()]
    return table, sorted(lines, key=lambda line: -line[1].percent)


def _cell(use: Mapping[str, Any]) -> Cell:
    share = use["used"] / use["offered"] if use["offered"] else 1.0
    used, offered = (wording.number(wording.quantity(use["resource"], use[name])) for name in ("used", "offered"))
    colour = "red" if share >= FULL else "orange" if share >= TIGHT else "green"
    return Cell(used, offered, round(100 * share), colour)


@dataclass(frozen=True, slots=True)
class Buy:
    """One more of something: what, where, what it brings, and how to try it in a new plan."""

    what: str
    where: str
    brings: str
    resource: str
    week: int | None
    units: float
    """In the planner's units, ten of it: a scenario worth trying."""


TRIED = 10


def bought_of(scenario: Scenario, sites: Mapping[int, str], most: int = 12) -> list[Buy]:
    """What one more buys; the most useful first."""
    campaign = scenario.campaign
    return [
        Buy(
            wording.amount(each["resource"], each["step"]),
            wording.where(campaign, each, sites),
            wording.bought(each),
            each["resource"] or "",
            each["week"],
            wording.quantity(each["resource"], each["step"]) * TRIED,
        )
        for each in scenario.findings.get("one_more", [])[:most]
    ]


def lacks_of(scenario: Scenario, sites: Mapping[int, str]) -> list[str]:
    """What lacks for everybody to fit, as sentences."""
    lacking = scenario.findings.get("lacking", [])
    return [wording.lack(scenario.campaign, each, sites) for each in lacking]


def site_names(scenarios: Sequence[Scenario]) -> dict[int, str]:
    """The names of the sites their findings are about. One query, or none."""
    keys = {
        each["site"]
        for scenario in scenarios
        for kind in ("uses", "one_more", "lacking")
        for each in scenario.findings.get(kind, [])
        if each["site"] is not None
    }
    return dict(Site.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}


def binds(scenario: Scenario, sites: Mapping[int, str]) -> list[str]:
    """What is full, in which weeks, a sentence each: « Portables à prêter : 23/11, 30/11 »."""
    table, lines = uses_of(scenario, sites)
    mondays = queries.mondays(scenario.campaign)
    found = []
    for row in table:
        weeks = [f"{mondays[at]:%d/%m}" for at, cell in enumerate(row.cells) if cell is not None and cell.is_full]
        if weeks:
            found.append(f"{row.label}\u202f: {', '.join(weeks)}")
    return found + [name for name, cell in lines if cell.is_full]


def unplaced(scenario: Scenario) -> int:
    """Who has no week in this plan."""
    return max(scenario.people - (scenario.served or 0), 0)


# Side by side


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan among others."""

    scenario: Scenario
    weeks: list[Week]
    changes: list[str]
    binds: list[str]
    lacks: list[str]
    unplaced: int
    distance: str


def compare(scenarios: Sequence[Scenario]) -> list[Compared]:
    """Each with its weeks and what holds it back. Two queries a plan, one for the sites."""
    sites = site_names(scenarios)
    return [
        Compared(
            scenario,
            weeks_of(scenario),
            wording.changes(scenario),
            binds(scenario, sites),
            lacks_of(scenario, sites),
            unplaced(scenario),
            wording.distance(scenario.gap),
        )
        for scenario in scenarios
    ]


def plot_by_week(campaign: Campaign, several: Sequence[Compared]) -> tuple[Plot, Plot]:
    """People equipped in each week, plan beside plan, for a desk and for a phone."""
    return _side_by_side(
        campaign,
        several,
        [[week.people for week in each.weeks] for each in several],
        _("Agents équipés chaque semaine"),
    )


def plot_in_all(campaign: Campaign, several: Sequence[Compared]) -> tuple[Plot, Plot]:
    """People equipped by the end of each week, plan beside plan."""
    title = _("Agents équipés en tout, à la fin de chaque semaine")
    return _side_by_side(campaign, several, [[week.total for week in each.weeks] for each in several], title)


def _side_by_side(
    campaign: Campaign, several: Sequence[Compared], values: Sequence[Sequence[int]], title: str
) -> tuple[Plot, Plot]:
    series = [
        Line(each.scenario.name, COMPARED_COLOURS[at % len(COMPARED_COLOURS)], values[at])
        for at, each in enumerate(several)
    ]
    return plots.for_both(_labels(queries.mondays(campaign)), series, title)


def moved_members(scenario: Scenario, other: Scenario) -> int:
    """How many have another week in one plan than in the other, or a week in one only. Two queries."""
    mine = dict(scenario.planned.values_list("member_id", "week"))
    theirs = dict(other.planned.values_list("member_id", "week"))
    return sum(mine.get(member) != theirs.get(member) for member in mine.keys() | theirs.keys())


def people_now(campaign: Campaign) -> dict[str, int]:
    """How many are to be equipped, left out, need what. One query."""
    planned = Q(left_out="", agent__is_active=True)
    return campaign.members.aggregate(
        people=Count("pk", filter=planned),
        aside=Count("pk", filter=~planned),
        laptops=Count("pk", filter=planned & Q(needs_laptop=True)),
        phones=Count("pk", filter=planned & Q(needs_phone=True)),
        licences=Count("pk", filter=planned & Q(needs_licence=True)),
        essential=Count("pk", filter=planned & Q(priority=Member.Priority.ESSENTIAL)),
        unasked=Count("pk", filter=planned & Q(request=None)),
    )
