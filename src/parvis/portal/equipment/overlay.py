"""Pure rules of scenarios: profiles changed on paper, what is then to buy, and in which year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from parvis.portal.equipment.rules import LACKING, OLD, Condition, Kit, Line, Slot, Who

SPREAD = -1
"""The year of what lacks today: spread over the years of the scenario."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """For these agents, `quantity` things of a kind at a price, in place of `replaces` if there is one."""

    test: Condition
    kind: str
    label: str
    quantity: int
    price: Decimal
    kit: int | None = None
    """Only those who have this profile; None: whatever the profile."""
    replaces: str = ""

    def concerns(self, who: Who, kit: Kit | None) -> bool:
        """Whether the agent is one of those it is about."""
        if self.kit is not None and (kit is None or kit.id != self.kit):
            return False
        return self.test.holds(who)


def altered(lines: Sequence[Line], alteration: Alteration) -> tuple[Line, ...]:
    """The lines as the alteration wants them: it says all there is to say of its kind."""
    kept = [line for line in lines if not alteration.replaces or line.kinds[0] != alteration.replaces]
    same = next((line for line in kept if line.kinds[0] == alteration.kind), None)
    kept = [line for line in kept if line.kinds[0] != alteration.kind]
    if alteration.quantity:
        line = same or Line((alteration.kind,), alteration.label, 1, alteration.price)
        kept.append(replace(line, quantity=alteration.quantity, price=alteration.price, required=True))
    return tuple(kept)


class Overlay:
    """Gives each agent's profile as the scenario has it; the same agents get the very same object."""

    def __init__(self, alterations: Sequence[Alteration]) -> None:
        self._alterations = alterations
        self._made: dict[tuple[int, tuple[int, ...]], Kit] = {}

    def __call__(self, who: Who, kit: Kit | None) -> Kit | None:
        """The profile on paper; None: none in force, and the scenario gives nothing."""
        hits = tuple(at for at, each in enumerate(self._alterations) if each.concerns(who, kit))
        if not hits:
            return kit
        key = (kit.id if kit else 0, hits)
        if key not in self._made:
            base = kit or Kit(0, "", "", 0, (), ())
            lines = base.lines
            for at in hits:
                lines = altered(lines, self._alterations[at])
            self._made[key] = replace(base, lines=lines)
        return self._made[key]


@dataclass(frozen=True, slots=True)
class Purchase:
    """One thing to buy: of a kind, at a price, in the year `year` of the plan (0 is the first), or `SPREAD`."""

    kind: str
    price: Decimal
    year: int


def purchases(slots: Sequence[Slot], *, first_year: int, years: int, renew: bool) -> tuple[Purchase, ...]:
    """What one agent's slots make necessary in those years."""
    found = []
    for slot in slots:
        if not slot.line.required:
            continue
        if slot.state == LACKING:
            found.append(Purchase(slot.line.kinds[0], slot.line.price, SPREAD))
        elif slot.state == OLD:
            found.append(Purchase(slot.line.kinds[0], slot.line.price, 0))
        elif renew and slot.due is not None and slot.due // 12 < first_year + years:
            found.append(Purchase(slot.line.kinds[0], slot.line.price, max(slot.due // 12 - first_year, 0)))
    return tuple(found)


def shares(number: int, years: int) -> list[int]:
    """A number cut into as many even whole parts as there are years; they differ by one at most, the first not less."""
    return [-(-number * (year + 1) // years) + (-number * year // years) for year in range(years)]


@dataclass(slots=True)
class Bill:
    """What a scenario costs."""

    years: int
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Kind → things to buy, a number a year."""
    costs: list[Decimal] = field(default_factory=list)
    """Euros, year by year."""
    reused: dict[str, int] = field(default_factory=dict)
    """Kind → things taken from stock."""
    saved: Decimal = Decimal(0)
    """Euros the stock saves."""

    @property
    def cost(self) -> Decimal:
        """Euros in all."""
        return sum(self.costs, Decimal(0))

    @property
    def number(self) -> int:
        """Things to buy in all."""
        return sum(map(sum, self.numbers.values()))


def bill(wanted: Mapping[Purchase, int], *, years: int, stock: Mapping[str, int]) -> Bill:
    """What is to buy once the stock (kind → free things) is used, the dearest first, for what lacks today."""
    found = Bill(years, costs=[Decimal(0)] * years)
    left = Counter({kind: number for kind, number in stock.items() if number > 0})
    numbers: defaultdict[str, list[int]] = defaultdict(lambda: [0] * years)
    for purchase, number in sorted(wanted.items(), key=lambda pair: (-pair[0].price, pair[0].kind, pair[0].year)):
        if purchase.year == SPREAD:
            reused = min(left[purchase.kind], number)
            if reused:
                left[purchase.kind] -= reused
                found.reused[purchase.kind] = found.reused.get(purchase.kind, 0) + reused
                found.saved += reused * purchase.price
            parts = shares(number - reused, years)
        else:
            parts = [number if year == purchase.year else 0 for year in range(years)]
        for year, part in enumerate(parts):
            numbers[purchase.kind][year] += part
            found.costs[year] += part * purchase.price
    found.numbers = {kind: parts for kind, parts in sorted(numbers.items()) if any(parts)}
    return found


def total(wanted: Iterable[tuple[Purchase, int]]) -> Decimal:
    """Euros of purchases before any stock is used."""
    return sum((purchase.price * number for purchase, number in wanted), Decimal(0))
