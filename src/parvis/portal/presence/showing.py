"""What one person sees of others' days: in detail, as a colleague, or nothing outside a colleague's window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.presence import calendars, loading, queries, rules
from parvis.portal.presence.loading import Calendar, DayOf
from parvis.portal.presence.rules import Shown, Status

PEER_BEHIND = timedelta(days=7)
PEER_AHEAD = timedelta(days=62)
"""A colleague asks where somebody is these days: the past year is nobody's business."""

OUT_OF_WINDOW = Shown(rules.UNKNOWN, "", "", "secondary")


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day as somebody sees it."""

    date: date
    am: Shown
    pm: Shown
    state: str = ""
    """Of the declared day, for who sees it in detail."""
    revision: int = 0
    holiday: str = ""
    """Name of the holiday or closure."""

    @property
    def whole(self) -> bool:
        """Whether morning and afternoon are the same."""
        return self.am.code == self.pm.code

    @property
    def pending(self) -> bool:
        """Waits for the head."""
        return self.am.pending or self.pm.pending or self.state == rules.State.TO_CONFIRM

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.date.weekday() > 4


class Eyes:
    """What `user` sees. Two queries, whatever is looked at."""

    def __init__(self, user: User, today: date) -> None:
        self.today = today
        self._prefixes = queries.detail_perimeter(user)
        self._known: dict[tuple[rules.Resolved, bool, bool], Shown] = {}
        self._own = set(Agent.objects.filter(user_id=user.pk).values_list("pk", flat=True))

    @property
    def has_detail(self) -> bool:
        """Whether a role shows anybody in detail."""
        return bool(self._prefixes)

    def in_detail(self, agent_id: int, path: str) -> bool:
        """Whether the kind of each half-day of this agent is told."""
        return agent_id in self._own or any(path.startswith(prefix) for prefix in self._prefixes)

    def day(self, calendar: Calendar, agent_id: int, path: str, day: date) -> DayShown:
        """One agent's day of a calendar, as this person sees it."""
        detail = self.in_detail(agent_id, path)
        if not detail and not self.today - PEER_BEHIND <= day <= self.today + PEER_AHEAD:
            return DayShown(day, OUT_OF_WINDOW, OUT_OF_WINDOW)
        return shown(calendar.at(agent_id, day), calendar, in_detail=detail)

    def codes(self, calendar: Calendar, agent_id: int, path: str, day: date) -> tuple[str, str]:
        """The codes shown for a morning and an afternoon, for thousands of agents: as `day`, without the words."""
        detail = self.in_detail(agent_id, path)
        if not detail and not self.today - PEER_BEHIND <= day <= self.today + PEER_AHEAD:
            return "", ""
        one, weekend = calendar.at(agent_id, day), day.weekday() > 4
        return self._code(one.am, calendar, detail, weekend), self._code(one.pm, calendar, detail, weekend)

    def _code(self, half: rules.Resolved, calendar: Calendar, detail: bool, weekend: bool) -> str:
        key = (half, detail, weekend)
        if key not in self._known:
            self._known[key] = rules.as_seen(half, calendar.statuses, in_detail=detail, weekend=weekend)
        return self._known[key].code


def shown(one: DayOf, calendar: Calendar, *, in_detail: bool) -> DayShown:
    """A resolved day in words."""
    weekend = one.date.weekday() > 4
    am, pm = (rules.as_seen(half, calendar.statuses, in_detail=in_detail, weekend=weekend) for half in (one.am, one.pm))
    closed = calendar.closed(one.agent_id, one.date)
    declared = one.declared if in_detail else None
    return DayShown(
        one.date,
        am,
        pm,
        state=declared.state if declared else "",
        revision=declared.revision if declared else 0,
        holiday=closed.label if closed else "",
    )


def fortnight(user: User, agent: Agent, today: date) -> list[DayShown]:
    """Today and the thirteen days after it, of one agent."""
    days = rules.days_between(today, today + timedelta(days=13))
    calendar = loading.of_agents([agent], days[0], days[-1])
    eyes = Eyes(user, today)
    return [eyes.day(calendar, agent.pk, agent.entity.path, day) for day in days]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a month on a page."""

    day: DayShown
    in_month: bool
    is_today: bool
    school_break: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A week of a month: its ISO number, seven cells."""

    number: int
    monday: date
    cells: Sequence[Cell]


def month_span(month: date) -> tuple[date, date]:
    """Monday before the first of the month, Sunday after its last."""
    first = month.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return rules.monday_of(first), rules.monday_of(last) + timedelta(days=6)


def month_rows(
    month: date, days: Sequence[DayShown], *, today: date, zone: str, chosen: tuple[date, date] | None = None
) -> list[Row]:
    """`days` (of `month_span`) as weeks."""
    cells = [
        Cell(
            day,
            day.date.month == month.month,
            day.date == today,
            calendars.school_break(day.date, zone),
            chosen is not None and chosen[0] <= day.date <= chosen[1],
        )
        for day in days
    ]
    return [
        Row(cells[at].day.date.isocalendar().week, cells[at].day.date, cells[at : at + 7])
        for at in range(0, len(cells), 7)
    ]


def label_of(statuses: Mapping[str, Status], code: str) -> str:
    """The name of a declared half-day's status; the usual week's for none."""
    return str(statuses[code].label) if code in statuses else _("Semaine habituelle")
