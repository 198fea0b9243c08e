"""What is left to lend, week by week: of each part of each offer, for the twelve weeks that come.

A week has as many free assets as its worst working day. What is asked for and not granted yet is taken off as well:
under zero, not everybody will be served.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from parvis.portal.loans import availability
from parvis.portal.loans.availability import Stock, span_mask
from parvis.portal.loans.models import Loan, Offer, Part

WEEKS = 12
WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Week:
    """Assets for one part in one week."""

    monday: date
    free: int
    """On its worst working day."""
    asked: int
    """Asked for, not granted yet, on the day most is."""

    @property
    def left(self) -> int:
        """What would be left if all were granted; under zero: what is missing."""
        return self.free - self.asked


@dataclass(frozen=True, slots=True)
class Line:
    """The weeks of a part."""

    part: Part
    total: int
    """Assets that may serve, free or not."""
    weeks: Sequence[Week]

    @property
    def worst(self) -> Week:
        """The week with least left."""
        return min(self.weeks, key=lambda week: (week.left, week.monday))

    @property
    def missing(self) -> list[Week]:
        """The weeks under zero."""
        return [week for week in self.weeks if week.left < 0]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The lines of an offer, and which part holds it back in each week."""

    offer: Offer
    lines: Sequence[Line]

    @property
    def kits(self) -> list[tuple[date, int, Part]]:
        """Each week: its Monday, how many whole kits are left, and the part that binds."""
        required = [line for line in self.lines if not line.part.is_optional]
        if not required:
            return []
        found = []
        for at, week in enumerate(required[0].weeks):
            binding = min(required, key=lambda line: line.weeks[at].left // line.part.quantity)
            found.append((week.monday, binding.weeks[at].left // binding.part.quantity, binding.part))
        return found


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def of_offers(offers: Iterable[Offer], today: date, weeks: int = WEEKS) -> list[Forecast]:
    """The forecast of each offer (with `entity`). Five queries, whatever their number."""
    offers = list(offers)
    found = availability.of_offers(offers, today)
    mondays = [monday_of(today) + timedelta(weeks=each) for each in range(weeks)]
    asked = _asked(offers, mondays[0], mondays[-1] + timedelta(days=6))
    return [
        Forecast(offer, [_line(stock, mondays, asked[offer.pk], today) for stock in found[offer.pk].stocks])
        for offer in offers
    ]


def _line(stock: Stock, mondays: Sequence[date], asked: Sequence[tuple[date, date, set[int]]], today: date) -> Line:
    part = stock.part
    mine = [(starts, ends) for starts, ends, options in asked if not part.is_optional or part.pk in options]
    weeks = []
    for monday in mondays:
        days = [monday + timedelta(days=each) for each in range(WORKING_DAYS)]
        # Days past say nothing; on the weekend of this week its Friday is past, and today speaks for it.
        days = [day for day in days if day >= today] or [today]
        free = min(stock.free(span_mask((day - today).days, (day - today).days)) for day in days)
        wanted = max(sum(starts <= day <= ends for starts, ends in mine) for day in days)
        weeks.append(Week(monday, free, wanted * part.quantity))
    return Line(part, stock.total, weeks)


def _asked(offers: Sequence[Offer], first: date, last: date) -> Mapping[int, list[tuple[date, date, set[int]]]]:
    """First day, last day and options of what waits for an answer, by offer."""
    loans = Loan.objects.filter(
        offer__in=offers, state=Loan.State.REQUESTED, starts_date__lte=last, ends_date__gte=first
    ).prefetch_related("options")
    waiting: dict[int, list[tuple[date, date, set[int]]]] = defaultdict(list)
    for loan in loans:
        waiting[loan.offer_id].append((loan.starts_date, loan.ends_date, {part.pk for part in loan.options.all()}))
    return waiting


WIDTH, HEIGHT = 720, 120
BAR_SHARE = 0.7
"""Of the room of a week, what its bar takes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A week of a plot, in its units: x, y, width, height; `under`: below zero."""

    x: int
    y: int
    width: int
    height: int
    week: Week

    @property
    def under(self) -> bool:
        """Whether something is missing."""
        return self.week.left < 0


@dataclass(frozen=True, slots=True)
class Plot:
    """What is left of a part, a bar a week. `zero` and `full`: the heights of nothing and of the whole stock."""

    line: Line
    bars: Sequence[Bar]
    zero: int
    full: int


def plot(line: Line) -> Plot:
    """The bars of a line, from the lowest week below zero up to the whole stock."""
    top = max([line.total, 1, *(week.left for week in line.weeks)])
    bottom = min([0, *(week.left for week in line.weeks)])
    unit = HEIGHT / (top - bottom)
    zero = round(top * unit)
    room = WIDTH / max(len(line.weeks), 1)
    bars = []
    for at, week in enumerate(line.weeks):
        tall = max(round(abs(week.left) * unit), 2)
        y = zero - tall if week.left >= 0 else zero
        bars.append(Bar(round(at * room + room * (1 - BAR_SHARE) / 2), y, round(room * BAR_SHARE), tall, week))
    return Plot(line, bars, zero, round((top - line.total) * unit))
