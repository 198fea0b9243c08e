"""The demo's networks, supplied computers and rules. Addresses of documentation (RFC 5737, RFC 3849) and RFC 1918."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, time, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.trust import snapshot
from parvis.portal.trust.models import Credential, Network, PrivateDevice, Rule, RuleSet, SuppliedDevice
from parvis.portal.trust.rules import Level
from parvis.portal.ui.search import fold

SEED = 20201118
DEVICES = 60
NETWORKS = (
    ("Hôtel de métropole", "office", ("10.20.0.0/16", "2001:db8:20::/48"), "Réseau filaire des sites"),
    ("Mairies et maisons communes", "office", ("10.30.0.0/16",), ""),
    ("VPN des agents", "vpn", ("10.90.0.0/20",), "Postes nomades"),
    ("Wi-Fi des visiteurs", "forbidden", ("10.99.0.0/16",), "Salles de réunion et médiathèques"),
    ("Adresses du fournisseur d’accès local", "home", ("198.51.100.0/24",), "Box des agents, à titre indicatif"),
)
# Nothing here takes a screen or its clipboard from an agent without role: the demo is opened at any hour, from any PC.
RULES = (
    (
        "PC personnel : journées de travail, sans échange de fichiers",
        {"files": False, "screen_minutes": 540, "sign_in_idle_minutes": 240},
        {"up_to": int(Level.PRIVATE)},
    ),
    (
        "Équipe informatique : identité confirmée souvent",
        {"fresh_minutes": 3, "sign_in_hours": 10},
        {"roles": [Role.HEAD_OF_IT.value, Role.TECHNICIAN.value]},
    ),
    (
        "Élus et auditeurs : rien ne sort d’un PC personnel",
        {"clipboard_to_pc": False, "clipboard_from_pc": False, "forbidden_headings": [fold("Vie d’agent")]},
        {"up_to": int(Level.PRIVATE), "roles": [Role.ELECTED_MEMBER.value, Role.AUDITOR.value]},
    ),
    (
        "Élus et auditeurs : pas d’écran à distance la nuit",
        {"screen": False},
        {
            "up_to": int(Level.PRIVATE), "starts_time": time(23), "ends_time": time(5),
            "roles": [Role.ELECTED_MEMBER.value, Role.AUDITOR.value],
        },
    ),
)  # fmt: skip


@transaction.atomic
def build(now: datetime) -> bool:
    """Networks, four rules in force and a draft, sixty supplied computers; False if they are there already."""
    root = Entity.objects.filter(parent=None).order_by("path").first()
    if root is None or Network.objects.exists():
        return False
    Network.objects.bulk_create(
        Network(entity=root, name=name, kind=kind, ranges=list(ranges), note=note)
        for name, kind, ranges, note in NETWORKS
    )
    head = User.objects.filter(is_demo_persona=True, role_grants__role=Role.HEAD_OF_IT).first()
    _rules(root, head, now)
    _devices(head, now)
    _private(now)
    snapshot.changed()
    return True


def _rules(root: Entity, head: User | None, now: datetime) -> None:
    made = now - timedelta(days=21)
    first = RuleSet.objects.create(
        entity=root, number=1, status="former", note="Mise en service", made_by=head, made_at=made,
        published_by=head, published_at=made,
    )  # fmt: skip
    current = RuleSet.objects.create(
        entity=root, number=2, status="published", note="Nuits et applications", made_by=head,
        made_at=made + timedelta(days=9), published_by=head, published_at=made + timedelta(days=10),
    )  # fmt: skip
    draft = RuleSet.objects.create(entity=root, number=3, made_by=head, made_at=now - timedelta(hours=3))
    for rule_set, known in ((first, RULES[:1]), (current, RULES), (draft, RULES)):
        for name, effects, conditions in known:
            Rule.objects.create(rule_set=rule_set, name=name.replace(" :", "\u202f:"), effects=effects, **conditions)
    Rule.objects.create(
        rule_set=draft, name="Dimanche\u202f: sessions de deux heures", days=[6], effects={"screen_minutes": 120}
    )


def _devices(head: User | None, now: datetime) -> None:
    chance = random.Random(SEED)
    laptops = list(Computer.objects.filter(kind__in=["office", "laptop"]).order_by("-kind", "name"))
    named = dict(Assignment.objects.order_by("pk").values_list("asset_id", "agent_id"))
    chosen = [each for each in laptops if each.pk in named][: DEVICES * 3]
    chosen = chance.sample(chosen, min(DEVICES, len(chosen)))
    devices = []
    for rank, computer in enumerate(chosen):
        standing = {7: "stolen", 19: "lost", 31: "retired"}.get(rank, "trusted")
        devices.append(
            SuppliedDevice(
                computer=computer,
                standing=standing,
                revoked_at=None if standing == "trusted" else now - timedelta(days=rank % 9 + 1),
                enrolled_at=now - timedelta(days=chance.randint(30, 300)),
                enrolled_by=head,
                last_used_at=now - timedelta(hours=chance.randint(1, 400)) if rank % 5 else None,
            )
        )
    devices = SuppliedDevice.objects.bulk_create(devices)
    through = SuppliedDevice.agents.through
    through.objects.bulk_create(
        through(supplieddevice_id=each.pk, agent_id=named[each.computer_id]) for each in devices
    )
    Credential.objects.bulk_create(_certificate(each, rank, now) for rank, each in enumerate(devices))


def _certificate(device: SuppliedDevice, rank: int, now: datetime) -> Credential:
    days = {3: 12, 11: 25, 23: -4}.get(rank, 120 + rank * 5)
    return Credential(
        device=device,
        kind=Credential.Kind.CERTIFICATE,
        fingerprint=hashlib.sha256(device.computer.name.encode()).hexdigest(),
        subject=f"CN={device.computer.name}.rivemarine.example",
        issuer="CN=AC Postes de Rivemarine",
        serial=f"{4096 + rank:x}",
        expires_at=now + timedelta(days=days),
        added_at=device.enrolled_at,
    )


def _private(now: datetime) -> None:
    rows = []
    for agent in Agent.objects.filter(user__is_demo_persona=True).select_related("user"):
        for rank, name in enumerate(("Portable de la maison", "Tablette")):
            rows.append(
                PrivateDevice(
                    user=agent.user,
                    digest=hashlib.sha256(f"{agent.pk} {rank}".encode()).hexdigest(),
                    name=name,
                    first_seen_at=now - timedelta(days=90 + rank),
                    last_seen_at=now - timedelta(days=2 + 11 * rank),
                )
            )
    PrivateDevice.objects.bulk_create(rows)
