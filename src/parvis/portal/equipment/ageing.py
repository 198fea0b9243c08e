"""Pure rules: how old the parc is, and when what is to be replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

OLDEST = 8
"""The last age class: this many years and more."""
UNKNOWN = -1
"""The class of what has no purchase date."""
YEARS = 3
"""How far a replacement plan goes."""


def age_class(bought: date | None, today: date) -> int:
    """Whole years since the purchase, at most `OLDEST`; `UNKNOWN` without a date; 0 for one in the future."""
    if bought is None:
        return UNKNOWN
    years = today.year - bought.year - ((today.month, today.day) < (bought.month, bought.day))
    return min(max(years, 0), OLDEST)


def first_year(today: date) -> int:
    """The year of the budget that is being prepared: from July on, the next one."""
    return today.year + (today.month >= 7)


@dataclass(frozen=True, slots=True)
class Lot:
    """Things of a kind that are past their life in the same month (`rules.month_of`), and what one costs."""

    kind: str
    due: int
    count: int
    price: Decimal


@dataclass(slots=True)
class Year:
    """What is replaced in one year."""

    year: int
    numbers: dict[str, int] = field(default_factory=dict)
    """Kind → how many."""
    costs: dict[str, Decimal] = field(default_factory=dict)
    """Kind → euros."""
    early: int = 0
    """Of them, replaced in a year before the one they are due in."""
    late: int = 0
    """Of them, replaced in a year after it (what is due before the first year is not late in that one)."""

    @property
    def number(self) -> int:
        """Things in all."""
        return sum(self.numbers.values())

    @property
    def cost(self) -> Decimal:
        """Euros in all."""
        return sum(self.costs.values(), Decimal(0))

    def put(self, lot: Lot, count: int, due_year: int) -> None:
        """Replace so many of a lot in this year."""
        if not count:
            return
        self.numbers[lot.kind] = self.numbers.get(lot.kind, 0) + count
        self.costs[lot.kind] = self.costs.get(lot.kind, Decimal(0)) + count * lot.price
        self.early += count if due_year > self.year else 0
        self.late += count if due_year < self.year else 0


@dataclass(slots=True)
class Plan:
    """A replacement plan."""

    years: list[Year]
    postponed: int = 0
    """Due within the plan, and beyond what its budgets pay."""
    postponed_cost: Decimal = Decimal(0)

    @property
    def number(self) -> int:
        """Things in all."""
        return sum(year.number for year in self.years)

    @property
    def cost(self) -> Decimal:
        """Euros in all."""
        return sum((year.cost for year in self.years), Decimal(0))


def as_due(lots: Iterable[Lot], first: int, years: int = YEARS) -> Plan:
    """Each thing in the year it is past its life; what is past it already, in the first."""
    plan = Plan([Year(first + at) for at in range(years)])
    for lot, due in _within(lots, first, years):
        plan.years[due - first].put(lot, lot.count, due)
    return plan


def levelled(lots: Iterable[Lot], first: int, years: int = YEARS) -> Plan:
    """The same things, the oldest first, at as even a cost a year as whole things allow."""
    due = _within(lots, first, years)
    whole = sum((lot.price * lot.count for lot, _due in due), Decimal(0))
    plan = Plan([Year(first + at) for at in range(years)])
    spent, at = Decimal(0), 0
    for lot, due_year in due:
        count = lot.count
        while count:
            room = whole * (at + 1) / years - spent
            all_fit = at == years - 1 or not lot.price
            fits = count if all_fit else min(count, max(int(room // lot.price), 0))
            plan.years[at].put(lot, fits, due_year)
            spent += fits * lot.price
            count -= fits
            at += 1 if count else 0
    return plan


def within_budget(lots: Iterable[Lot], first: int, budget: Decimal, years: int = YEARS) -> Plan:
    """The oldest first, never more than `budget` euros a year; the rest is postponed."""
    plan = Plan([Year(first + at) for at in range(years)])
    queue = [(lot, due, lot.count) for lot, due in _within(lots, first, years)]
    for year in plan.years:
        left = budget
        rest = []
        for lot, due, count in queue:
            fits = count if not lot.price else min(count, int(left // lot.price))
            year.put(lot, fits, due)
            left -= fits * lot.price
            if fits < count:
                rest.append((lot, due, count - fits))
        queue = rest
    plan.postponed = sum(count for _lot, _due, count in queue)
    plan.postponed_cost = sum((lot.price * count for lot, _due, count in queue), Decimal(0))
    return plan


def _within(lots: Iterable[Lot], first: int, years: int) -> list[tuple[Lot, int]]:
    """The lots due within the plan with their year (the first for what is overdue), the oldest first."""
    found = [(lot, max(lot.due // 12, first)) for lot in lots if lot.count > 0 and lot.due // 12 < first + years]
    return sorted(found, key=lambda pair: (pair[0].due, pair[0].kind, pair[0].price))
