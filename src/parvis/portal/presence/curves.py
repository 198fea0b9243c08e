"""How many are where, over time: the series of a plot, its SVG points, its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from parvis.portal.presence import rules
from parvis.portal.presence.rules import Place

WIDTH, HEIGHT = 860, 240
DAILY_UP_TO = 62
"""Longer spans are shown by week: means of the worked days."""

PLACES = {
    Place.ON_SITE: (_("Sur site"), "green"),
    Place.REMOTE: (_("À distance"), "blue"),
    Place.AWAY: (_("Au travail, ailleurs"), "purple"),
    Place.ABSENT: (_("Absents"), "orange"),
}
PERIODS = {"semaine": _("Semaine"), "mois": _("Mois"), "annee": _("Année"), "deux-ans": _("Deux ans")}
NOT_STATUSES = (rules.OFF, rules.CLOSED, rules.UNKNOWN)

Totals = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Series:
    """A line: agents (means of the half-days) at each point."""

    key: str
    label: object
    colour: str
    values: list[float]
    points: str = ""
    """Of an SVG polyline."""
    marker: tuple[int, int] = (0, 0)
    """Where its last value is."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The plot of an entity over a span."""

    dates: list[date]
    """A point each: a day, or the Monday of a week."""
    weekly: bool
    series: list[Series]
    most: int
    ticks: list[tuple[int, date]]
    """x and date of the labels under the axis."""

    @property
    def rows(self) -> list[tuple[date, list[int]]]:
        """The same as a table: a row a point, rounded agents."""
        return [(day, [round(one.values[at]) for one in self.series]) for at, day in enumerate(self.dates)]


def span(period: str, today: date) -> tuple[date, date]:
    """The first and last day of a period around today."""
    if period == "semaine":
        monday = rules.monday_of(today)
        return monday, monday + timedelta(days=6)
    if period == "annee":
        return today - timedelta(days=335), today + timedelta(days=30)
    if period == "deux-ans":
        return today - timedelta(days=700), today + timedelta(days=30)
    first = today.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def build(counted: Iterable[tuple[date, Totals]], statuses: Mapping[str, rules.Status], chosen: str = "") -> Curve:
    """The lines of the counted days that were worked; `chosen`: the code of one status, alone."""
    worked = [(day, totals) for day, totals in counted if is_worked(day, totals)]
    weekly = bool(worked) and (worked[-1][0] - worked[0][0]).days > DAILY_UP_TO
    keys = [chosen] if chosen else [place.value for place in PLACES]
    # A place and a status may have the same name (`on_site`): the codes of each line are settled here.
    codes = [[chosen]] if chosen else [codes_at(key, statuses) for key in keys]
    points = [(day, [people(totals, each) for each in codes]) for day, totals in worked]
    if weekly:
        points = [
            (monday, _mean([values for _day, values in days]))
            for monday, days in ((key, list(group)) for key, group in groupby(points, lambda p: rules.monday_of(p[0])))
        ]
    dates = [day for day, _values_ in points]
    most = max((value for _day, values in points for value in values), default=0)
    top = _round_up(most)
    series = []
    for rank, key in enumerate(keys):
        label, colour = _look(key, statuses) if chosen else PLACES[Place(key)]
        values = [each[rank] for _day, each in points]
        places = [(_x(at, len(values)), _y(value, top)) for at, value in enumerate(values)]
        line = " ".join(f"{x},{y}" for x, y in places)
        series.append(Series(key, label, colour, values, line, places[-1] if places else (0, 0)))
    step = max(1, len(dates) // 8)
    ticks = [(_x(at, len(dates)), day) for at, day in enumerate(dates) if at % step == 0]
    return Curve(dates, weekly, series, top, ticks)


def is_worked(day: date, totals: Totals) -> bool:
    """Whether the day belongs on the curve: not a holiday, nor a weekend on which only a few are on duty."""
    known = sum(sum(both) for code, both in totals.items() if code not in NOT_STATUSES)
    everyone = sum(sum(both) for both in totals.values())
    return known > 0 if day.weekday() < 5 else known * 4 > everyone


def people(totals: Totals, codes: Iterable[str]) -> float:
    """Agents of these codes, a half-day for a half."""
    return sum(sum(totals.get(code, (0, 0))) for code in codes) / 2


def codes_at(place: str, statuses: Mapping[str, rules.Status]) -> list[str]:
    """The statuses that count as being at a place."""
    return [code for code, status in statuses.items() if status.place == place]


def _look(key: str, statuses: Mapping[str, rules.Status]) -> tuple[object, str]:
    return (statuses[key].label, statuses[key].colour) if key in statuses else (key, "secondary")


def _mean(several: Sequence[Sequence[float]]) -> list[float]:
    return [sum(column) / len(column) for column in zip(*several, strict=True)]


def _round_up(most: float) -> int:
    step = int("1" + "0" * max(len(str(int(most))) - 1, 0))
    return max(-(-int(most + 0.999) // step) * step, 1)


def _x(at: int, count: int) -> int:
    return round(at * WIDTH / max(count - 1, 1))


def _y(value: float, top: int) -> int:
    return round(HEIGHT - value * HEIGHT / top)
