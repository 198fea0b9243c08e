"""A small authority for tests: two communes side by side, so that each has something foreign to the other."""

from __future__ import annotations

import itertools

from parvis.portal.accounts.models import User
from parvis.portal.directory import rules
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.parc.models import Assignment, Computer, Site
from parvis.portal.parc.rules import search_text

_numbers = itertools.count(1)


def make_entity(name: str = "", parent: Entity | None = None, kind: str = Entity.Kind.DEPARTMENT) -> Entity:
    number = next(_numbers)
    entity = Entity.objects.create(name=name or f"Service {number}", parent=parent, kind=kind, path=f"new.{number}")
    entity.path = rules.child_path(parent.path if parent else "", entity.pk)
    entity.save()
    return entity


def make_user(name: str = "", **fields: object) -> User:
    name = name or f"user{next(_numbers)}"
    return User.objects.create_user(
        f"{name}@rivemarine.example", **{"first_name": name.title(), "last_name": "Essai", **fields}
    )


def make_agent(entity: Entity, name: str = "", *, account: bool = False, **fields: object) -> Agent:
    name = name or f"agent{next(_numbers)}"
    values = {"first_name": name.title(), "last_name": "Essai", "email": f"{name}@rivemarine.example", "job_title": ""}
    values |= fields
    user = make_user(name) if account else None
    search = rules.search_key(*(str(values[key]) for key in ("first_name", "last_name", "email", "job_title")))
    return Agent.objects.create(entity=entity, user=user, search=search, **values)


def grant(user: User, role: Role, entity: Entity) -> RoleGrant:
    return RoleGrant.objects.create(user=user, role=role, entity=entity)


def make_member(entity: Entity, role: Role | None = None, name: str = "") -> User:
    """The account of an agent of `entity`, with a role on it."""
    agent = make_agent(entity, name, account=True)
    assert agent.user
    if role:
        grant(agent.user, role, entity)
    return agent.user


def make_site(entity: Entity, **fields: object) -> Site:
    return Site.objects.create(**{"entity": entity, "name": f"Site {next(_numbers)}", **fields})


def make_computer(entity: Entity, *agents: Agent, **fields: object) -> Computer:
    values = {"entity": entity, "name": f"PC-{next(_numbers):04d}", **fields}
    search = search_text(*(values.get(key) or "" for key in ("name", "tag", "serial", "address", "mac_address")))
    computer = Computer.objects.create(**{"search": search, **values})
    Assignment.objects.bulk_create([Assignment(agent=agent, asset=computer) for agent in agents])
    return computer
