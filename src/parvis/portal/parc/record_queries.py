"""Reads of suppliers, contracts, documents, maintenance and plans. For the IT team and the auditors only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.parc.models import (
    COMPUTER_KINDS,
    Asset,
    AssetEvent,
    AssetModel,
    Contract,
    Document,
    FloorPlan,
    Maintenance,
    PlanRoom,
    Site,
    Supplier,
)
from parvis.portal.parc.queries import VIEWING_ROLES, assets_visible_to

SOON = timedelta(days=90)
"""How far ahead ends of warranties and contracts are told."""
LONG_REPAIR = timedelta(days=30)
"""A repair open for longer is told."""
LATE_ORDER = timedelta(days=45)
"""An order not received for longer is told."""
GONE = ("retired", "disposed")
"""States in which nobody cares for a warranty any more."""


def suppliers_visible_to(user: Someone) -> QuerySet[Supplier]:
    """Those of the user's perimeter; with entity."""
    return Supplier.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity")


def contracts_visible_to(user: Someone) -> QuerySet[Contract]:
    """Those of the user's perimeter; with entity and supplier."""
    return Contract.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity", "supplier")


def watched_assets(user: Someone) -> QuerySet[Asset]:
    """The assets of which the user reads purchase, documents and history too (not merely one's own)."""
    return Asset.objects.filter(within(perimeter(user, *VIEWING_ROLES))).select_related("entity", "site", "model")


def documents_visible_to(user: Someone) -> QuerySet[Document]:
    """Those of assets and contracts of the user's perimeter."""
    prefixes = perimeter(user, *VIEWING_ROLES)
    return Document.objects.filter(
        within(prefixes, "asset__entity__path") | within(prefixes, "contract__entity__path")
    ).select_related("asset__entity", "contract__entity", "added_by")


def maintenances_visible_to(user: Someone) -> QuerySet[Maintenance]:
    """Those of assets of the user's perimeter."""
    return Maintenance.objects.filter(within(perimeter(user, *VIEWING_ROLES), "asset__entity__path")).select_related(
        "asset__entity", "supplier"
    )


def plans_visible_to(user: Someone) -> QuerySet[FloorPlan]:
    """Those of sites of the user's perimeter; with site."""
    return FloorPlan.objects.filter(within(perimeter(user, *VIEWING_ROLES), "site__entity__path")).select_related(
        "site__entity"
    )


def plan_rooms_visible_to(user: Someone) -> QuerySet[PlanRoom]:
    """Rooms on those plans."""
    return PlanRoom.objects.filter(plan__in=plans_visible_to(user).values("pk")).select_related("plan__site__entity")


@dataclass(frozen=True, slots=True)
class RoomOnPlan:
    """A room, where it is, and how many assets in service or in stock are in it."""

    room: PlanRoom
    count: int

    @property
    def left(self) -> str:
        """Percent from the left, as CSS and SVG write it."""
        return f"{self.room.x * 100:.2f}"

    @property
    def top(self) -> str:
        """Percent from the top."""
        return f"{self.room.y * 100:.2f}"


def rooms_of_plan(user: Someone, plan: FloorPlan) -> list[RoomOnPlan]:
    """The rooms placed on a plan, with what is in them."""
    counts = _room_counts(user, plan.site)
    return [RoomOnPlan(each, counts.get(each.room, 0)) for each in plan.rooms.select_related("plan")]


def rooms_of_site(user: Someone, site: Site) -> list[str]:
    """The rooms in which assets of this site are, by name."""
    return sorted(_room_counts(user, site))


def room_counts(user: Someone, site: Site) -> list[tuple[str, int]]:
    """The same with how many assets are in each."""
    return sorted(_room_counts(user, site).items())


def _room_counts(user: Someone, site: Site) -> dict[str, int]:
    there = watched_assets(user).filter(site=site).exclude(room="").exclude(state__in=GONE)
    return dict(there.order_by().values_list("room").annotate(count=Count("pk")))


def events_of(asset: Asset) -> QuerySet[AssetEvent]:
    """An asset's history, newest first; with actor and agent."""
    return AssetEvent.objects.filter(asset=asset).select_related("actor", "agent").order_by("-at", "-pk")


def events_of_agent(user: Someone, agent: Agent) -> QuerySet[AssetEvent]:
    """What an agent was given and gave back, newest first, of assets that the user watches; with asset and actor."""
    watched = watched_assets(user).order_by().values("pk")
    events = AssetEvent.objects.filter(agent=agent, asset__in=watched)
    return events.select_related("actor", "agent", "asset__model").order_by("-at", "-pk")


def models_in_use(user: Someone, kind: str) -> list[AssetModel]:
    """The models of this kind that the user's assets have, for suggestions: at most 300."""
    used = assets_visible_to(user).filter(model=OuterRef("pk")).order_by()
    return list(AssetModel.objects.filter(Exists(used), kind=kind)[:300])


def with_next_notice(contracts: QuerySet[Contract]) -> list[Contract]:
    """The contracts with an end, the nearest last day to give notice first."""
    return sorted(contracts.filter(ends_date__isnull=False), key=lambda each: (notice_date(each), each.pk))


def notice_date(contract: Contract) -> date:
    """The last day to give notice; of a contract without end, never."""
    return contract.ends_date - timedelta(days=contract.notice_days) if contract.ends_date else date.max


@dataclass(frozen=True, slots=True)
class Watched:
    """What wants attention soon."""

    contracts: list[Contract]
    """Ended lately, or whose notice must be given within `SOON`."""
    warranties: QuerySet[Asset]
    """Ending within `SOON`, the first first."""
    repairs: QuerySet[Maintenance]
    """Open for longer than `LONG_REPAIR`, the oldest first."""
    orders: QuerySet[Asset]
    """Ordered for longer than `LATE_ORDER`."""
    lost: QuerySet[Asset]


def watched(user: Someone, today: date) -> Watched:
    """All of it, in the user's perimeter."""
    assets = watched_assets(user)
    contracts = contracts_visible_to(user).filter(ends_date__gte=today - SOON)
    return Watched(
        contracts=[each for each in with_next_notice(contracts) if notice_date(each) <= today + SOON],
        warranties=ending_warranties(assets, today).order_by("warranty_end_date", "pk"),
        repairs=maintenances_visible_to(user)
        .filter(closed_date__isnull=True, opened_date__lt=today - LONG_REPAIR)
        .order_by("opened_date", "pk"),
        orders=assets.filter(state=Asset.State.ORDERED, state_since_date__lt=today - LATE_ORDER).order_by(
            "state_since_date", "pk"
        ),
        lost=assets.filter(state=Asset.State.LOST).order_by("-state_since_date", "pk"),
    )


def ending_warranties(assets: QuerySet[Asset], today: date) -> QuerySet[Asset]:
    """Those whose warranty ends within `SOON`, still of use."""
    return assets.filter(warranty_end_date__range=(today, today + SOON)).exclude(state__in=GONE)


def contracts_to_decide(user: Someone) -> int:
    """How many contracts must be decided on within a month, or run out undecided: the menu's badge."""
    today = clock.today()
    contracts = Contract.objects.filter(within(perimeter(user, *STAFF_ROLES)), ends_date__gte=today)
    near = today + timedelta(days=30)
    rows = contracts.order_by().values_list("ends_date", "notice_days")
    return sum(1 for ends, notice in rows if ends is not None and ends - timedelta(days=notice) <= near)


@dataclass(frozen=True, slots=True)
class KindCount:
    """Assets of one kind, by state."""

    kind: str
    label: str
    by_state: list[int]
    total: int


def counts_by_kind_and_state(assets: QuerySet[Asset]) -> tuple[list[str], list[KindCount]]:
    """The states that occur, and for each kind that occurs how many are in each. One query."""
    found = list(assets.order_by().values_list("kind", "state").annotate(count=Count("pk")))
    counts = {(kind, state): count for kind, state, count in found}
    states = [state for state in Asset.State.values if any(state == each for _kind, each in counts)]
    rows = []
    for kind, label in Asset.Kind.choices:
        by_state = [counts.get((kind, state), 0) for state in states]
        if any(by_state):
            rows.append(KindCount(kind, str(label), by_state, sum(by_state)))
    return states, rows


def counts_by_kind(assets: QuerySet[Asset]) -> list[tuple[str, str, int]]:
    """For each kind that occurs: its value, its name, how many. One query."""
    counts = dict(assets.order_by().values_list("kind").annotate(count=Count("pk")))
    return [(kind, str(label), counts[kind]) for kind, label in Asset.Kind.choices if kind in counts]


def spent_on(asset: Asset) -> Decimal | None:
    """What was paid for its repairs and upkeep; None: nothing is known."""
    total: Decimal | None = Maintenance.objects.filter(asset=asset.pk).aggregate(total=Sum("cost"))["total"]
    return total


def sites_with_counts(sites: QuerySet[Site]) -> QuerySet[Site]:
    """With how many assets and computers are there."""
    there = Asset.objects.filter(site=OuterRef("pk")).exclude(state=Asset.State.DISPOSED).order_by().values("site")
    computers = there.filter(kind__in=COMPUTER_KINDS)
    return sites.annotate(asset_count=_how_many(there), computer_count=_how_many(computers))


def _how_many(rows: QuerySet[Any, Any]) -> Coalesce:
    """A subquery that counts rows already grouped by `values`."""
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def with_counts(suppliers: QuerySet[Supplier]) -> QuerySet[Supplier]:
    """With how many assets and contracts each has."""
    assets = Asset.objects.filter(supplier=OuterRef("pk")).order_by().values("supplier")
    contracts = Contract.objects.filter(supplier=OuterRef("pk")).order_by().values("supplier")
    return suppliers.annotate(asset_count=_how_many(assets), contract_count=_how_many(contracts))
