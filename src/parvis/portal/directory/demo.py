"""The fictional authority: Métropole de Rivemarine, 2,200 agents. Deterministic: the same seed, the same people.

Everything is made up, the SIRET numbers too (no SIREN begins with 000). Demo mode only.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory import demo_details, rules
from parvis.portal.directory import demo_names as names
from parvis.portal.directory.demo_details import save_entities
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.ui.search import fold

SEED = 20201117
AGENTS = 2200
ACCOUNTS = 800
"""Agents who have an account: those who telework."""
DOMAIN = "rivemarine.example"
AUTHORITY = "Métropole de Rivemarine"


@dataclass(frozen=True, slots=True)
class Persona:
    """Someone a visitor signs in as; the role is held on `role_on` (an entity's name) and all below it."""

    first_name: str
    last_name: str
    job_title: str
    entity: str
    role: Role | None = None
    role_on: str = ""

    @property
    def email(self) -> str:
        """Where the account is found."""
        return address(self.first_name, self.last_name)


def address(first_name: str, last_name: str, number: int = 1) -> str:
    """An e-mail address of the authority, without accents; the second of the same name gets a 2."""
    local = fold(f"{first_name}.{last_name}").replace(" ", "").replace("'", "")
    return f"{local}{number if number > 1 else ''}@{DOMAIN}"


CITY = names.COMMUNES[0]
PERSONAS = (
    Persona("Claire", "Le Goff", "Officière d’état civil", "État civil"),
    Persona("Mathieu", "Riou", "Gestionnaire budgétaire", "Budget"),
    Persona(
        "Nadia", "Benali", "Responsable du service Population et citoyenneté", "Population et citoyenneté",
        Role.HEAD_OF_DEPARTMENT, "Population et citoyenneté",
    ),
    Persona(
        "Yann", "Kerbrat", "Technicien informatique", "Assistance et postes de travail", Role.TECHNICIAN, AUTHORITY
    ),
    Persona(
        "Hélène", "Marchand", "Directrice des systèmes d’information", "Direction des systèmes d’information",
        Role.HEAD_OF_IT, AUTHORITY,
    ),
    Persona("Paul", "Guillou", "Adjoint au maire", "Cabinet et assemblées", Role.ELECTED_MEMBER, CITY),
    Persona("Sophie", "Tanguy", "Auditrice", "Direction générale", Role.AUDITOR, AUTHORITY),
)  # fmt: skip


@transaction.atomic
def build(now: datetime) -> bool:
    """Make entities, agents, accounts and roles; False if they are there already."""
    if Entity.objects.filter(name=AUTHORITY, parent=None).exists():
        return False
    chance = random.Random(SEED)
    entities = _build_tree()
    personas = _build_personas(entities)
    agents = _build_agents(chance, entities, AGENTS - len(personas))
    accounts = _build_accounts(agents[: ACCOUNTS - len(personas)])
    _grant_commune_technicians(entities, accounts)
    demo_details.add([node.entity for node in entities], [*personas, *agents], now)
    return True


@dataclass(slots=True)
class _Node:
    entity: Entity
    weight: int
    """Share of the agents who work there."""


def _build_tree() -> list[_Node]:
    # Level by level: an entity's path needs its id.
    root = Entity(name=AUTHORITY, kind=Entity.Kind.METROPOLE, audience=Entity.Audience.AUTHORITY)
    save_entities([root])
    heads = [
        _Node(Entity(name=name, parent=root, kind=Entity.Kind.DIRECTION), 4) for name in names.METROPOLE_DEPARTMENTS
    ]
    communes = [_Node(Entity(name=name, parent=root, kind=Entity.Kind.COMMUNE), 3) for name in names.COMMUNES]
    house = _Node(Entity(name="Maison commune de Trégoat", parent=root, kind=Entity.Kind.MAISON_COMMUNE), 8)
    structures = [
        _Node(Entity(name=name, parent=root, kind=Entity.Kind.STRUCTURE), 12) for name, _services in names.STRUCTURES
    ]
    second = [*heads, *communes, house, *structures]
    save_entities([node.entity for node in second])
    third = [
        *_services(heads, names.METROPOLE_DEPARTMENTS.values(), 28),
        *_services(communes[:1], [tuple(names.CITY_DEPARTMENTS)], 6),
        *_services(communes[1:], [names.TOWN_DEPARTMENTS] * (len(communes) - 1), 14),
        *_services([house], [("Accueil France Services", "Secrétariat mutualisé")], 12),
        *_services(structures, [services for _name, services in names.STRUCTURES], 14),
    ]
    city_departments = [node for node in third if node.entity.parent == communes[0].entity]
    for node in city_departments:
        node.entity.kind = Entity.Kind.DIRECTION
    save_entities([node.entity for node in third])
    fourth = _services(city_departments, names.CITY_DEPARTMENTS.values(), 32)
    save_entities([node.entity for node in fourth])
    return [_Node(root, 0), *second, *third, *fourth]


def _services(parents: list[_Node], services: object, weight: int) -> list[_Node]:
    return [
        _Node(Entity(name=name, parent=parent.entity, kind=Entity.Kind.DEPARTMENT), weight)
        for parent, group in zip(parents, services, strict=True)  # type: ignore[call-overload]
        for name in group
    ]


def _build_personas(entities: list[_Node]) -> list[Agent]:
    by_name = {node.entity.name: node.entity for node in reversed(entities)}
    agents = []
    for persona in PERSONAS:
        user = User.objects.create_user(
            persona.email, first_name=persona.first_name, last_name=persona.last_name, is_demo_persona=True
        )
        entity = by_name[persona.entity]
        agents.append(_agent(persona.first_name, persona.last_name, persona.email, persona.job_title, entity, user))
        if persona.role:
            RoleGrant.objects.create(user=user, role=persona.role, entity=by_name[persona.role_on])
    return Agent.objects.bulk_create(agents)


def _build_agents(chance: random.Random, entities: list[_Node], count: int) -> list[Agent]:
    places = chance.choices([node.entity for node in entities], [node.weight for node in entities], k=count)
    taken = Counter(persona.email for persona in PERSONAS)
    agents = []
    for entity in places:
        first_name, last_name = chance.choice(names.FIRST_NAMES), chance.choice(names.LAST_NAMES)
        plain_address = address(first_name, last_name)
        taken[plain_address] += 1
        email = address(first_name, last_name, taken[plain_address])
        agents.append(_agent(first_name, last_name, email, chance.choice(names.JOB_TITLES), entity, None))
    return Agent.objects.bulk_create(agents, batch_size=500)


def _agent(first: str, last: str, email: str, job_title: str, entity: Entity, user: User | None) -> Agent:
    return Agent(
        first_name=first,
        last_name=last,
        email=email,
        job_title=job_title,
        entity=entity,
        user=user,
        search=rules.search_key(first, last, email, job_title),
    )


def _build_accounts(agents: list[Agent]) -> list[Agent]:
    # Nobody can sign in with these: the password is unusable until its owner sets one.
    users = User.objects.bulk_create(
        [
            User(
                email=agent.email,
                first_name=agent.first_name,
                last_name=agent.last_name,
                password=make_password(None),
            )
            for agent in agents
        ],
        batch_size=500,
    )
    for agent, user in zip(agents, users, strict=True):
        agent.user = user
    Agent.objects.bulk_update(agents, ["user"], batch_size=200)
    return agents


def _grant_commune_technicians(entities: list[_Node], agents: list[Agent]) -> None:
    """Some towns have a technician of their own, who sees that town only."""
    towns = [node.entity for node in entities if node.entity.kind == Entity.Kind.COMMUNE][1:5]
    for town in towns:
        local = next(agent for agent in agents if agent.entity.path.startswith(town.path) and agent.user)
        if local.user:
            RoleGrant.objects.create(user=local.user, role=Role.TECHNICIAN, entity=town)
