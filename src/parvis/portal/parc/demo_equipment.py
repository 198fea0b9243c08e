"""The rest of the fictional authority's equipment, and the purchase, history and repairs of all of it.

Deterministic and made in bulk; `demo` says what computers there are, and this room's demo begins there.
"""

from __future__ import annotations

import random
import string
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc import rules
from parvis.portal.parc.demo_catalogue import DEALS, PRODUCTS, REPAIRS, SUPPLIERS, Deal, Product
from parvis.portal.parc.models import Asset, AssetEvent, AssetModel, Assignment, Contract, Maintenance, Site, Supplier

SEED = 20201122
YEAR = 365.25
BATCHES = 14
"""Orders per product: things are bought together."""
LENDABLE = 40
"""Spare laptops in stock, for loans."""
SERIAL_SIGNS = string.digits + "BCDFGHJKLMNPQRSTVWXYZ"

PROBED = dict.fromkeys(("name", "serial", "model", "address", "mac_address"), "probe")
BOUGHT = dict.fromkeys(("supplier", "order_number", "purchase_date", "warranty_end_date", "cost", "tag"), "import")


@dataclass(frozen=True, slots=True)
class Order:
    """Things of one product bought on one day."""

    product: Product
    number: str
    day: date


@dataclass(slots=True)
class Shop:
    """Suppliers, contracts, models and orders; gives every asset where it comes from."""

    root: Entity
    today: date
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    orders: dict[str, list[Order]] = field(default_factory=dict)
    weights: dict[str, list[int]] = field(default_factory=dict)
    models: dict[tuple[str, str], AssetModel] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    contracts: list[tuple[Deal, Contract]] = field(default_factory=list)
    tags: int = 0

    def open(self) -> None:
        """Make suppliers, contracts, models, and the orders of eight years."""
        self.suppliers = {
            each.name: each
            for each in Supplier.objects.bulk_create(
                Supplier(entity=self.root, name=name, email=email, phone=phone) for name, email, phone in SUPPLIERS
            )
        }
        self.models = {
            (product.kind, product.name): AssetModel.objects.get_or_create(
                manufacturer=product.manufacturer, name=product.name, kind=product.kind
            )[0]
            for product in PRODUCTS
        }
        self.contracts = list(zip(DEALS, Contract.objects.bulk_create(map(self._contract, DEALS)), strict=True))
        numbers = iter(range(100, 10_000))
        for product in PRODUCTS:
            made = [self._order(product, next(numbers)) for _ in range(BATCHES)]
            self.orders.setdefault(product.kind, []).extend(made)
            self.weights.setdefault(product.kind, []).extend([product.share] * BATCHES)

    def _contract(self, deal: Deal) -> Contract:
        return Contract(
            entity=self.root,
            supplier=self.suppliers[deal.supplier],
            name=deal.name,
            kind=deal.kind,
            reference=deal.reference,
            starts_date=self.today - timedelta(days=deal.begun),
            ends_date=self.today + timedelta(days=deal.ends),
            notice_days=deal.notice,
            yearly_cost=Decimal(deal.euros),
        )

    def _order(self, product: Product, number: int) -> Order:
        age = self.chance.uniform(product.youngest, product.oldest)
        day = self.today - timedelta(days=max(round(age * YEAR), 6))
        return Order(product, f"BC-{day.year}-{number:04d}", day)

    def supply(self, asset: Asset) -> Asset:
        """Choose a product for it, with all that follows: model, serial, purchase, warranty, contract, tag, search."""
        (order,) = self.chance.choices(self.orders[asset.kind], self.weights[asset.kind])
        product, self.tags = order.product, self.tags + 1
        asset.model = self.models[product.kind, product.name]
        asset.serial = asset.serial or self._serial(product)
        asset.tag = f"RM-{self.tags:05d}"
        asset.supplier, asset.order_number = self.suppliers[product.supplier], order.number
        asset.purchase_date = order.day
        if product.warranty_years:
            asset.warranty_end_date = order.day + timedelta(days=round(product.warranty_years * YEAR))
        asset.cost = Decimal(product.euros) if product.euros else None
        asset.contract = self._contract_of(product)
        asset.origins = {**BOUGHT, **PROBED} if asset.is_computer else BOUGHT
        asset.created_at = asset.updated_at = datetime.combine(order.day, time(8, 30), UTC)
        asset.state_since_date = order.day + timedelta(days=5)
        asset.search = rules.search_text(
            asset.name, asset.tag, asset.serial, asset.model, asset.site or "", asset.room, asset.address,
            asset.mac_address, asset.phone_number,
        )  # fmt: skip
        return asset

    def _serial(self, product: Product) -> str:
        if product.kind == "phone":
            return "35" + "".join(self.chance.choices(string.digits, k=13))
        if product.kind == "sim":
            return "893300" + "".join(self.chance.choices(string.digits, k=13))
        length = 7 if product.manufacturer == "Dell" else 10
        return "".join(self.chance.choices(SERIAL_SIGNS, k=length))

    def _contract_of(self, product: Product) -> Contract | None:
        for deal, contract in self.contracts:
            if product.kind in deal.kinds and (not deal.products or product.name in deal.products):
                return contract
        return None


@dataclass(slots=True)
class Goods:
    """Assets being made, and who gets them."""

    shop: Shop
    assets: list[Asset] = field(default_factory=list)
    given: list[tuple[Agent, Asset]] = field(default_factory=list)
    numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, kind: str, prefix: str, entity: Entity, site: Site | None, agent: Agent | None = None,
            **fields: object) -> Asset:  # fmt: skip
        """One more of this kind; to nobody, it is in stock unless `state` says otherwise."""
        self.numbers[prefix] += 1
        state = Asset.State.DEPLOYED if agent else Asset.State.STOCK
        asset = Asset(kind=kind, name=f"{prefix}-{self.numbers[prefix]:05d}", entity=entity, site=site, state=state)
        asset.room = room_of(agent) if agent is not None and kind in {"screen", "desk_phone"} else ""
        for name, value in fields.items():
            setattr(asset, name, value)
        self.assets.append(self.shop.supply(asset))
        if agent is not None:
            self.given.append((agent, asset))
        return asset


def room_of(agent: Agent) -> str:
    """The office alone: the building is the site."""
    return agent.office.rpartition(", ")[2].capitalize()


def put_in_stock(spare: Sequence[Asset], root: Entity, site: Site) -> None:
    """Spare laptops: some forty to lend, some in repair or retired, the others in meeting rooms."""
    rooms = ("Salle de formation", "Salle du conseil", "Salle Molène", "Salle Ouessant", "Salle Sein")
    for rank, asset in enumerate(spare):
        asset.entity, asset.site = root, site
        if rank < LENDABLE:
            asset.state, asset.room = Asset.State.STOCK, "Réserve de la DSI"
        elif rank < LENDABLE + 8:
            asset.state, asset.room = Asset.State.REPAIR, "Atelier"
        elif rank < LENDABLE + 20:
            asset.state, asset.room = Asset.State.RETIRED, "Réserve de la DSI"
        elif rank < LENDABLE + 22:
            asset.state = Asset.State.LOST
        else:
            asset.room = rooms[rank % len(rooms)]


def equip(goods: Goods, desks: Iterable[tuple[Agent, Asset]], sites: Sequence[Site]) -> None:
    """Screens, telephones, badges and accessories of the agents; printers and network of the sites; stock."""
    root, store = goods.shop.root, sites[0]
    for rank, (agent, desk) in enumerate(desks):
        _equip_desk(goods, rank, agent, desk)
        _equip_person(goods, rank, agent, desk.site)
    for rank, site in enumerate(sites):
        _equip_site(goods, site, rank)
    for kind, prefix, count in (("screen", "ECR", 110), ("phone", "MOB", 34), ("desk_phone", "TEL", 26),
                                ("tablet", "TAB", 14), ("sim", "SIM", 45), ("badge", "BDG", 80),
                                ("accessory", "ACC", 190)):  # fmt: skip
        for _ in range(count):
            goods.add(kind, prefix, root, store, room="Réserve de la DSI")
    for _ in range(24):
        goods.add("screen", "ECR", root, None, state=Asset.State.ORDERED)


def _equip_desk(goods: Goods, rank: int, agent: Agent, desk: Asset) -> None:
    chance, entity, site = goods.shop.chance, agent.entity, desk.site
    if desk.kind == Asset.Kind.OFFICE or chance.random() < 0.55:
        goods.add("screen", "ECR", entity, site, agent)
    if chance.random() < 0.12:
        goods.add("screen", "ECR", entity, site, agent)
    if (desk.kind == Asset.Kind.LAPTOP and chance.random() < 0.8) or rank == 0:
        goods.add("accessory", "ACC", entity, site, agent)


def _equip_person(goods: Goods, rank: int, agent: Agent, site: Site | None) -> None:
    chance, entity = goods.shop.chance, agent.entity
    if chance.random() < 0.19:
        line = f"06 00 {rank // 100:02d} {rank % 100:02d} {chance.randrange(100):02d}"
        goods.add("phone", "MOB", entity, site, agent, phone_number=line)
        goods.add("sim", "SIM", entity, site, agent, phone_number=line)
    elif chance.random() < 0.24:
        line = f"02 00 01 {rank // 100:02d} {rank % 100:02d}"
        goods.add("desk_phone", "TEL", entity, site, agent, phone_number=line)
    if chance.random() < 0.28:
        goods.add("badge", "BDG", entity, site, agent)
    if chance.random() < 0.045:
        goods.add("tablet", "TAB", entity, site, agent)


def _equip_site(goods: Goods, site: Site, rank: int) -> None:
    chance, entity = goods.shop.chance, site.entity
    big = rank < 2
    for number in range(12 if big else chance.randrange(2, 6)):
        goods.add(
            "printer", "IMP", entity, site, state=Asset.State.DEPLOYED, room=f"Couloir {number // 2 + 1}",
            address=f"10.{rank + 20}.200.{number + 1}",
        )  # fmt: skip
    for number in range(14 if big else chance.randrange(1, 5)):
        goods.add(
            "network", "RES", entity, site, state=Asset.State.DEPLOYED, room=f"Local technique {number // 4 + 1}",
            address=f"10.{rank + 20}.254.{number + 1}",
        )  # fmt: skip


@dataclass(slots=True)
class Story:
    """What is known of the past, written once the assets are."""

    assignments: list[Assignment] = field(default_factory=list)
    repairs: list[Maintenance] = field(default_factory=list)
    events: list[AssetEvent] = field(default_factory=list)

    def save(self) -> None:
        """All of it, in bulk."""
        Assignment.objects.bulk_create(self.assignments, batch_size=1000)
        Maintenance.objects.bulk_create(self.repairs, batch_size=500)
        AssetEvent.objects.bulk_create(self.events, batch_size=1000)


def tell(shop: Shop, given: Sequence[tuple[Agent, Asset]], assets: Sequence[Asset], now: datetime) -> Story:
    """Histories and repairs: who was given what and when, what broke. The assets are not saved yet."""
    actor, story = User.objects.filter(email__startswith="yann.kerbrat@").first(), Story()
    for rank, (agent, asset) in enumerate(given):
        bought = asset.purchase_date or shop.today
        since = min(bought + timedelta(days=shop.chance.randrange(3, 60)), shop.today)
        story.assignments.append(Assignment(agent=agent, asset=asset, since_date=since))
        asset.state_since_date = since
        if asset.kind != "screen" or rank % 4 == 0:
            at = min(datetime.combine(since, time(9, 10), UTC), now)
            story.events.append(AssetEvent(asset=asset, agent=agent, kind="assigned", at=at, actor=actor))
    for asset in assets:
        if asset.state == Asset.State.REPAIR:
            story.repairs.append(_repair(shop, asset, closed=False))
        elif asset.is_computer and asset.state == Asset.State.DEPLOYED and shop.chance.random() < 0.03:
            story.repairs.append(_repair(shop, asset, closed=True))
        elif asset.state in {Asset.State.RETIRED, Asset.State.LOST}:
            asset.state_since_date = shop.today - timedelta(days=shop.chance.randrange(5, 200))
            reason = "Perdu lors d’un déplacement" if asset.state == Asset.State.LOST else "Renouvellement"
            story.events.append(_moved(asset, "deployed", actor, reason))
        elif asset.state == Asset.State.ORDERED:
            asset.state_since_date = asset.purchase_date = shop.today - timedelta(days=52)
            asset.order_number, asset.warranty_end_date = f"BC-{asset.purchase_date.year}-0098", None
    for repair in story.repairs:
        story.events += _told(repair, actor)
    return story


def _repair(shop: Shop, asset: Asset, *, closed: bool) -> Maintenance:
    chance = shop.chance
    summary, outcome = chance.choice(REPAIRS)
    oldest = max((shop.today - (asset.purchase_date or shop.today)).days, 12)
    opened = shop.today - timedelta(days=chance.randrange(10, oldest) if closed else chance.randrange(3, 70))
    name = "Atelier du Numérique solidaire" if chance.random() < 0.5 else "Armor Informatique"
    if not closed:
        asset.state_since_date = opened
    return Maintenance(
        asset=asset,
        kind=Maintenance.Kind.REPAIR,
        summary=summary,
        supplier=shop.suppliers[name],
        opened_date=opened,
        closed_date=min(opened + timedelta(days=chance.randrange(2, 25)), shop.today) if closed else None,
        cost=Decimal(chance.randrange(0, 24) * 10) if closed else None,
        outcome=outcome if closed else "",
    )


def _moved(asset: Asset, before: str, actor: User | None, reason: str) -> AssetEvent:
    data = {"from": before, "to": str(asset.state), "reason": reason}
    at = datetime.combine(asset.state_since_date, time(14, 20), UTC)
    return AssetEvent(asset=asset, kind="state", at=at, actor=actor, data=data)


def _told(repair: Maintenance, actor: User | None) -> list[AssetEvent]:
    data = {"kind": str(repair.kind), "summary": repair.summary, "outcome": ""}
    told = [(repair.opened_date, {**data, "step": "opened"})]
    if repair.closed_date is not None:
        told.append((repair.closed_date, {**data, "step": "closed", "outcome": repair.outcome}))
    return [
        AssetEvent(
            asset=repair.asset, kind="maintenance", at=datetime.combine(day, time(10), UTC), actor=actor, data=said
        )
        for day, said in told
    ]


def opened_shop(root: Entity, now: datetime) -> Shop:
    """The shop of this authority, today."""
    shop = Shop(root, clock.today(now))
    shop.open()
    return shop
