"""The calendar of a department: agents down, days across, two half-days a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.presence import calendars, loading, queries, rules, showing, staffing
from parvis.portal.presence.loading import Calendar
from parvis.portal.presence.rules import Half, Shown
from parvis.portal.presence.showing import DayShown
from parvis.portal.presence.staffing import Need


@dataclass(frozen=True, slots=True)
class Column:
    """A day. `in_week`: shown on a phone too, where a month is too wide."""

    date: date
    holiday: str
    school: str
    is_today: bool
    in_week: bool
    on_site: tuple[int, int] | None
    """Mornings, afternoons, of the whole department; None: not counted yet."""
    least: int
    short: bool

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.date.weekday() > 4

    @property
    def css(self) -> str:
        """The classes of its cells."""
        names = [
            "team-weekend" if self.is_weekend else "",
            "team-closed" if self.holiday else "",
            "team-school" if self.school else "",
            "team-today" if self.is_today else "",
            "" if self.in_week else "team-beyond",
        ]
        return " ".join(name for name in names if name)


@dataclass(frozen=True, slots=True)
class Line:
    """An agent and their cells, written."""

    agent: Agent
    cells: list[SafeString]


@dataclass(frozen=True, slots=True)
class Team:
    """What the page shows."""

    columns: list[Column]
    lines: list[Line]
    legend: list[rules.Status]
    has_needs: bool
    any_short: bool


def build(entity: Entity, agents: Sequence[Agent], days: Sequence[date], *, today: date, chosen: date) -> Team:
    """The calendar of these agents of `entity`, as somebody who sees it in detail. Ten queries, whatever the size."""
    calendar = loading.of_agents(agents, days[0], days[-1])
    needs = staffing.needs_in([entity]).get(entity.pk, [])
    columns = _columns(entity, days, needs, calendar.statuses, today=today, chosen=chosen)
    writer = _Writer()
    lines, codes = [], set()
    for agent in agents:
        cells = []
        for column in columns:
            day = showing.shown(calendar.at(agent.pk, column.date), calendar, in_detail=True)
            codes |= {day.am.code, day.pm.code}
            cells.append(writer.cell(day, column))
        lines.append(Line(agent, cells))
    legend = [status for status in calendar.statuses.values() if status.code in codes]
    return Team(columns, lines, legend, bool(needs), any(column.short for column in columns))


def rows_for_csv(calendar: Calendar, agents: Iterable[Agent], days: Sequence[date]) -> Iterable[list[object]]:
    """A row an agent: name, department, then a cell a half-day, in words."""
    for agent in agents:
        row: list[object] = [agent.last_name, agent.first_name, str(agent.entity)]
        for day in days:
            one = showing.shown(calendar.at(agent.pk, day), calendar, in_detail=True)
            row += [str(half.label) if half.code != rules.OFF else "" for half in (one.am, one.pm)]
        yield row


def span_of(chosen: date, *, week: bool) -> list[date]:
    """The days of the week, or of the month, of a date."""
    if week:
        monday = rules.monday_of(chosen)
        return rules.days_between(monday, monday + timedelta(days=6))
    first = chosen.replace(day=1)
    return rules.days_between(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def _columns(
    entity: Entity,
    days: Sequence[date],
    needs: Sequence[Need],
    statuses: Mapping[str, rules.Status],
    *,
    today: date,
    chosen: date,
) -> list[Column]:
    policy = queries.policy_of(entity)
    calendar = loading.load([(0, entity.path)], days[0], days[-1])
    counted = dict(queries.counts(entity, days[0], days[-1]))
    monday = rules.monday_of(chosen)
    columns = []
    for day in days:
        closed = calendar.closed(0, day)
        totals = counted.get(day)
        present = None
        least, short = 0, False
        if totals is not None:
            morning, afternoon = (staffing.on_site(totals, statuses, half) for half in Half)
            present = (morning, afternoon)
            asked = [
                (staffing.least_of(needs, day, half), count)
                for half, count in zip(Half, present, strict=True)
                if staffing.is_worked(totals, half)
            ]
            least = max((each for each, _count in asked), default=0)
            short = any(count < each for each, count in asked)
        columns.append(
            Column(
                day,
                closed.label if closed else "",
                calendars.school_break(day, policy.school_zone),
                day == today,
                monday <= day <= monday + timedelta(days=6),
                present,
                least,
                short,
            )
        )
    return columns


class _Writer:
    """Writes cells; equal ones once. (A template for each of 1,500 cells would be the page's whole time.)"""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], SafeString] = {}
        self._morning, self._afternoon = _("matin"), _("après-midi")
        self._pending = _("à confirmer")

    def cell(self, day: DayShown, column: Column) -> SafeString:
        """The `td` of an agent's day."""
        key = (day.am.code, day.am.pending, day.pm.code, day.pm.pending, day.holiday, column.css)
        if key not in self._known:
            self._known[key] = self._write(day, column)
        return self._known[key]

    def _write(self, day: DayShown, column: Column) -> SafeString:
        pending = " team-pending" if day.pending else ""
        if day.am.code == rules.OFF and day.pm.code == rules.OFF:
            inside = format_html('<span class="visually-hidden">{}</span>', day.am.label)
        elif day.holiday and day.am.code == rules.CLOSED:
            inside = format_html('<span class="visually-hidden">{}</span>', day.holiday)
        elif day.whole:
            inside = self._half(day.am, "", "team-whole")
        else:
            inside = self._half(day.am, self._morning, "team-half") + self._half(day.pm, self._afternoon, "team-half")
        if pending:
            inside += format_html('<span class="visually-hidden"> ({})</span>', self._pending)
        return format_html('<td class="team-cell {}{}">{}</td>', column.css, pending, inside)

    @staticmethod
    def _half(half: Shown, moment: str, css: str) -> SafeString:
        return format_html(
            '<span class="{} presence-{}{}" title="{}"><span aria-hidden="true">{}</span>'
            '<span class="visually-hidden">{} {}</span></span>',
            css,
            half.colour,
            " presence-unknown" if half.code == rules.UNKNOWN else "",
            f"{moment} {half.label}".strip(),
            half.letter,
            moment,
            half.label,
        )
