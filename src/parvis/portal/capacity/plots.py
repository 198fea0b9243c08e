"""The plots of this room, in the units of their view box. The numbers are in a table beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from parvis.portal.capacity import wording
from parvis.portal.capacity.forecast import HOURS, Arrivals, Seen
from parvis.portal.capacity.rules import Point
from parvis.portal.kernel import clock
from parvis.portal.ui import formats

UNIT, HEIGHT = 8, 180
"""Of an hour; of the plot."""
SMALL, ROUND = (1, 2, 3, 4, 5, 6, 8, 10), (12, 15, 20, 30, 40, 50, 60, 80, 100)
"""What the top of a scale may be; the second ones tenfold, a hundredfold…"""
DAYS, DAYS_ON_A_PHONE = 7, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A measured hour."""

    x: int
    y: int
    height: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One day of the forecast: the area between low and high, the line of what is likely."""

    area: str
    line: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Measured hours as bars, the forecast as bands, what gateways carry as a line."""

    bars: Sequence[Bar]
    bands: Sequence[Band]
    days: Sequence[tuple[int, date]]
    """x of the middle of each day."""
    edges: Sequence[int]
    waves: Sequence[tuple[int, str]]
    """x of the morning a wave begins, and its name."""
    most: int
    carried_y: int | None
    """None: no gateway is heard."""
    width: int
    first: date
    last: date
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Nothing measured, nothing expected."""
        return not self.bars and not self.bands

    @property
    def view_width(self) -> int:
        """With room for the numbers at the left."""
        return self.width + 60

    @property
    def view_height(self) -> int:
        """With room for the days below and the waves above."""
        return self.height + 52

    @property
    def label_days(self) -> int:
        """y of the days' baseline."""
        return self.height + 20

    @property
    def half(self) -> int:
        """y of the middle line."""
        return self.height // 2


def draw(
    *,
    first: date,
    days: int,
    points: Sequence[Point] = (),
    seen: Sequence[Seen] = (),
    waves: Sequence[Arrivals] = (),
    carried: int = 0,
    most: int | None = None,
) -> Plot:
    """The days from `first` on. `most`: the top of the scale, where several plots must have the same."""
    last = first + timedelta(days=days - 1)
    shown = [each for each in points if first <= each.day <= last]
    past = [each for each in seen if first <= each.day <= last and each.sessions]
    if most is None:
        top = max([1, *(each.high for each in shown), *(each.sessions for each in past)])
        # A line far above everything would flatten it: the page says the number in words.
        most = round_up(max(top, carried) if carried <= 3 * top else top)
    room = len(HOURS) * UNIT
    return Plot(
        bars=[_bar(each, first, most) for each in past],
        bands=[
            _band([each for each in shown if each.day == day], first, most)
            for day in sorted({each.day for each in shown if each.high})
        ],
        days=[(at * room + room // 2, first + timedelta(days=at)) for at in range(days)],
        edges=[at * room for at in range(days + 1)],
        waves=[
            ((each.starts_date - first).days * room, wording.wave(each.starts_date))
            for each in waves
            if first <= each.starts_date <= last
        ],
        most=most,
        carried_y=_y(carried, most) if 0 < carried <= most else None,
        width=days * room,
        first=first,
        last=last,
    )


def past_week(hours: Mapping[datetime, int], today: date, *, days: int, carried: int) -> Plot:
    """What one gateway did until today: its busiest minute of each hour."""
    local = ((at.astimezone(clock.PARIS), sessions) for at, sessions in hours.items())
    seen = [
        Seen(day=at.date(), hour=at.hour, at_home=0, sessions=sessions) for at, sessions in local if at.hour in HOURS
    ]
    return draw(first=today - timedelta(days=days - 1), days=days, seen=seen, carried=carried)


def round_up(most: int) -> int:
    """The next round number: 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30… High enough to stay above, low enough to see."""
    if most <= SMALL[-1]:
        return next(each for each in SMALL if most <= each)
    step = 1
    while True:
        for each in ROUND:
            if most <= each * step:
                return each * step
        step *= 10


def _bar(each: Seen, first: date, most: int) -> Bar:
    y = min(_y(each.sessions, most), HEIGHT - 2)
    label = _("%(day)s, %(hour)d h\u202f: %(count)d ouverts") % {
        "day": formats.day(each.day),
        "hour": each.hour,
        "count": each.sessions,
    }
    return Bar(x=_x(each.day, each.hour, first) - UNIT // 2 + 1, y=y, height=HEIGHT - y, label=label)


def _band(points: Sequence[Point], first: date, most: int) -> Band:
    places = [(_x(each.day, each.hour, first), each) for each in points]
    over = [f"{x},{_y(each.high, most)}" for x, each in places]
    under = [f"{x},{_y(each.low, most)}" for x, each in reversed(places)]
    peak = max(points, key=lambda each: each.high)
    label = _("%(day)s\u202f: %(span)s à la fois vers %(hour)d h") % {
        "day": formats.day(peak.day),
        "span": wording.span(peak),
        "hour": peak.hour,
    }
    line = " ".join(f"{x},{_y(each.likely, most)}" for x, each in places)
    return Band(area=" ".join(over + under), line=line, label=label)


def _x(day: date, hour: int, first: date) -> int:
    return (day - first).days * len(HOURS) * UNIT + (hour - HOURS.start) * UNIT + UNIT // 2


def _y(count: int, most: int) -> int:
    return round(HEIGHT - min(count, most) * HEIGHT / most)
