"""What may be given to an agent: for each thing that lacks, what is free in stock and what can be lent today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.equipment import loading, queries, rules
from parvis.portal.equipment.loading import Person
from parvis.portal.equipment.rules import Slot
from parvis.portal.loans.models import Offer, PoolAsset
from parvis.portal.loans.queries import offers_for
from parvis.portal.loans.services.booking import free_assets as free_of_pool
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, Computer
from parvis.portal.remote_desktop.rules import SENSITIVE_KINDS

MOST_ASSETS = 40
"""Things of a kind offered for one slot."""
LOAN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Need:
    """A thing that lacks or is too old, with what could take its place."""

    slot: Slot | None
    """None: something beyond the profile."""
    assets: list[Asset]
    offers: list[Offer]


@dataclass(frozen=True, slots=True)
class Offered:
    """All there is to choose for an agent."""

    agent: Agent
    person: Person | None
    needs: list[Need]
    computers: list[Computer]
    """Computers the agent has already, whose screen may be opened from elsewhere."""
    reachable: frozenset[int]
    """Of them, those the agent may open today."""
    today: date

    @classmethod
    def to(cls, actor: User, agent: Agent, today: date) -> Offered:
        """What `actor` may give: from the stock and the loan pool of their own perimeter."""
        person = queries.person_of(agent, today)
        stock = _stock(actor, agent)
        offers = _offers(agent, today)
        needs = []
        for slot in queries.slots_of(person):
            if slot.state == rules.THERE:
                continue
            fitting = [asset for asset in stock if _fits(slot, asset)][:MOST_ASSETS]
            lent = [offer for offer, kinds in offers if kinds & set(slot.line.kinds)]
            needs.append(Need(slot, fitting, lent))
        needs.append(Need(None, stock[:MOST_ASSETS], [offer for offer, _kinds in offers]))
        computers = Computer.objects.filter(assignments__agent=agent).exclude(kind__in=SENSITIVE_KINDS)
        return cls(agent, person, needs, list(computers.order_by("name")), loading.screens_of(agent, today), today)

    @property
    def stock(self) -> Sequence[Asset]:
        """Every asset offered, once."""
        return list({asset.pk: asset for need in self.needs for asset in need.assets}.values())

    def longest(self, offer: Offer) -> date:
        """The last day proposed for a loan."""
        return self.today + timedelta(days=min(offer.max_days, LOAN_DAYS) - 1)


def _stock(actor: User, agent: Agent) -> list[Asset]:
    """Free things the actor's team runs, those of the agent's own body first, the youngest first."""
    assets = queries.free_assets(Asset.objects.filter(within(perimeter(actor, *STAFF_ROLES))))
    found = list(assets.select_related("entity", "site", "model").order_by("-purchase_date", "name")[:2000])
    return sorted(found, key=lambda asset: -_common(asset.entity.path, agent.entity.path))


def _common(one: str, other: str) -> int:
    steps = zip(one.split("."), other.split("."), strict=False)
    return next((at for at, (a, b) in enumerate(steps) if a != b or not a), 0)


def _fits(slot: Slot, asset: Asset) -> bool:
    if asset.kind not in slot.line.kinds:
        return False
    return not slot.line.models or asset.model_id in slot.line.models


def _offers(agent: Agent, today: date) -> list[tuple[Offer, set[str]]]:
    """The offers made to the agent of which each required part is free today, with the kinds they lend."""
    if not PoolAsset.objects.exists():
        return []
    found = []
    for offer in offers_for(agent):
        parts = [part for part in offer.parts.all() if not part.is_optional]
        ends = today + timedelta(days=min(offer.max_days, LOAN_DAYS) - 1)
        if parts and all(free_of_pool(part, today, ends, today=today)[: part.quantity].count() for part in parts):
            found.append((offer, {part.kind for part in parts}))
    return found


def is_computer(asset: Asset) -> bool:
    """Whether its screen may be opened from elsewhere."""
    return asset.kind in COMPUTER_KINDS and asset.kind not in SENSITIVE_KINDS
