"""Figures of the overview: what is open now, what happened today, sessions per hour over the last days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from parvis.portal.directory.queries import Someone
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop import live, queries
from parvis.portal.remote_desktop.filters import standing_condition
from parvis.portal.remote_desktop.models import Connection, RemoteSession
from parvis.portal.remote_desktop.rules import LIVE_STATES
from parvis.portal.ui import formats

PLOT_DAYS = 7
PLOT_DAYS_ON_A_PHONE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The numbers at the top. Bytes: since midnight, sessions that have ended and those under way."""

    live: int
    interrupted: int
    today: int
    refused_today: int
    rights: int
    pins_waiting: int
    bytes_today: int


def overview(user: Someone, sessions: QuerySet[RemoteSession], now: datetime) -> Overview:
    """The numbers for what this user sees (`sessions` are those)."""
    midnight = datetime.combine(clock.today(now), datetime.min.time(), clock.PARIS)
    states = dict(sessions.filter(state__in=LIVE_STATES).order_by().values_list("state").annotate(count=Count("pk")))
    today = sessions.filter(requested_at__gte=midnight, started_at__isnull=False).order_by()
    figures = today.aggregate(count=Count("pk"), up=Sum("bytes_up"), down=Sum("bytes_down"))
    return Overview(
        live=states.get("active", 0),
        interrupted=states.get("interrupted", 0),
        today=figures["count"],
        refused_today=queries.refusals_visible_to(user).filter(at__gte=midnight).count(),
        rights=queries.rights_visible_to(user).filter(standing_condition("active")).count(),
        pins_waiting=queries.displays_visible_to(user).filter(display__presented_pin__gt="").count(),
        bytes_today=(figures["up"] or 0) + (figures["down"] or 0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour of the plot, in the units of its view box."""

    x: int
    y: int
    height: int
    count: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Sessions opened per hour. `days`: (x of the day's middle, the day)."""

    bars: list[Bar]
    days: list[tuple[int, date]]
    most: int
    total: int
    width: int
    height: int
    edges: list[int]
    """x of each midnight."""

    @property
    def view_width(self) -> int:
        """With room for the numbers at the left."""
        return self.width + 50

    @property
    def view_height(self) -> int:
        """With room for the days below."""
        return self.height + 40

    @property
    def half(self) -> int:
        """y of the middle line."""
        return self.height // 2

    @property
    def label_zero(self) -> int:
        """y of the lowest number's baseline."""
        return self.height + 4

    @property
    def label_days(self) -> int:
        """y of the days' baseline."""
        return self.height + 20


BAR_WIDTH, PLOT_HEIGHT = 6, 120


def plots(sessions: QuerySet[RemoteSession], now: datetime, *days: int) -> list[Plot]:
    """A plot for each of these numbers of days back, from one query."""
    first = clock.today(now) - timedelta(days=max(days) - 1)
    opened = (
        sessions.filter(
            requested_at__gte=datetime.combine(first, datetime.min.time(), clock.PARIS), requested_at__lte=now
        )
        .order_by()
        .values_list("requested_at", flat=True)
    )
    instants = [instant.astimezone(clock.PARIS) for instant in opened]
    return [draw(instants, clock.today(now), each) for each in days]


def draw(instants: list[datetime], today: date, days: int) -> Plot:
    """The last `days` days, hour by hour on the wall clock (a day of 23 or 25 hours keeps 24 places)."""
    first = today - timedelta(days=days - 1)
    places = [(local.date() - first).days * 24 + local.hour for local in instants]
    counts = Counter(place for place in places if place >= 0)
    most = max(counts.values(), default=0)
    bars = []
    for place, count in sorted(counts.items()):
        height = max(round(count / most * PLOT_HEIGHT), 2)
        label = _("%(day)s, %(hour)d h\u202f: %(count)d") % {
            "day": formats.day(first + timedelta(days=place // 24)),
            "hour": place % 24,
            "count": count,
        }
        bars.append(Bar(x=place * BAR_WIDTH, y=PLOT_HEIGHT - height, height=height, count=count, label=label))
    return Plot(
        bars=bars,
        days=[(int((day + 0.5) * 24 * BAR_WIDTH), first + timedelta(days=day)) for day in range(days)],
        most=most,
        total=sum(counts.values()),
        width=days * 24 * BAR_WIDTH,
        height=PLOT_HEIGHT,
        edges=[day * 24 * BAR_WIDTH for day in range(days + 1)],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """A session under way with its gateway's last figures (None: not heard yet)."""

    session: RemoteSession
    connection: Connection | None
    figures: live.Figures | None


def live_rows(sessions: list[RemoteSession]) -> list[LiveRow]:
    """Put sessions and figures together: one query, one read of the cache per gateway."""
    connections = queries.open_connections(sessions)
    pulses = live.pulses({each.gateway_id for each in connections.values() if each.gateway_id is not None})
    rows = []
    for session in sessions:
        connection = connections.get(session.pk)
        pulse = pulses.get(connection.gateway_id) if connection and connection.gateway_id else None
        figures = pulse.figures.get(connection.pk) if pulse and connection else None
        rows.append(LiveRow(session=session, connection=connection, figures=figures))
    return rows
