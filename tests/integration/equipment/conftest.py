"""A métropole with two communes, its profiles, its IT team, a few agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.equipment import rules
from parvis.portal.equipment.models import Criterion, Entitlement, Profile
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset, Assignment
from tests.integration.authority import grant, make_agent, make_entity, make_member

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
_numbers = count(1)


@dataclass
class Town:
    root: Entity
    here: Entity
    there: Entity
    works: Entity
    technician: User
    head_of_it: User
    head: User
    auditor: User
    office: Profile
    field: Profile
    claire: Agent
    marc: Agent
    far: Agent


def make_asset(
    entity: Entity, kind: str = "office", *agents: Agent, years: float | None = None, **more: object
) -> Asset:
    """An asset, bought so many years ago, in the hands of these agents."""
    bought = TODAY - timedelta(days=round(years * 365.25)) if years is not None else None
    fields: dict[str, object] = {
        "entity": entity, "kind": kind, "name": f"{kind[:3].upper()}-{next(_numbers):04d}", "purchase_date": bought,
        "state": "deployed" if agents else "stock",
    }  # fmt: skip
    asset = Asset.objects.create(**{**fields, **more})
    Assignment.objects.bulk_create([Assignment(agent=agent, asset=asset) for agent in agents])
    return asset


def make_profile(
    entity: Entity,
    name: str,
    rank: int,
    lines: list[tuple[str, int, int]],
    *,
    more: dict[str, object] | None = None,
    **criterion: object,
) -> Profile:
    """A profile with one condition; lines are kind, quantity, price."""
    profile = Profile.objects.create(entity=entity, name=name, rank=rank)
    Criterion.objects.create(profile=profile, **criterion)
    for kind, quantity, price in lines:
        Entitlement.objects.create(
            profile=profile, kind=kind, label=str(Asset.Kind(kind).label), quantity=quantity,
            unit_price=Decimal(price), **(more or {}),
        )  # fmt: skip
    return profile


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Everybody has « Bureau » (a PC, two screens); field agents « Terrain » (a phone) instead."""
    monkeypatch.setattr(clock, "today", lambda _instant=None: TODAY)
    root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
    here = make_entity("Ici", root, Entity.Kind.COMMUNE)
    there = make_entity("Là-bas", root, Entity.Kind.COMMUNE)
    works = make_entity("Voirie", here)
    technician = make_member(root, Role.TECHNICIAN)
    head_of_it = make_member(root, Role.HEAD_OF_IT)
    head = make_member(here)
    grant(head, Role.HEAD_OF_DEPARTMENT, here)
    auditor = make_member(there, Role.AUDITOR)
    field = make_profile(root, "Terrain", 10, [("phone", 1, 300)], words="paveur, agent des routes")
    office = make_profile(root, "Bureau", 50, [("office", 1, 800), ("screen", 2, 200)])
    return Town(
        root, here, there, works, technician, head_of_it, head, auditor, office, field,
        make_agent(here, "claire", job_title="Comptable"),
        make_agent(works, "marc", job_title="Agent des routes"),
        make_agent(there, "far", job_title="Comptable"),
    )  # fmt: skip


def years_ago(years: int) -> date:
    return TODAY.replace(year=TODAY.year - years)


__all__ = ["NOW", "TODAY", "Town", "make_asset", "make_profile", "rules", "town", "years_ago"]
