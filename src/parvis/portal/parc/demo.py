"""The parc of the fictional authority: 3,700 computers on some fifty sites, and all that is around them.

Deterministic, demo mode only. What is bought, where and what became of it: `demo_equipment`.

Computers of the personas, and of some colleagues, are the demo desktop: 127.0.0.1, one port each. Mathieu's
sleeps until a magic packet for `SLEEPER_MAC` reaches its relay. The others have addresses in 10.0.0.0/8 where
nothing is: in demo mode nothing outside loopback is ever probed (`network.policy`).
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from parvis.portal.directory.demo import AUTHORITY, PERSONAS
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc import demo_equipment, demo_places
from parvis.portal.parc.models import Asset, Computer, Site

SEED = 20201118
COMPUTERS = 3700
LOOPBACK = "127.0.0.1"
SLEEPER_EMAIL = "mathieu.riou@rivemarine.example"
SLEEPER_MAC = "02:52:49:4F:55:01"
RELAY_SITE = "Annexe des Finances"
SCHOOL_NAMES = ("Jules-Ferry", "Simone-Veil", "Jacques-Prévert", "des Ajoncs", "Marie-Curie", "du Port", "Anjela-Duval")
STATES = (
    (Computer.Reachability.ON, 62),
    (Computer.Reachability.ASLEEP, 28),
    (Computer.Reachability.UNREACHABLE, 4),
    (Computer.Reachability.UNKNOWN, 6),
)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make sites, equipment and who has it; False if they are there already."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Computer.objects.filter(entity__path__startswith=root.path).exists():
        return False
    chance = random.Random(SEED)
    sites = _Sites(root)
    agents = list(Agent.objects.filter(entity__path__startswith=root.path).select_related("entity").order_by("pk"))
    computers = [_desk(chance, number, agent, sites) for number, agent in enumerate(agents, 1)]
    _put_demo_desktops(computers, agents, now)
    computers += _others(chance, sites, root, COMPUTERS - len(computers))
    for computer in computers:
        if computer.address != LOOPBACK:
            _set_state(chance, computer, now)
    _furnish(root, sites, agents, computers, now)
    return True


def _furnish(root: Entity, sites: _Sites, agents: list[Agent], computers: list[Computer], now: datetime) -> None:
    """All other equipment, where everything was bought, who has it and what became of it."""
    desks: list[tuple[Agent, Asset]] = list(zip(agents, computers, strict=False))
    spare = [computer for computer in computers if computer.name.startswith("RIV-PR-")]
    demo_equipment.put_in_stock(spare, root, sites.all[0])
    for agent, desk in desks:
        desk.room = demo_equipment.room_of(agent)
    shop = demo_equipment.opened_shop(root, now)
    goods = demo_equipment.Goods(shop)
    for computer in computers:
        shop.supply(computer)
    demo_equipment.equip(goods, desks, sites.all)
    story = demo_equipment.tell(shop, [*desks, *goods.given], [*computers, *goods.assets], now)
    Computer.objects.bulk_create(computers, batch_size=500)
    Asset.objects.bulk_create(goods.assets, batch_size=500)
    story.save()
    demo_places.build(sites.all[0], root, now)


class _Sites:
    """The sites, the one of each entity, and the next free address of each."""

    def __init__(self, root: Entity) -> None:
        self.entities = list(Entity.objects.filter(path__startswith=root.path).order_by("path"))
        self.all: list[Site] = []
        self.schools: list[Site] = []
        self._by_path: dict[str, Site] = {}
        self._used: dict[int, int] = {}
        for entity in self.entities:
            for name in _site_names(entity):
                self._add(entity, name)
        Site.objects.bulk_create(self.all)
        self._number = {site.pk: rank for rank, site in enumerate(self.all, 20)}

    def _add(self, entity: Entity, name: str) -> None:
        site = Site(entity=entity, name=name, address=f"{10 + len(self.all)} rue de la Mer, Rivemarine")
        if name == RELAY_SITE:
            site.wake_by, site.wake_address = Site.WakeBy.RELAY, LOOPBACK
            site.wake_port = settings.PARVIS.demo_wake_port
        elif "École" not in name:
            site.wake_by, site.wake_address = Site.WakeBy.BROADCAST, f"10.{20 + len(self.all)}.255.255"
        else:
            self.schools.append(site)
        self._by_path.setdefault(entity.path, site)
        self.all.append(site)

    def of(self, entity: Entity) -> Site:
        """The first site of the entity, or of the nearest one above it."""
        above = max((path for path in self._by_path if entity.path.startswith(path)), key=len)
        return self._by_path[above]

    def next_address(self, site: Site) -> str:
        """10.<site>.x.y, never twice."""
        rank = self._used[site.pk] = self._used.get(site.pk, 0) + 1
        return f"10.{self._number[site.pk]}.{rank // 250}.{rank % 250 + 1}"


def _site_names(entity: Entity) -> list[str]:
    if entity.kind == Entity.Kind.METROPOLE:
        return ["Hôtel de Métropole", "Centre de données de Kerlann"]
    if entity.kind == Entity.Kind.COMMUNE:
        hall = "Hôtel de Ville" if entity.name.startswith("Ville") else f"Mairie de {entity.name}"
        count = 7 if entity.name.startswith("Ville") else 3
        return [hall, *(f"École {school} ({entity.name})" for school in SCHOOL_NAMES[:count])]
    if entity.kind in (Entity.Kind.MAISON_COMMUNE, Entity.Kind.STRUCTURE):
        return [entity.name]
    return {
        "Direction des finances": [RELAY_SITE],
        "Direction de la voirie": ["Centre technique métropolitain"],
        "Direction des déchets": ["Déchèterie de Kergoat"],
        "Cadre de vie": ["Centre technique municipal"],
        "Médiathèques": ["Médiathèque des Capucins"],
        "Équipements sportifs": ["Complexe sportif du Vallon"],
    }.get(entity.name, [])


def _desk(chance: random.Random, number: int, agent: Agent, sites: _Sites) -> Computer:
    laptop = number > len(PERSONAS) and chance.random() < 0.2
    site = sites.of(agent.entity)
    return Computer(
        name=f"RIV-{'PT' if laptop else 'PC'}-{number:05d}",
        kind=Computer.Kind.LAPTOP if laptop else Computer.Kind.OFFICE,
        entity=agent.entity,
        site=site,
        address=sites.next_address(site),
        mac_address=_mac(chance),
    )


def _others(chance: random.Random, sites: _Sites, root: Entity, count: int) -> list[Computer]:
    """Schools, spare laptops, servers and administration PCs: assigned to nobody."""
    shares = (("EC", Computer.Kind.SCHOOL, 76), ("PR", Computer.Kind.LAPTOP, 10), ("SRV", Computer.Kind.SERVER, 11),
              ("ADM", Computer.Kind.ADMIN, 3))  # fmt: skip
    computers = []
    picks = chance.choices(shares, [weight for _name, _kind, weight in shares], k=count)
    for number, (prefix, kind, _weight) in enumerate(picks, 1):
        site = chance.choice(sites.schools) if kind == Computer.Kind.SCHOOL else sites.all[0]
        if kind == Computer.Kind.SERVER:
            site = chance.choice([sites.all[1], *(other for other in sites.all if other not in sites.schools)])
        computers.append(
            Computer(
                name=f"RIV-{prefix}-{number:05d}",
                kind=kind,
                entity=site.entity if kind in (Computer.Kind.SCHOOL, Computer.Kind.SERVER) else root,
                site=site,
                address=sites.next_address(site),
                mac_address=_mac(chance),
            )
        )
    return computers


def _put_demo_desktops(computers: list[Computer], agents: list[Agent], now: datetime) -> None:
    ports = iter(settings.PARVIS.demo_desktop_ports)
    for computer, agent in zip(computers, agents, strict=True):
        if computer.kind != Computer.Kind.OFFICE:
            continue
        if agent.email == SLEEPER_EMAIL:
            computer.probe_port, computer.mac_address = settings.PARVIS.demo_sleeper_port, SLEEPER_MAC
            computer.reachability = Computer.Reachability.ASLEEP
            computer.last_seen_at = now - timedelta(hours=15)
        elif (port := next(ports, None)) is not None:
            computer.probe_port, computer.reachability = port, Computer.Reachability.ON
            computer.last_seen_at = now
        else:
            break
        computer.address, computer.checked_at = LOOPBACK, now


def _set_state(chance: random.Random, computer: Computer, now: datetime) -> None:
    state = chance.choices([state for state, _ in STATES], [weight for _, weight in STATES])[0]
    checked_at = now - timedelta(seconds=chance.randrange(5, 240))
    computer.reachability = state
    if state == Computer.Reachability.ON:
        computer.last_seen_at = computer.checked_at = checked_at
    elif state == Computer.Reachability.ASLEEP:
        computer.checked_at, computer.last_seen_at = checked_at, now - timedelta(hours=chance.randrange(2, 60))
    elif state == Computer.Reachability.UNREACHABLE:
        computer.checked_at, computer.last_seen_at = checked_at, now - timedelta(days=chance.randrange(20, 200))


def _mac(chance: random.Random) -> str:
    # Bit 1 of the first byte: locally administered (IEEE 802), so nobody's.
    return ":".join(["02", *(f"{chance.randrange(256):02X}" for _ in range(5))])
