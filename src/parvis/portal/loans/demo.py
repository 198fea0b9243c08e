"""Loans of the fictional authority: five offers, their stock, loans over, under way, late, to come, asked for.

Deterministic, made in bulk. No asset is ever lent twice on a day: `_Shelf` gives each out once for its days.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.loans import under_way_demo
from parvis.portal.loans.models import Checklist, Item, Loan, Offer, Part, PoolAsset
from parvis.portal.parc import rules
from parvis.portal.parc.models import Asset, AssetModel, Assignment

SEED = 20201119
LAPTOPS = 40
PURPOSES = ("Salon des maires", "Formation à Rennes", "Télétravail pendant les travaux", "Réunion publique",
            "Déplacement chez un prestataire", "Permanence du week-end", "Recensement", "Remplacement d’un agent",
            "Élections", "Visite de chantier")  # fmt: skip
TERMS = (
    "Le matériel reste la propriété de la collectivité et sert au travail.\n"
    "Il se rend au plus tard le dernier jour du prêt, complet et propre.\n"
    "Perte, vol ou casse se signalent le jour même à l’assistance informatique\u202f; un vol, aussi à la police."
)
THINGS = (
    ("Targus", "Sacoche nomade 15 pouces", "accessory", "Sacoche prêt", 28, 29),
    ("Jabra", "Evolve2 65", "accessory", "Casque prêt", 28, 139),
    ("Epson", "EB-W49", "accessory", "Vidéoprojecteur", 7, 520),
    ("Logitech", "MeetUp", "accessory", "Barre de visioconférence", 4, 780),
    ("Samsung", "Galaxy XCover 6 Pro", "phone", "Téléphone de prêt", 14, 489),
)
"""Maker, model, kind, name, how many, euros each."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An offer: its parts are (label, kind, model or empty, optional)."""

    name: str
    icon: str
    text: str
    approval: str
    max_days: int
    notice_days: int
    parts: Sequence[tuple[str, str, str, bool]]
    prepare: Sequence[str]
    put_back: Sequence[str]


WIPE = ("Effacer le compte et les fichiers", "Vérifier l’écran et le clavier", "Recharger la batterie")
SAMPLES = (
    Sample(
        "Poste nomade", "device-laptop", "Tout pour travailler ailleurs\u202f: portable, sacoche et casque.",
        Offer.Approval.HEAD, 30, 2,
        (("Portable", "laptop", "", False), ("Sacoche", "accessory", "Sacoche nomade 15 pouces", False),
         ("Casque", "accessory", "Evolve2 65", False), ("Téléphone", "phone", "Galaxy XCover 6 Pro", True)),
        ("Mettre à jour Windows et l’antivirus", "Ouvrir le VPN et l’essayer", "Charger la batterie"), WIPE,
    ),
    Sample(
        "Portable pour une réunion", "device-laptop", "Un portable prêt à projeter, pour quelques jours.",
        Offer.Approval.NONE, 5, 0, (("Portable", "laptop", "", False),), ("Charger la batterie",), WIPE,
    ),
    Sample(
        "Téléphone d’astreinte", "device-mobile", "Un mobile solide avec sa carte SIM.", Offer.Approval.HEAD, 14, 1,
        (("Téléphone", "phone", "Galaxy XCover 6 Pro", False),), ("Essayer un appel",), ("Effacer le téléphone",),
    ),
    Sample(
        "Vidéoprojecteur", "video", "Avec son câble HDMI et sa télécommande.", Offer.Approval.NONE, 3, 1,
        (("Vidéoprojecteur", "accessory", "EB-W49", False),), ("Vérifier câbles et télécommande",),
        ("Nettoyer la lentille",),
    ),
    Sample(
        "Kit de visioconférence", "video", "Une barre de son et d’image, un portable pour la brancher.",
        Offer.Approval.IT, 7, 2,
        (("Barre de visioconférence", "accessory", "MeetUp", False), ("Portable", "laptop", "", False)),
        ("Essayer une réunion",), WIPE,
    ),
)  # fmt: skip


@dataclass(slots=True)
class _Shelf:
    """The lendable assets by (kind, model), and the days each is taken."""

    assets: dict[tuple[str, str], list[Asset]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[int, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, part: Part, starts: date, ends: date) -> Asset | None:
        """One that is free on these days, and is not any more."""
        model = part.model.name if part.model else ""
        for asset in self.assets[part.kind, model]:
            if all(last < starts or first > ends for first, last in self.taken[asset.pk]):
                self.taken[asset.pk].append((starts, ends))
                return asset
        return None


@dataclass(slots=True)
class _Book:
    """Loans and items being written."""

    root: Entity
    now: datetime
    today: date
    team: User
    shelf: _Shelf
    chance: random.Random
    loans: list[Loan] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def add(self, offer: Offer, agent: Agent, starts: int, days: int, state: str) -> Loan | None:
        """One loan `starts` days from today; None if its stock has nothing free."""
        first = self.today + timedelta(days=starts)
        last = first + timedelta(days=days - 1)
        loan = Loan(
            entity=self.root, offer=offer, agent=agent, purpose=self.chance.choice(PURPOSES), starts_date=first,
            ends_date=last, state=state, requested_by=agent.user or self.team,
            requested_at=min(_at(first, 9) - timedelta(days=self.chance.randint(3, 9)), self.now - timedelta(hours=5)),
        )  # fmt: skip
        if state != Loan.State.REQUESTED:
            loan.decided_at, loan.decided_by = loan.requested_at + timedelta(hours=4), self.team
        if state in (Loan.State.REFUSED, Loan.State.CANCELLED):
            loan.closed_at = loan.decided_at
        elif not self._fill(loan, state):
            return None
        self.loans.append(loan)
        return loan

    def _fill(self, loan: Loan, state: str) -> bool:
        if state == Loan.State.REQUESTED:
            return True
        # Until somebody brings it back, what is late is nobody else's.
        ends = date.max if state == Loan.State.OUT and loan.ends_date < self.today else loan.ends_date
        found = [
            (part, asset)
            for part in loan.offer.parts.all()
            if not part.is_optional and (asset := self.shelf.take(part, loan.starts_date, ends))
        ]
        if len(found) < len([part for part in loan.offer.parts.all() if not part.is_optional]):
            return False
        item_state = {Loan.State.OUT: Item.State.OUT, Loan.State.CLOSED: Item.State.BACK}
        for part, asset in found:
            item = Item(loan=loan, part=part, asset=asset, starts_date=loan.starts_date, ends_date=loan.ends_date)
            item.state = item_state.get(Loan.State(state), Item.State.RESERVED)
            self.items.append(item)
        self._date(loan, state, self.items[-len(found) :])
        return True

    def _date(self, loan: Loan, state: str, items: Sequence[Item]) -> None:
        if state in (Loan.State.OUT, Loan.State.CLOSED):
            loan.prepared_at = _at(loan.starts_date, 7)
            loan.out_at, loan.out_by = min(_at(loan.starts_date, 8), self.now - timedelta(hours=2)), self.team
        if state == Loan.State.PREPARED:
            loan.prepared_at = self.now - timedelta(hours=3)
        if state == Loan.State.CLOSED:
            loan.back_at = _at(loan.ends_date, 15)
            loan.closed_at = loan.back_at + timedelta(hours=20)
        for item in items:
            item.out_at, item.back_at = loan.out_at, loan.back_at

    def write(self) -> None:
        """All of it, in few statements; what is out is in service and its borrower's."""
        Loan.objects.bulk_create(self.loans, batch_size=200)
        Item.objects.bulk_create(self.items, batch_size=500)
        out = [item for item in self.items if item.state == Item.State.OUT]
        Asset.objects.filter(pk__in=[item.asset_id for item in out]).update(
            state=Asset.State.DEPLOYED, state_since_date=self.today
        )
        Assignment.objects.bulk_create(
            [Assignment(agent=item.loan.agent, asset=item.asset, since_date=item.starts_date) for item in out],
            ignore_conflicts=True,
        )


@transaction.atomic
def build(now: datetime) -> bool:
    """Make offers, stock and loans; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Offer.objects.filter(entity=root).exists():
        return False
    chance = random.Random(SEED)
    shelf = _fill_shelf(root, now)
    offers = {sample.name: _offer(root, sample) for sample in SAMPLES}
    team = User.objects.get(email__startswith="yann.kerbrat@")
    book = _Book(root, now, clock.today(now), team, shelf, chance)
    agents = list(Agent.objects.filter(entity__path__startswith=root.path).select_related("user").order_by("pk")[:900])
    _of_personas(book, offers, {agent.email.partition("@")[0]: agent for agent in agents})
    # The last of the list: none of these has a role that a page would show differently.
    _of_everybody(book, list(offers.values()), chance.sample(agents[60:], 400))
    book.write()
    under_way_demo.go_on(team=team, now=now)
    return True


def _offer(root: Entity, sample: Sample) -> Offer:
    offer = Offer.objects.create(
        entity=root, name=sample.name, icon=sample.icon, description=sample.text, approval=sample.approval,
        max_days=sample.max_days, notice_days=sample.notice_days, terms=TERMS,
    )  # fmt: skip
    for label, kind, model, optional in sample.parts:
        named = AssetModel.objects.get(name=model, kind=kind) if model else None
        Part.objects.create(offer=offer, label=label, kind=kind, model=named, is_optional=optional)
    steps = [(Checklist.Phase.PREPARE, sample.prepare), (Checklist.Phase.RETURN, sample.put_back)]
    Checklist.objects.bulk_create(
        Checklist(offer=offer, phase=phase, title=title, rank=rank)
        for phase, titles in steps
        for rank, title in enumerate(titles)
    )
    return Offer.objects.prefetch_related("parts__model").get(pk=offer.pk)


def _fill_shelf(root: Entity, now: datetime) -> _Shelf:
    """The spare laptops in stock, and things bought to be lent; all of them in the pool."""
    shelf = _Shelf()
    spare = Asset.objects.filter(entity=root, kind="laptop", state=Asset.State.STOCK, name__startswith="RIV-PR-")
    laptops = list(spare.order_by("name")[:LAPTOPS])
    site = laptops[0].site if laptops else None
    made = []
    for maker, name, kind, called, count, euros in THINGS:
        model, _new = AssetModel.objects.get_or_create(manufacturer=maker, name=name, kind=kind)
        for number in range(1, count + 1):
            tag = f"PRET-{called[:3].upper()}-{number:03d}".replace("É", "E")
            asset = Asset(
                entity=root, site=site, kind=kind, name=f"{called} {number}", model=model, tag=tag,
                state=Asset.State.STOCK, cost=Decimal(euros), created_at=now, updated_at=now,
                purchase_date=clock.today(now) - timedelta(days=400),
            )  # fmt: skip
            asset.search = rules.search_text(asset.name, asset.tag, model, site or "")
            made.append(asset)
    Asset.objects.bulk_create(made)
    PoolAsset.objects.bulk_create([PoolAsset(asset=asset, added_at=now) for asset in (*laptops, *made)])
    shelf.assets["laptop", ""] = laptops
    for asset in made:
        shelf.assets[asset.kind, asset.model.name if asset.model else ""].append(asset)
    return shelf


def _of_personas(book: _Book, offers: dict[str, Offer], agents: dict[str, Agent]) -> None:
    """Claire has one and asks for another; Mathieu is late; Nadia will have one."""
    claire, mathieu, nadia = agents["claire.legoff"], agents["mathieu.riou"], agents["nadia.benali"]
    book.add(offers["Poste nomade"], claire, -6, 14, Loan.State.OUT)
    book.add(offers["Vidéoprojecteur"], claire, -60, 2, Loan.State.CLOSED)
    book.add(offers["Téléphone d’astreinte"], claire, 10, 7, Loan.State.REQUESTED)
    book.add(offers["Portable pour une réunion"], mathieu, -8, 4, Loan.State.OUT)
    book.add(offers["Kit de visioconférence"], nadia, 4, 3, Loan.State.APPROVED)
    book.add(offers["Poste nomade"], nadia, -90, 20, Loan.State.CLOSED)


PLAN = (
    # state, how many, first day from … to … (days from today), how long at least and at most
    (Loan.State.OUT, 34, -9, -1, 12, 24),
    (Loan.State.OUT, 5, -20, -12, 3, 9),
    (Loan.State.PREPARED, 4, 0, 1, 3, 8),
    (Loan.State.APPROVED, 14, 2, 40, 3, 10),
    (Loan.State.REQUESTED, 12, 3, 30, 3, 7),
    (Loan.State.CLOSED, 120, -330, -30, 2, 14),
    (Loan.State.REFUSED, 5, -60, -10, 3, 9),
    (Loan.State.CANCELLED, 6, -60, -5, 3, 9),
)
WEIGHTS = (12, 6, 8, 5, 2)
"""How often each of `SAMPLES` is lent."""


def _of_everybody(book: _Book, offers: Sequence[Offer], agents: Sequence[Agent]) -> None:
    people = iter(agents)
    for state, count, first, last, shortest, longest in PLAN:
        made = 0
        for _attempt in range(count * 3):
            (offer,) = book.chance.choices(offers, WEIGHTS)
            days = min(book.chance.randint(shortest, longest), offer.max_days)
            starts = book.chance.randint(first, last)
            if state == Loan.State.OUT and longest > 10:
                starts = max(starts, 2 - days)  # not over yet
            if book.add(offer, next(people, agents[0]), starts, days, state) is not None:
                made += 1
            if made == count:
                break
    # More asked for than there is: a week under zero.
    for agent in agents[:4]:
        book.add(offers[-1], agent, 16, 3, Loan.State.REQUESTED)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, 30), UTC)
