"""How old the parc is and what of it is to be replaced when: counted by the database, month by month of purchase.

Each entity's settings (`Policy`, the nearest above) say how long a kind is kept and what it costs: assets are told
apart by the *zone* of the settings that hold where they belong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from parvis.portal.directory.models import Entity
from parvis.portal.equipment import ageing, rules
from parvis.portal.equipment.ageing import Lot
from parvis.portal.equipment.loading import price_of
from parvis.portal.equipment.models import Policy
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset

ALIVE = (Asset.State.STOCK, Asset.State.DEPLOYED, Asset.State.REPAIR)
"""The states in which an asset grows old with us."""


@dataclass(frozen=True, slots=True)
class Zones:
    """The settings of every entity that has some, the most local first."""

    policies: tuple[tuple[str, Policy], ...]

    @classmethod
    def load(cls) -> Zones:
        """One query."""
        found = ((policy.entity.path, policy) for policy in Policy.objects.select_related("entity"))
        return cls(tuple(sorted(found, key=lambda pair: -len(pair[0]))))

    def policy(self, path: str) -> Policy | None:
        """Those that hold for an entity."""
        return next((policy for prefix, policy in self.policies if path.startswith(prefix)), None)

    def of(self, number: int) -> Policy | None:
        """Those of a zone as `case` numbers them."""
        return self.policies[number][1] if number >= 0 else None

    def case(self) -> Case | Value:
        """The zone of an asset; −1: no settings."""
        whens = [When(entity__path__startswith=path, then=Value(at)) for at, (path, _p) in enumerate(self.policies)]
        if not whens:
            return Value(-1, output_field=IntegerField())
        return Case(*whens, default=Value(-1), output_field=IntegerField())

    def due(self, kind: str, bought: date | None, path: str) -> int | None:
        """The month in which an asset is past its life; None: never, or its purchase is not known."""
        life = life_of(self.policy(path), kind)
        return None if bought is None or life is None else rules.month_of(bought) + life

    def price(self, kind: str, path: str) -> Decimal:
        """Euros a new one costs."""
        return price_of(self.policy(path), kind)


def life_of(policy: Policy | None, kind: str) -> int | None:
    """Months a kind is kept; None: for ever."""
    months = policy.months if policy is not None else rules.LIVES
    return int(months[kind]) if months.get(kind) else None


def alive(entity: Entity) -> QuerySet[Asset]:
    """The assets of an entity and below that grow old."""
    return Asset.objects.filter(entity__path__startswith=entity.path, state__in=ALIVE)


@dataclass(frozen=True, slots=True)
class Pyramid:
    """How many assets of each age, in and out of warranty."""

    classes: list[int]
    """As `ageing.age_class` numbers them, the youngest first, `UNKNOWN` last."""
    covered: dict[int, int]
    bare: dict[int, int]
    by_kind: dict[str, Counter[int]]
    number: int
    mean: float | None
    """Years, of those whose purchase is known."""


def pyramid(assets: QuerySet[Asset], today: date) -> Pyramid:
    """Counted by the database. One query."""
    rows = assets.order_by().values_list("kind", "purchase_date", "warranty_end_date").annotate(n=Count("pk"))
    covered: Counter[int] = Counter()
    bare: Counter[int] = Counter()
    by_kind: dict[str, Counter[int]] = {}
    days = known = 0
    for kind, bought, ends, number in rows:
        found = ageing.age_class(bought, today)
        (covered if ends is not None and ends >= today else bare)[found] += number
        by_kind.setdefault(kind, Counter())[found] += number
        if bought is not None:
            days += max((today - bought).days, 0) * number
            known += number
    classes = [*range(ageing.OLDEST + 1), ageing.UNKNOWN]
    mean = days / known / 365.25 if known else None
    return Pyramid(classes, dict(covered), dict(bare), by_kind, covered.total() + bare.total(), mean)


def lots(assets: QuerySet[Asset], zones: Zones) -> list[Lot]:
    """What there is to replace, month by month. One query."""
    bought = assets.filter(purchase_date__isnull=False).annotate(zone=zones.case()).order_by()
    rows = bought.values_list("zone", "kind", "purchase_date").annotate(n=Count("pk"))
    counted: Counter[tuple[str, int, Decimal]] = Counter()
    for zone, kind, day, number in rows:
        policy = zones.of(zone)
        life = life_of(policy, kind)
        if life is not None:
            counted[kind, rules.month_of(day) + life, price_of(policy, kind)] += number
    return [Lot(kind, due, number, price) for (kind, due, price), number in sorted(counted.items())]


def due_in(assets: QuerySet[Asset], zones: Zones, first: int, last: int) -> QuerySet[Asset]:
    """The assets past their life by the end of year `last`, and not before the beginning of year `first`."""
    condition = Q(pk__in=[])
    for number in range(-1, len(zones.policies)):
        here = Q(zone=number)
        for kind in Asset.Kind:
            life = life_of(zones.of(number), kind)
            if life is not None:
                span = Q(purchase_date__lt=_day(last * 12 + 12 - life))
                if first > 0:
                    span &= Q(purchase_date__gte=_day(first * 12 - life))
                condition |= here & Q(kind=kind) & span
    return assets.annotate(zone=zones.case()).filter(condition)


def young(assets: QuerySet[Asset], zones: Zones, today: date) -> QuerySet[Asset]:
    """Without those past their life, where that means anything: they would be replaced as soon as they are given."""
    old, month = Q(pk__in=[]), rules.month_of(today)
    for number in range(-1, len(zones.policies)):
        policy = zones.of(number)
        if policy is not None and policy.old_means == rules.FINE:
            continue
        for kind in Asset.Kind:
            life = life_of(policy, kind)
            if life is not None:
                old |= Q(zone=number, kind=kind, purchase_date__lt=_day(month + 1 - life))
    return assets.annotate(zone=zones.case()).exclude(old)


def years(today: date | None = None) -> list[int]:
    """The years of the plan."""
    first = ageing.first_year(today or clock.today())
    return [first + at for at in range(ageing.YEARS)]


def year_choices() -> list[tuple[str, str]]:
    """For the filter of the list."""
    return [(str(year), str(year)) for year in years()]


def of_year(assets: QuerySet[Asset], zones: Zones, year: int | None, today: date) -> QuerySet[Asset]:
    """The assets a plan replaces in one of its years (the first has all that is overdue), or in any."""
    planned = years(today)
    if year is None:
        return due_in(assets, zones, 0, planned[-1])
    return due_in(assets, zones, 0 if year == planned[0] else year, year)


def _day(month: int) -> date:
    return date(max(month // 12, 1), month % 12 + 1, 1)
