"""The probes of the fictional authority: an address for most communes, and the reports of the last days."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Entity
from parvis.portal.inventory.models import Inventory, ProbeToken, Report
from parvis.portal.inventory.services.tokens import digest

SEED = 20261122
DAYS = 3
CLIENTS = (
    ("GLPI-Agent_v1.12", 6),
    ("FusionInventory-Agent_v2.6", 3),
    ("OCS-NG_WINDOWS_AGENT_v2.10.1.0", 2),
)
REFUSED = (
    ("PC-ECOLE-113", "malformed"),
    ("PC-ACCUEIL-OLD", "declares_entities"),
    ("SRV-IMAGES", "too_large"),
)


def tokens(now: datetime) -> dict[int, ProbeToken]:
    """An address for the authority and for its first communes, by entity; nobody knows their secrets."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    communes = Entity.objects.filter(path__startswith=root.path, kind=Entity.Kind.COMMUNE).order_by("path")[:8]
    made = {}
    for number, entity in enumerate([root, *communes]):
        made[entity.pk] = ProbeToken.objects.get_or_create(
            digest=digest(f"demo-{entity.pk}"),
            defaults={
                "entity": entity,
                "name": "Postes de la métropole" if entity == root else f"Postes de {entity.name}",
                "frequency_hours": 12 if number == 3 else 24,
                "created_at": now - timedelta(days=200 - number),
                "last_used_at": now - timedelta(minutes=7 * number + 1),
            },
        )[0]
    ProbeToken.objects.get_or_create(
        digest=digest("demo-revoked"),
        defaults={
            "entity": root,
            "name": "Ancien serveur d’inventaire",
            "created_at": now - timedelta(days=500),
            "last_used_at": now - timedelta(days=210),
            "revoked_at": now - timedelta(days=199),
        },
    )
    return made


def reports(now: datetime) -> None:
    """The handled reports of the last days, for what is known of the computers, and a few that were refused."""
    chance = random.Random(SEED)
    by_entity = tokens(now)
    root_token = next(iter(by_entity.values()))
    by_path = sorted(((token.entity.path, token) for token in by_entity.values()), key=lambda each: -len(each[0]))
    rows = []
    known = Inventory.objects.select_related("asset__entity").order_by("pk")
    for inventory in known.filter(reported_at__gt=now - timedelta(days=DAYS))[:600]:
        path = inventory.asset.entity.path
        token = inventory.token or next((each for prefix, each in by_path if path.startswith(prefix)), root_token)
        rows += [_applied(inventory, token, inventory.reported_at - timedelta(days=day)) for day in range(DAYS)]
    for number, (name, problem) in enumerate(REFUSED):
        rows.append(
            Report(
                token=root_token,
                received_at=now - timedelta(hours=3 + 9 * number),
                handled_at=now - timedelta(hours=3 + 9 * number),
                client=chance.choices([name for name, _weight in CLIENTS], [weight for _name, weight in CLIENTS])[0],
                device_id=f"{name}-2025-09-0{number + 1}-08-00-00",
                name=name,
                size=4_000 + number,
                state=Report.State.REFUSED,
                problem=problem,
            )
        )
    Report.objects.bulk_create(rows, batch_size=500)


def _applied(inventory: Inventory, token: ProbeToken, at: datetime) -> Report:
    name = inventory.asset.name
    return Report(
        token=token,
        received_at=at,
        handled_at=at + timedelta(seconds=4),
        client=inventory.client or CLIENTS[0][0],
        device_id=f"{name}-2025-03-02-08-15-30",
        name=name,
        size=21_000 + inventory.pk % 5_000,
        state=Report.State.APPLIED,
        asset=inventory.asset,
    )
