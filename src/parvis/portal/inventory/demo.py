"""What the probes of the fictional authority reported: 2,900 computers from inside, and what waits for a person.

Deterministic, demo mode only. The reports to settle are real ones: read and matched as those of a real probe.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import transaction

from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.inventory import counting, demo_probes, rules, systems
from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.demo_programs import LICENCES, PROGRAMS
from parvis.portal.inventory.models import (
    Identity,
    Installation,
    Inventory,
    Licence,
    ProbeToken,
    Report,
    SeenScreen,
    Software,
    SoftwareCount,
)
from parvis.portal.inventory.services import matching
from parvis.portal.inventory.wire.body import pack
from parvis.portal.kernel import clock
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, Assignment

SEED = 20261123
REPORTING = 2900
PER_COMPUTER = 12
SYSTEMS = (
    ("Microsoft Windows 11 Professionnel", "10.0.26200", 52),
    ("Microsoft Windows 11 Professionnel", "10.0.26100", 16),
    ("Microsoft Windows 10 Professionnel", "10.0.19045", 27),
    ("Microsoft Windows 10 Entreprise LTSC 2021", "10.0.19044", 4),
    ("Microsoft Windows 7 Professionnel", "6.1.7601", 1),
)
SERVERS = (
    ("Debian GNU/Linux 12 (bookworm)", "12.12", 40),
    ("Debian GNU/Linux 11 (bullseye)", "11.11", 12),
    ("Microsoft Windows Server 2022 Standard", "10.0.20348", 26),
    ("Microsoft Windows Server 2019 Standard", "10.0.17763", 16),
    ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", 6),
)
PROCESSORS = (
    "Intel Core i5-1235U",
    "Intel Core i5-12500",
    "Intel Core i7-1355U",
    "AMD Ryzen 5 PRO 5650U",
    "Intel Core i3-10100",
)
CLIENTS = (("GLPI-Agent_v1.15", 60), ("FusionInventory-Agent_v2.6-3", 30), ("OCS-NG_WINDOWS_AGENT_v2.10.1.0", 10))
ANTIVIRUS = (("WithSecure Elements", 58), ("Microsoft Defender", 38), ("", 4))
SCREENS = (("Dell", "U2422H"), ("Iiyama", "PL2493H"), ("Philips", "243B1"))


@transaction.atomic
def build(now: datetime) -> bool:
    """Make addresses of probes, inventories, software, licences, reports; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Inventory.objects.filter(asset__entity__path__startswith=root.path).exists():
        return False
    chance = random.Random(SEED)
    tokens = demo_probes.tokens(now)
    makers = _Makers(chance, now, tokens, root)
    makers.computers()
    makers.oddities()
    makers.save()
    counting.count_all()
    _licences(root, now)
    _to_settle(chance, root, tokens, now)
    demo_probes.reports(now)
    return True


@dataclass
class _Pick:
    """Chooses by weight."""

    chance: random.Random

    def one(self, several: tuple[tuple[object, ...], ...]) -> tuple[object, ...]:
        """A row of the table; the last column is the weight."""
        return self.chance.choices(several, [int(str(row[-1])) for row in several])[0]


class _Makers:
    """The rows, built in memory and written at once."""

    def __init__(self, chance: random.Random, now: datetime, tokens: dict[int, ProbeToken], root: Entity) -> None:
        self.chance, self.now, self.root = chance, now, root
        self.pick = _Pick(chance)
        self.paths = sorted(((each.entity.path, each) for each in tokens.values()), key=lambda each: -len(each[0]))
        self.software = self._software()
        self.agents: dict[int, Agent] = {}
        self.inventories: list[Inventory] = []
        self.identities: list[Identity] = []
        self.installations: list[Installation] = []
        self.screens: list[SeenScreen] = []

    def _software(self) -> list[Software]:
        Software.objects.bulk_create(
            [Software(name=name, publisher=publisher) for name, publisher, _versions, _share in PROGRAMS],
            ignore_conflicts=True,
        )
        found = {(each.name, each.publisher): each for each in Software.objects.all()}
        return [found[name, publisher] for name, publisher, _versions, _share in PROGRAMS]

    def computers(self) -> None:
        """Most of those in service have a probe; schools least."""
        here = Asset.objects.filter(
            entity__path__startswith=self.root.path, kind__in=COMPUTER_KINDS, state=Asset.State.DEPLOYED
        )
        assigned = Assignment.objects.filter(asset__in=here, agent__is_active=True).select_related("agent")
        self.agents = {each.asset_id: each.agent for each in assigned}
        rows = list(here.select_related("entity", "model").order_by("pk"))
        chosen = set(self.chance.sample(range(len(rows)), min(REPORTING, len(rows)))) | set(range(40))
        for rank, asset in enumerate(rows):
            if rank in chosen:
                self._inside(asset)

    def _inside(self, asset: Asset) -> None:
        chance = self.chance
        server = asset.kind == Asset.Kind.SERVER
        name, version, _weight = self.pick.one(SERVERS if server else SYSTEMS)
        disk = chance.choice((256, 512, 512, 1000)) * 1000
        agent = self.agents.get(asset.pk)
        at = self.now - timedelta(minutes=chance.randrange(20, 1600))
        inventory = Inventory(
            asset=asset,
            token=next((token for path, token in self.paths if asset.entity.path.startswith(path)), None),
            reported_at=at,
            client=str(self.pick.one(CLIENTS)[0]),
            os_name=str(name),
            os_version=str(version),
            os_ends_date=systems.ends_date(str(name), str(version)),
            processor=chance.choice(PROCESSORS),
            memory_mb=chance.choice((8192, 16384, 16384, 32768)),
            disk_mb=disk,
            disk_free_mb=round(disk * chance.uniform(0.04, 0.8)),
            encrypted=None if server else chance.random() < (0.86 if asset.kind == Asset.Kind.LAPTOP else 0.52),
            antivirus=""
            if chance.random() < 0.04
            else "WithSecure Elements"
            if chance.random() < 0.6
            else "Microsoft Defender",
            antivirus_current=chance.random() < 0.95,
            battery_health=chance.randrange(48, 100) if asset.kind == Asset.Kind.LAPTOP else None,
            last_user=f"RIVEMARINE\\{agent.email.split('@')[0]}" if agent is not None else "",
            last_agent=agent,
        )
        self.inventories.append(inventory)
        self._known(asset, at)
        self._programs(asset)

    def _known(self, asset: Asset, at: datetime) -> None:
        maker = asset.model.manufacturer if asset.model else ""
        said = {
            "serial": rules.normal_identity("serial", asset.serial, manufacturer=maker),
            "mac": rules.normal_identity("mac", asset.mac_address),
            "name": rules.normal_identity("name", asset.name),
            "uuid": rules.normal_identity("uuid", f"{self.chance.getrandbits(128):032X}"),
        }
        self.identities += [
            Identity(asset=asset, kind=kind, value=value, seen_at=at) for kind, value in said.items() if value
        ]

    def _programs(self, asset: Asset) -> None:
        chance = self.chance
        if asset.kind == Asset.Kind.SERVER:
            return
        wanted = [rank for rank, row in enumerate(PROGRAMS) if chance.randrange(100) < row[3]]
        for rank in sorted(chance.sample(wanted, min(len(wanted), PER_COMPUTER))):
            versions = PROGRAMS[rank][2]
            version = versions[min(int(chance.expovariate(1.2)), len(versions) - 1)]
            day = clock.today(self.now) - timedelta(days=chance.randrange(3, 900))
            self.installations.append(
                Installation(asset=asset, software=self.software[rank], version=version, installed_date=day)
            )

    def oddities(self) -> None:
        """Differences, other users, silence, signs of life of what is not in service; screens to add."""
        chance = self.chance
        held = [each for each in self.inventories if each.last_agent is not None]
        for inventory in chance.sample(held, 14):
            asset = inventory.asset
            inventory.differences = (
                {"name": f"{asset.name[:50]}-NEUF"} if inventory.pk else {"name": f"{asset.name}-OLD"}
            )
        for inventory in islice(held, 3, 5):
            inventory.differences = {"serial": f"PF{chance.randrange(10**6):06d}", "mac_address": "3C:52:82:4A:10:77"}
        for inventory, other in zip(chance.sample(held, 9), chance.sample(held, 9), strict=True):
            if inventory is not other:
                inventory.last_agent, inventory.last_user = other.last_agent, other.last_user
        for inventory in chance.sample(held, 26):
            inventory.reported_at = self.now - timedelta(days=chance.randrange(16, 70))
        for asset in Asset.objects.filter(
            entity__path__startswith=self.root.path,
            kind__in=COMPUTER_KINDS,
            state__in=[Asset.State.LOST, Asset.State.RETIRED],
        ).select_related("entity", "model").order_by("pk")[:5]:  # fmt: skip
            self._inside(asset)
            self.inventories[-1].last_agent = None
        for inventory in chance.sample(held, 18):
            maker, name = chance.choice(SCREENS)
            serial = f"{maker[:2].upper()}{chance.randrange(10**8):08d}"
            self.screens.append(
                SeenScreen(asset=inventory.asset, serial=serial, manufacturer=maker, name=name, seen_at=self.now)
            )

    def save(self) -> None:
        """Write all of it."""
        Inventory.objects.bulk_create(self.inventories, batch_size=500)
        Identity.objects.bulk_create(self.identities, batch_size=1000, ignore_conflicts=True)
        Installation.objects.bulk_create(self.installations, batch_size=2000)
        SeenScreen.objects.bulk_create(self.screens)


def _licences(root: Entity, now: datetime) -> None:
    today = clock.today(now)
    counts: dict[int, int] = {}
    for software, computers in SoftwareCount.objects.filter(entity__path__startswith=root.path).values_list(
        "software", "computers"
    ):
        counts[software] = counts.get(software, 0) + computers
    by_name = {each.name: each for each in Software.objects.all()}
    Licence.objects.bulk_create(
        [
            Licence(
                entity=root,
                software=by_name[program],
                name=title,
                seats=max(counts.get(by_name[program].pk, 0) + beyond, 1),
                ends_date=_day(today, days),
                cost=cost or None,
            )
            for program, title, beyond, days, cost in LICENCES
        ]
    )


def _day(today: date, days: int | None) -> date | None:
    return today + timedelta(days=days) if days is not None else None


REPORT = """<?xml version="1.0" encoding="UTF-8"?><REQUEST><CONTENT>
<BIOS><SMANUFACTURER>{maker}</SMANUFACTURER><SMODEL>{model}</SMODEL><SSN>{serial}</SSN></BIOS>
<HARDWARE><NAME>{name}</NAME><OSNAME>Microsoft Windows 11 Professionnel</OSNAME><OSVERSION>10.0.26100</OSVERSION>
<CHASSIS_TYPE>Desktop</CHASSIS_TYPE><UUID>{uuid}</UUID><MEMORY>16384</MEMORY></HARDWARE>
<NETWORKS><DESCRIPTION>Ethernet</DESCRIPTION><MACADDR>{mac}</MACADDR><IPADDRESS>10.21.4.{number}</IPADDRESS></NETWORKS>
<SOFTWARES><NAME>7-Zip 25.01 (x64)</NAME><VERSION>25.01</VERSION><PUBLISHER>Igor Pavlov</PUBLISHER></SOFTWARES>
<VERSIONCLIENT>{client}</VERSIONCLIENT></CONTENT>
<DEVICEID>{name}-2026-11-02-08-00-0{number}</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"""


def _to_settle(chance: random.Random, root: Entity, tokens: dict[int, ProbeToken], now: datetime) -> None:
    """Six reports that no rule can place: the same card or name as an asset, another machine otherwise."""
    token = tokens[root.pk]
    known = Asset.objects.filter(
        entity__path__startswith=root.path, kind="office", inventory__isnull=False, state="deployed"
    ).exclude(mac_address="")  # fmt: skip
    likes = list(known.order_by("pk")[60:66])
    said = [
        # The card of one, nothing else: reinstalled under another name, firmware without serial.
        {"name": "POSTE-ATELIER", "serial": "Default string", "mac": likes[0].mac_address},
        {"name": "DESKTOP-7K2QF1A", "serial": "To be filled by O.E.M.", "mac": likes[1].mac_address},
        # Two numbers of one machine that contradict each other.
        {"name": likes[2].name, "serial": likes[2].serial, "uuid": "6C3E2F10-7B55-4E11-9D62-0A1B2C3D4E5F"},
        {"name": "RIV-PC-REPARE", "serial": likes[3].serial, "uuid": "0F8D1C22-9A41-4C6D-8E03-55AA66BB77CC"},
        # Nothing of its own.
        {"name": "PC-ACCUEIL", "serial": "System Serial Number"},
        {"name": "KIOSQUE-2", "serial": "0123456789"},
    ]
    for number, values in enumerate(said, 1):
        words = {"maker": "Gigabyte Technology Co., Ltd.", "model": "B560M DS3H", "uuid": "", "mac": "", **values}
        client = str(chance.choice(CLIENTS)[0])
        text = REPORT.format(number=number, client=client, **words)
        report = Report.objects.create(
            token=token,
            received_at=now - timedelta(hours=5 * number),
            client=client,
            device_id=f"{values['name']}-2026-11-02-08-00-0{number}",
            name=values["name"],
            body=pack(text.encode()),
            size=len(text) // 3,
        )
        matching.apply(report=report, content=content_of(report), now=now)
