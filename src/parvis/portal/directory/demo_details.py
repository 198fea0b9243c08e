"""What the fictional authority knows of its people: phones, offices, numbers, SIRETs, units, heads, dates.

The phone numbers are of the range ARCEP keeps for works of fiction (02 61 91). Chance of its own: adding a detail
here does not change who the people are.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory import demo_names as names
from parvis.portal.directory import rules
from parvis.portal.directory.models import Agent, Entity, EntityAlias, EntitySiret, Role, RoleGrant
from parvis.portal.kernel import clock

SEED = 1901
HEAD = "Responsable de service"
HEAD_OF_IT = "helene.marchand@"


def add(entities: list[Entity], agents: list[Agent], now: datetime) -> None:
    """Fill in what `demo.build` made: a few hundred statements at most."""
    chance = random.Random(SEED)
    units = _units(entities)
    _place_in_units(chance, units, agents)
    _numbers(entities)
    _facts(chance, [*entities, *units], agents)
    _dates(chance, agents, now)
    fields = ["entity", "phone", "office", "personnel_number", "starts_date", "ends_date", "is_listed", "search"]
    heads = _heads([*entities, *units], agents)
    # An upsert by key: ten times quicker than the CASE for each field of each row that `bulk_update` writes.
    Agent.objects.bulk_create(
        agents, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=[*fields, "job_title"]
    )
    _grants(entities, agents, heads, now)


def save_entities(entities: list[Entity]) -> None:
    """Write entities of one level, whose parents are written; the path needs the id."""
    for rank, entity in enumerate(entities):
        entity.path = f"new.{entity.parent_id}.{rank}"
    Entity.objects.bulk_create(entities)
    for entity in entities:
        entity.path = rules.child_path(entity.parent.path if entity.parent else "", entity.pk)
    Entity.objects.bulk_update(entities, ["path"])


def _units(entities: list[Entity]) -> list[Entity]:
    by_name = {entity.name: entity for entity in reversed(entities)}
    units = [
        Entity(name=name, parent=by_name[service], kind=Entity.Kind.DEPARTMENT)
        for service, group in names.UNITS.items()
        for name in group
    ]
    save_entities(units)
    return units


def _place_in_units(chance: random.Random, units: list[Entity], agents: list[Agent]) -> None:
    below: dict[int, list[Entity]] = {}
    for unit in units:
        below.setdefault(unit.parent_id or 0, []).append(unit)
    for agent in agents:
        choices = below.get(agent.entity_id)
        if choices and not _is_persona(agent) and chance.random() < 0.8:
            agent.entity = chance.choice(choices)


def _is_persona(agent: Agent) -> bool:
    return agent.user is not None and agent.user.is_demo_persona


def _numbers(entities: list[Entity]) -> None:
    """A SIREN for each body, and an establishment or more; codes for all, as a payroll has them."""
    bodies = [entity for entity in entities if entity.is_body]
    EntitySiret.objects.bulk_create(
        EntitySiret(entity=body, siret=_siret(rank, place), is_main=place == 1)
        for rank, body in enumerate(bodies, start=1)
        for place in range(1, 4 if body.kind == Entity.Kind.METROPOLE else 3 if rank % 3 == 0 else 2)
    )
    for rank, entity in enumerate(entities):
        entity.code = f"{entity.kind[:1].upper()}{rank:03d}"
        if entity.name == "Police municipale":
            entity.audience = Entity.Audience.TEAM
    Entity.objects.bulk_update(entities, ["code", "audience"])
    city = next(entity for entity in bodies if entity.name == names.COMMUNES[0])
    EntityAlias.objects.bulk_create(EntityAlias(entity=city, name=name) for name in ("Mairie de Rivemarine", "VDR"))


def _siret(number: int, place: int) -> str:
    siren = _with_luhn_digit(f"000{number:05d}")
    return _with_luhn_digit(f"{siren}{place:04d}")


def _with_luhn_digit(digits: str) -> str:
    doubled = [int(digit) * 2 for digit in digits[::-2]]
    total = sum(value - 9 if value > 9 else value for value in doubled) + sum(map(int, digits[-2::-2]))
    return f"{digits}{-total % 10}"


def _facts(chance: random.Random, entities: list[Entity], agents: list[Agent]) -> None:
    buildings = {entity.pk: _building(entity, entities) for entity in entities}
    for rank, agent in enumerate(agents):
        agent.personnel_number = f"{20000 + rank * 3}"
        if chance.random() < 0.94 or _is_persona(agent):
            agent.phone = rules.phone_shown(f"026191{rank:04d}").replace("\u00a0", " ")
        agent.office = f"{buildings[agent.entity_id]}, bureau {chance.choice('01234')}{chance.randint(1, 28):02d}"


def _building(entity: Entity, entities: list[Entity]) -> str:
    by_path = {each.path: each for each in entities}
    body = next(by_path[path] for path in reversed(rules.lineage(entity.path)) if by_path[path].is_body)
    if body.kind == Entity.Kind.METROPOLE:
        return "Hôtel de métropole"
    if body.kind == Entity.Kind.COMMUNE:
        return "Hôtel de ville" if body.name == names.COMMUNES[0] else f"Mairie de {body.name}".replace("de Le ", "du ")
    return body.name


def _dates(chance: random.Random, agents: list[Agent], now: datetime) -> None:
    today = clock.today(now)
    for rank, agent in enumerate(agents):
        agent.starts_date = today - timedelta(days=chance.randint(40, 9000))
        if _is_persona(agent):
            continue
        if rank % 240 == 7:
            agent.ends_date = today + timedelta(days=3 + rank % 25)
        elif rank % 300 == 11:
            agent.starts_date = today + timedelta(days=4 + rank % 20)
        agent.is_listed = rank % 400 != 19
    for agent in agents:
        agent.search = _search(agent)


def _search(agent: Agent) -> str:
    return rules.search_key(agent.first_name, agent.last_name, agent.email, agent.job_title, agent.phone, agent.office)


def _heads(entities: list[Entity], agents: list[Agent]) -> list[tuple[Entity, User]]:
    """A head of department for directions and services that have somebody with an account."""
    found: list[tuple[Entity, User]] = []
    taken = set()
    held = set(RoleGrant.objects.values_list("entity_id", "user_id"))
    busy = {user for _entity, user in held}
    with_account = [agent for agent in agents if agent.user_id is not None and not _is_persona(agent)]
    for entity in entities:
        if entity.is_body or entity.name == "Population et citoyenneté":
            continue
        if entity.name == "Direction des systèmes d’information":
            found += [(entity, agent.user) for agent in agents if agent.user and agent.email.startswith(HEAD_OF_IT)]
            continue
        free = (each for each in with_account if each.entity_id == entity.pk and each.pk not in taken)
        head = next((each for each in free if each.user_id not in busy), None)
        if head is None or head.user is None:
            continue
        taken.add(head.pk)
        head.job_title = "Responsable de direction" if entity.kind == Entity.Kind.DIRECTION else HEAD
        head.search = _search(head)
        found.append((entity, head.user))
    return found


def _grants(entities: list[Entity], agents: list[Agent], heads: list[tuple[Entity, User]], now: datetime) -> None:
    giver = next(agent.user for agent in agents if agent.email.startswith(HEAD_OF_IT))
    RoleGrant.objects.update(granted_by=giver, granted_at=now - timedelta(days=200))
    RoleGrant.objects.filter(user=giver).update(granted_by=None)
    RoleGrant.objects.bulk_create(
        RoleGrant(
            user=user,
            role=Role.HEAD_OF_DEPARTMENT,
            entity=entity,
            granted_by=giver,
            granted_at=now - timedelta(days=30 + rank),
        )
        for rank, (entity, user) in enumerate(heads)
    )
    support = next(entity for entity in entities if entity.name == "Assistance et postes de travail")
    city = next(entity for entity in entities if entity.name == names.COMMUNES[0])
    trainees = [a.user for a in agents if a.user and a.entity.path.startswith(support.path) and not _is_persona(a)]
    for rank, user in enumerate(trainees[1:3]):
        RoleGrant.objects.create(
            user=user,
            role=Role.TECHNICIAN,
            entity=city,
            ends_date=clock.today(now) + timedelta(days=12 + 40 * rank),
            granted_by=giver,
            granted_at=now - timedelta(days=3),
        )
