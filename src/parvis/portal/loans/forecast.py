"""What is left to lend, week by week: of each part of each offer, for the twelve weeks that come.

A week has as many free assets as its worst working day. What is asked for and not granted yet is taken off as well,
by whichever offer, since several may lend the same things: under zero, not everybody will be served.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

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
    """Asked for of this stock, by any offer, and not granted yet, on the day most is."""

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
        # Parts of the same kind and model draw on the same things.
        needed: Counter[tuple[str, int | None]] = Counter()
        for line in required:
            needed[line.part.kind, line.part.model_id] += line.part.quantity
        found = []
        for at, week in enumerate(required[0].weeks):
            whole = [line.weeks[at].left // needed[line.part.kind, line.part.model_id] for line in required]
            least = min(whole)
            found.append((week.monday, least, required[whole.index(least)].part))
        return found


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def of_offers(offers: Iterable[Offer], today: date, weeks: int = WEEKS) -> list[Forecast]:
    """The forecast of each offer (with `entity`). Six queries, whatever their number."""
    offers = list(offers)
    found = availability.of_offers(offers, today)
    mondays = [monday_of(today) + timedelta(weeks=each) for each in range(weeks)]
    asked = _asked(offers, mondays[0], mondays[-1] + timedelta(days=6))
    return [
        Forecast(offer, [_line(stock, mondays, _of(stock, offer, asked), today) for stock in found[offer.pk].stocks])
        for offer in offers
    ]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """So many things of a stock (kind, model or any, entity that lends), asked for from one day to another."""

    path: str
    kind: str
    model: int | None
    starts: date
    ends: date
    quantity: int


def _of(stock: Stock, offer: Offer, asked: Iterable[_Wanted]) -> list[_Wanted]:
    """What is asked of a stock: by its own offer, and by any other that can only be served from it."""
    kind, model, path = stock.part.kind, stock.part.model_id, offer.entity.path
    return [each for each in asked if each.kind == kind and model in (None, each.model) and each.path.startswith(path)]


def _line(stock: Stock, mondays: Sequence[date], asked: Sequence[_Wanted], today: date) -> Line:
    weeks = []
    for monday in mondays:
        days = [monday + timedelta(days=each) for each in range(WORKING_DAYS)]
        # Days past say nothing; on the weekend of this week its Friday is past, and today speaks for it.
        days = [day for day in days if day >= today] or [today]
        free = min(stock.free(span_mask((day - today).days, (day - today).days)) for day in days)
        wanted = max(sum(each.quantity for each in asked if each.starts <= day <= each.ends) for day in days)
        weeks.append(Week(monday, free, wanted))
    return Line(stock.part, stock.total, weeks)


def _asked(offers: Sequence[Offer], first: date, last: date) -> list[_Wanted]:
    """What waits for an answer on these days, of these offers and of those that may lend the same things."""
    places = Q(pk__in=[])
    for path in {offer.entity.path for offer in offers}:
        places |= Q(offer__entity__path__startswith=path)
    loans = Loan.objects.filter(places, state=Loan.State.REQUESTED, starts_date__lte=last, ends_date__gte=first)
    found = []
    for loan in loans.select_related("offer__entity").prefetch_related("options", "offer__parts"):
        chosen = set(loan.options.all())
        found += [
            _Wanted(loan.offer.entity.path, part.kind, part.model_id, loan.starts_date, loan.ends_date, part.quantity)
            for part in loan.offer.parts.all()
            if not part.is_optional or part in chosen
        ]
    return found


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
