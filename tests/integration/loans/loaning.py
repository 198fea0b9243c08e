"""A commune that lends: a kit of a laptop and a bag, two of each in stock, the people who ask and decide."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.loans.models import Item, Loan, Offer, Part, PoolAsset
from parvis.portal.parc.models import Asset
from tests.integration.authority import grant, make_agent, make_entity, make_member

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
"""A Monday."""
_numbers = itertools.count(1)


def day(later: int) -> date:
    return TODAY + timedelta(days=later)


def make_asset(entity: Entity, kind: str = "laptop", *, pool: bool = True, **fields: object) -> Asset:
    number = next(_numbers)
    name = f"RIV-PR-{number:05d}" if kind == "laptop" else f"{kind} {number}"
    asset = Asset.objects.create(
        **{"entity": entity, "kind": kind, "name": name, "state": "stock", "search": name.lower(), **fields}
    )
    if pool:
        PoolAsset.objects.create(asset=asset)
    return asset


@dataclass
class Lender:
    root: Entity
    department: Entity
    offer: Offer
    laptop_part: Part
    bag_part: Part
    laptops: list[Asset]
    bags: list[Asset]
    agent: Agent
    user: User
    head: User
    technician: User

    def loan(self, starts: int = 1, ends: int = 5, *, state: str = "requested", **fields: object) -> Loan:
        return Loan.objects.create(
            **{
                "entity": self.root,
                "offer": self.offer,
                "agent": self.agent,
                "starts_date": day(starts),
                "ends_date": day(ends),
                "state": state,
                "requested_at": NOW,
                **fields,
            }
        )

    def out(self, asset: Asset, starts: int, ends: int, **fields: object) -> Loan:
        """A loan handed over: its asset is away."""
        loan = self.loan(starts, ends, state="out", out_at=NOW, **fields)
        Item.objects.create(
            loan=loan, part=self.laptop_part, asset=asset, starts_date=day(starts), ends_date=day(ends), state="out",
            out_at=NOW,
        )  # fmt: skip
        Asset.objects.filter(pk=asset.pk).update(state="deployed")
        return loan


def make_lender(count: int = 2) -> Lender:
    root = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
    department = make_entity("Finances", root)
    offer = Offer.objects.create(entity=root, name="Poste nomade", max_days=14, notice_days=1, approval="head")
    laptop = Part.objects.create(offer=offer, kind="laptop", label="Portable")
    bag = Part.objects.create(offer=offer, kind="accessory", label="Sacoche")
    agent = make_agent(department, account=True)
    assert agent.user is not None
    return Lender(
        root,
        department,
        offer,
        laptop,
        bag,
        [make_asset(root) for _each in range(count)],
        [make_asset(root, "accessory") for _each in range(count)],
        agent,
        agent.user,
        make_member(department, Role.HEAD_OF_DEPARTMENT),
        make_member(root, Role.TECHNICIAN),
    )


__all__ = ["NOW", "TODAY", "Lender", "day", "grant", "make_asset", "make_lender"]
