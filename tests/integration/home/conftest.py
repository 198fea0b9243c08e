from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.home.models import Announcement, Service, Tile
from parvis.portal.kernel import clock
from tests.integration.authority import make_agent, make_entity, make_member


@dataclass(slots=True)
class Town:
    """A métropole, two communes in it, a service in one of them, and who works there."""

    root: Entity
    here: Entity
    civil: Entity
    there: Entity
    head: User
    technician: User
    agent: User
    foreign_technician: User
    foreign_agent: User


@pytest.fixture
def town(db: None) -> Town:
    root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
    here = make_entity("Ici", root, Entity.Kind.COMMUNE)
    civil = make_entity("État civil", here)
    there = make_entity("Là-bas", root, Entity.Kind.COMMUNE)
    agent = make_agent(civil, "claire", account=True).user
    foreign = make_agent(there, "loin", account=True).user
    assert agent is not None
    assert foreign is not None
    return Town(
        root,
        here,
        civil,
        there,
        head=make_member(root, Role.HEAD_OF_IT, "helene"),
        technician=make_member(here, Role.TECHNICIAN, "yann"),
        agent=agent,
        foreign_technician=make_member(there, Role.TECHNICIAN, "marc"),
        foreign_agent=foreign,
    )


def make_tile(entity: Entity, title: str = "Messagerie", **fields: object) -> Tile:
    values = {
        "url": f"https://{title.lower().replace(' ', '-')}.example/",
        "category": "Échanges",
        "is_published": True,
        **fields,
    }
    return Tile.objects.create(entity=entity, title=title, **values)


def make_service(entity: Entity, name: str = "Courriel", **fields: object) -> Service:
    return Service.objects.create(entity=entity, name=name, **{"state_since": clock.now(), **fields})


def make_announcement(entity: Entity, title: str = "Maintenance", **fields: object) -> Announcement:
    values = {"starts_at": clock.now() - timedelta(hours=1), **fields}
    return Announcement.objects.create(entity=entity, title=title, **values)
