"""What scenarios cost, from the facts of the agents as they are: read once, however many scenarios are compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from parvis.portal.directory.models import Entity
from parvis.portal.equipment import ageing, loading, overlay, queries, rules
from parvis.portal.equipment.loading import Facts, Outcome, Survey
from parvis.portal.equipment.models import Change, Scenario
from parvis.portal.equipment.overlay import Alteration, Bill, Overlay, Purchase
from parvis.portal.equipment.rules import Condition, Tally
from parvis.portal.parc.models import Asset

AS_IS_YEARS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A department's part: before any stock is used, all years together."""

    entity: Entity
    number: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Costed:
    """A scenario with its figures; `scenario` None: the profiles as they are."""

    scenario: Scenario | None
    bill: Bill
    total: Tally
    parts: list[Part]
    first_year: int

    @property
    def years(self) -> list[tuple[int, Decimal]]:
        """Year and euros."""
        return [(self.first_year + at, cost) for at, cost in enumerate(self.bill.costs)]


@dataclass(slots=True)
class Desk:
    """The facts of an entity with all below it, on which scenarios are costed."""

    entity: Entity
    facts: Facts
    stock: dict[str, int]
    children: list[Entity]
    today: date

    @classmethod
    def of(cls, entity: Entity, today: date) -> Desk:
        """About fifteen queries."""
        facts = loading.load(Q(entity__path__startswith=entity.path), today=today)
        children = list(Entity.objects.filter(parent=entity).order_by("name"))
        return cls(entity, facts, queries.free_stock(entity, today), children, today)

    def cost(self, scenario: Scenario | None, changes: Sequence[Change] = ()) -> Costed:
        """In memory."""
        years = scenario.spread_years if scenario else AS_IS_YEARS
        first = ageing.first_year(self.today)
        reshape = Overlay([alteration_of(change) for change in changes]) if scenario else None
        survey = loading.survey(self.facts, reshape=reshape, until_year=first + years)
        renew = scenario.renew if scenario else True
        bought = _Purchases(first, years, renew)
        wanted = bought.of(survey)
        stock = self.stock if scenario is None or scenario.reuse_stock else {}
        total = Tally()
        for each in survey.tally_by(lambda person: None).values():
            total.add(each)
        parts = self._parts(survey, bought)
        return Costed(scenario, overlay.bill(wanted, years=years, stock=stock), total, parts, first)

    def _parts(self, survey: Survey, bought: _Purchases) -> list[Part]:
        depth = len(self.entity.path) + queries.STEP
        groups: defaultdict[str, list[loading.Person]] = defaultdict(list)
        for person in survey.people:
            groups[person.path[:depth]].append(person)
        found = []
        for entity in [*self.children, self.entity]:
            wanted = bought.of(Survey(groups.get(entity.path, [])))
            if wanted:
                found.append(Part(entity, wanted.total(), overlay.total(wanted.items())))
        return found


class _Purchases:
    """What outcomes make necessary, each case once."""

    def __init__(self, first: int, years: int, renew: bool) -> None:
        self.first, self.years, self.renew = first, years, renew
        self._found: dict[int, tuple[Outcome, Counter[Purchase]]] = {}

    def of(self, survey: Survey) -> Counter[Purchase]:
        """All agents together."""
        wanted: Counter[Purchase] = Counter()
        for outcome, times in survey.outcomes():
            for purchase, number in self._one(outcome).items():
                wanted[purchase] += number * times
        return wanted

    def _one(self, outcome: Outcome) -> Counter[Purchase]:
        if id(outcome) not in self._found:
            slots = outcome.slots or ()
            bought = overlay.purchases(slots, first_year=self.first, years=self.years, renew=self.renew)
            self._found[id(outcome)] = (outcome, Counter(bought))
        return self._found[id(outcome)][1]


def alteration_of(change: Change) -> Alteration:
    """A change, as the rules want it; with its department."""
    path = change.department.path if change.department is not None else ""
    return Alteration(
        Condition(rules.words_of(change.words), path, change.telework),
        change.kind,
        str(Asset.Kind(change.kind).label),
        change.quantity,
        change.unit_price,
        change.profile_id,
        change.replaces_kind,
    )
