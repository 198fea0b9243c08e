"""The demo's sources: a directory server with a reading that waits for a person, and a file of the payroll."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel.clock import PARIS
from parvis.portal.sources import rules, snapshot
from parvis.portal.sources.items import ENTITY, TEXTS, Item, Kind, Problem, Value, joined
from parvis.portal.sources.models import Hold, Link, Merge, Run, RunItem, Source
from parvis.portal.ui.search import fold

SEED = 20201117
NIGHTS = 6
LINKED = 1900
"""Agents the directory server knows; the others were typed in."""
GONE = 268
"""Of them, those a folder of the directory took away last night: 14 %."""
SERVER = {
    "preset": "active_directory",
    "servers": "ldaps://ad.rivemarine.example",
    "bind_dn": "cn=parvis,ou=services,dc=rivemarine,dc=example",
    "base_dn": "ou=agents,dc=rivemarine,dc=example",
    "entity_from": "attribute",
    "user_filter": "",
}


def build(now: datetime) -> bool:
    """Once; False if it is there already."""
    root = Entity.objects.filter(parent=None, name=AUTHORITY).first()
    if root is None or Source.objects.exists():
        return False
    with transaction.atomic():
        agents = list(Agent.objects.filter(entity__path__startswith=root.path, is_active=True).order_by("pk"))
        server = _server(root, agents[:LINKED], now)
        _nights(server, agents[:LINKED], now)
        _waiting(server, agents[LINKED - GONE - 40 : LINKED - 40], now)
        payroll = _payroll(root, agents[LINKED : LINKED + 60], now)
        _merges(payroll, agents[LINKED + 60 : LINKED + 62], now)
    return True


def _said(agent: Agent) -> dict[str, Value]:
    said: dict[str, Value] = {name: getattr(agent, name) for name in TEXTS}
    said[ENTITY] = agent.entity_id
    return {name: value for name, value in said.items() if value}


def _server(root: Entity, agents: list[Agent], now: datetime) -> Source:
    source = Source.objects.create(
        name="Active Directory", kind=Source.Kind.LDAP, root=root, settings=SERVER, every_hours=24, priority=1,
        next_at=rules.next_run(24, 3, now),
    )  # fmt: skip
    since = now - timedelta(days=NIGHTS + 80)
    Link.objects.bulk_create(
        [
            Link(
                source=source, key=f"{agent.pk:08x}-ad", agent=agent, reported=_said(agent), linked_at=since,
                changed_at=since, where=f"cn={agent},ou=agents,dc=rivemarine,dc=example",
            )
            for agent in agents
        ]
    )  # fmt: skip
    claire = next((agent for agent in agents if agent.last_name == "Le Goff"), agents[0])
    Link.objects.filter(source=source, agent=claire).update(reported={**_said(claire), "job_title": "Agent d’accueil"})
    Hold.objects.create(agent=claire, field="job_title", at=now - timedelta(days=12))
    return source


def _night(now: datetime, days: int) -> datetime:
    local = now.astimezone(PARIS) - timedelta(days=days)
    return local.replace(hour=3, minute=0, second=12, microsecond=0)


def _nights(source: Source, agents: list[Agent], now: datetime) -> None:
    chance = random.Random(SEED)
    for days in range(NIGHTS, 0, -1):
        at = _night(now, days)
        if days == 4:
            Run.objects.create(
                source=source, state=Run.State.FAILED, created_at=at, finished_at=at + timedelta(seconds=15),
                problem="unreachable", detail="ad.rivemarine.example ne répond pas.",
            )  # fmt: skip
            continue
        changed = chance.sample(agents, chance.randint(3, 9))
        items = [_change(agent, chance) for agent in changed]
        run = Run.objects.create(
            source=source, state=Run.State.APPLIED, created_at=at, finished_at=at + timedelta(seconds=21),
            read=len(agents), total=len(items), done=len(items), present=len(agents), revision=1,
            counts={"change": len(items), "unchanged": len(agents) - len(items)},
        )  # fmt: skip
        _keep(run, items)


def _change(agent: Agent, chance: random.Random) -> Item:
    field = chance.choice(["phone", "office", "job_title"])
    before = {"phone": "02 00 00 00 00", "office": "Hôtel de Ville", "job_title": "Chargé de mission"}[field]
    return Item(
        key=f"{agent.pk:08x}-ad", label=str(agent), agent=agent.pk, where=f"cn={agent},ou=agents", kinds={Kind.CHANGE},
        fields={field: [before, getattr(agent, field) or "—"]}, due=False,
    )  # fmt: skip


def _waiting(source: Source, agents: list[Agent], now: datetime) -> None:
    known = snapshot.known_among(source, [agent.pk for agent in agents])
    items = [
        Item(
            key=f"{agent.pk:08x}-ad", label=str(agent), agent=agent.pk, where=f"cn={agent},ou=agents",
            kinds={Kind.VANISHED}, active=False, reported=_said(agent), base=known[agent.pk].fingerprint(),
            missing=[2, (now - timedelta(days=1)).isoformat(), True],
        )
        for agent in agents
    ]  # fmt: skip
    items += [
        Item(
            key="nouvelle-fiche", label="Aurore Modèle", where="cn=Aurore Modèle,ou=stagiaires", kinds={Kind.CONFLICT},
            problems=[Problem("unknown_entity", {"value": "Stagiaires 2026"})], due=False,
        )
    ]  # fmt: skip
    run = Run.objects.create(
        source=source, state=Run.State.WAITING, created_at=_night(now, 0) if now.astimezone(PARIS).hour >= 3 else
        now - timedelta(minutes=40), read=LINKED - len(agents) + 1, total=len(agents), leaving=len(agents),
        present=LINKED, revision=1, counts={"vanished": len(agents), "conflict": 1, "unchanged": LINKED - len(agents)},
    )  # fmt: skip
    _keep(run, items)


def _payroll(root: Entity, agents: list[Agent], now: datetime) -> Source:
    columns = {
        "personnel_number": "Matricule", "first_name": "Prénom", "last_name": "Nom", "email": "Courriel",
        "entity": "Service",
    }  # fmt: skip
    source = Source.objects.create(
        name="Export de la paie", kind=Source.Kind.FILE, root=root, settings={"columns": columns}, priority=2,
        is_complete=False,
    )  # fmt: skip
    at = now - timedelta(days=9, hours=4)
    Link.objects.bulk_create(
        [
            Link(
                source=source, key=f"{agent.pk:06d}", agent=agent, reported=_said(agent), linked_at=at, changed_at=at,
                where=f"ligne {number}",
            )
            for number, agent in enumerate(agents, 2)
        ]
    )  # fmt: skip
    items = [
        Item(
            key=f"{agent.pk:06d}", label=str(agent), agent=agent.pk, where=f"ligne {number}", kinds={Kind.ARRIVAL},
            fields={name: [None, value] for name, value in _said(agent).items()}, due=False,
        )
        for number, agent in enumerate(agents, 2)
    ]  # fmt: skip
    items += [
        Item(
            key="", label="ligne 64", where="ligne 64", kinds={Kind.FAULT}, due=False,
            problems=[Problem("bad_email", {"value": "j.exemple(at)rivemarine"})],
        ),
        Item(
            key="009113", label="Sacha Spécimen", where="ligne 65", kinds={Kind.CONFLICT}, due=False,
            problems=[Problem("unknown_entity", {"value": "DGA Ressources (ancien)"})],
        ),
        Item(
            key="009114", label="Alix Fictif", where="ligne 66", kinds={Kind.CONFLICT}, due=False,
            problems=[Problem("duplicate_number", {"value": "009114"})],
        ),
    ]  # fmt: skip
    run = Run.objects.create(
        source=source, state=Run.State.APPLIED, is_trial=True, created_at=at, finished_at=at + timedelta(minutes=6),
        file_name="agents-septembre.xlsx", read=len(agents) + 3, total=len(agents), done=len(agents), revision=1,
        counts={"arrival": len(agents), "fault": 1, "conflict": 2, "unchanged": 0},
        started_by=_head_of_it(), decided_by=_head_of_it(), decided_at=at + timedelta(minutes=5),
    )  # fmt: skip
    _keep(run, items)
    return source


def _merges(source: Source, agents: list[Agent], now: datetime) -> None:
    for number, agent in enumerate(agents):
        record = _said(agent) | {"job_title": "Assistant administratif", "office": "Maison commune, 1er étage"}
        if number:
            record |= {"last_name": f"{agent.last_name}-Modèle", "personnel_number": agent.personnel_number or "007731"}
        Merge.objects.create(
            source=source, key=f"{agent.pk:06d}", agent=agent, record=record, where=f"ligne {70 + number}",
            reason=Merge.Reason.NUMBER if number else Merge.Reason.EMAIL, proposed_at=now - timedelta(days=9),
        )  # fmt: skip


def _keep(run: Run, items: list[Item]) -> None:
    RunItem.objects.bulk_create(
        [
            RunItem(
                run=run, kinds=joined(item.kinds), key=item.key, label=item.label, search=fold(item.label),
                agent_id=item.agent, details=item.as_json(), base=item.base, is_due=item.due,
            )
            for item in items
        ]
    )  # fmt: skip


def _head_of_it() -> User | None:
    agent = Agent.objects.filter(last_name="Marchand", first_name="Hélène").select_related("user").first()
    return agent.user if agent else None
