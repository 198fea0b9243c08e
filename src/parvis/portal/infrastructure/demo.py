"""Services of the fictional authority, what they run on, the network between its sites, its telephone lines."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.infrastructure.models import ITService, Line, Outage, SiteLink, Uplink
from parvis.portal.kernel.clock import PARIS
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.rules import search_text

SEED = 20261123
CORE = "RIV-COEUR-RESEAU"
INSIDE, OUTSIDE = ITService.Hosting.INSIDE, ITService.Hosting.OUTSIDE
SERVICES = (
    ("Annuaire des comptes", "vital", INSIDE, "", 2, True, ()),
    ("Stockage", "vital", INSIDE, "", 1, False, ()),
    ("Messagerie", "vital", INSIDE, "", 2, True, ("Annuaire des comptes", "Stockage")),
    ("Partages de fichiers", "important", INSIDE, "", 1, False, ("Annuaire des comptes", "Stockage")),
    ("Finances", "vital", INSIDE, "", 1, False, ("Annuaire des comptes", "Base de données")),
    ("Base de données", "vital", INSIDE, "", 2, True, ("Stockage",)),
    ("État civil", "vital", INSIDE, "", 1, False, ("Base de données",)),
    ("Impression", "ordinary", INSIDE, "", 1, False, ("Annuaire des comptes",)),
    ("Sauvegardes", "important", INSIDE, "", 1, False, ("Stockage",)),
    ("Site internet", "important", OUTSIDE, "Atelier Web d’Iroise", 0, False, ()),
    ("Paie", "important", OUTSIDE, "Kerlann Infogérance", 0, False, ("Annuaire des comptes",)),
)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make all of it; False if it is there already."""
    if ITService.objects.exists():
        return False
    chance = random.Random(SEED)
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    servers = list(Asset.objects.filter(kind="server", entity__path__startswith=root.path).order_by("pk")[:24])
    made = _services(root, servers)
    core = _network(root, servers)
    _lines(chance, root)
    starts = now.astimezone(PARIS).replace(hour=19, minute=0, second=0, microsecond=0) + timedelta(days=3)
    Outage.objects.create(
        entity=root,
        title="Remplacement de l’onduleur du cœur de réseau",
        text="Le réseau sera coupé de 19 h à 21 h. Enregistrez votre travail avant 19 h.",
        asset=core,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )
    Outage.objects.create(
        entity=root,
        title="Impression au ralenti",
        text="Les impressions peuvent attendre une dizaine de minutes. Nous y travaillons.",
        it_service=made["Impression"],
        starts_at=now - timedelta(hours=1),
    )
    return True


def _services(root: Entity, servers: list[Asset]) -> dict[str, ITService]:
    made, free = {}, iter(servers)
    for name, criticality, hosting, provider, count, redundant, _needs in SERVICES:
        service = ITService.objects.create(
            entity=root, name=name, criticality=criticality, hosting=hosting, provider=provider, redundant=redundant
        )
        service.hosts.set([server for server, _rank in zip(free, range(count), strict=False)])
        made[name] = service
    for name, *_facts, needs in SERVICES:
        made[name].needs.set([made[need] for need in needs])
    return made


def _network(root: Entity, servers: list[Asset]) -> Asset:
    centre = Site.objects.filter(entity=root, name__startswith="Centre de données").first()
    core = Asset.objects.create(
        entity=root, site=centre, name=CORE, kind="network", room="Salle serveurs", address="10.20.0.1",
        serial="FOC2231X0A1", search=search_text(CORE, "FOC2231X0A1", centre or "", "10.20.0.1"),
    )  # fmt: skip
    sites = Site.objects.filter(entity__path__startswith=root.path).order_by("pk")
    # One network asset of each site leads to it; where the parc has none, the site hangs on the core itself.
    doors: dict[int, int] = {}
    for site_id, key in (
        Asset.objects.filter(kind="network", site__in=sites)
        .exclude(pk=core.pk)
        .order_by("-pk")
        .values_list("site", "pk")
    ):
        doors[site_id] = key
    SiteLink.objects.bulk_create(
        SiteLink(site=site, behind_id=doors.get(site.pk, core.pk)) for site in sites if centre is None or site != centre
    )
    behind = [Uplink(asset_id=door, behind=core) for site, door in doors.items() if centre is None or site != centre.pk]
    behind += [Uplink(asset=server, behind=core) for server in servers]
    Uplink.objects.bulk_create(behind)
    return core


def _lines(chance: random.Random, root: Entity) -> None:
    sims = Asset.objects.filter(kind="sim", entity__path__startswith=root.path).order_by("pk")[:400]
    rows, used = [], set[int]()
    for number, sim in enumerate(sims.prefetch_related("agents")):
        agents = [agent for agent in sim.agents.all() if agent.is_active]
        rows.append(_line(chance, sim.entity, number, agents[0] if agents else None, sim))
        used.update(agent.pk for agent in agents)
    wanted = Agent.objects.filter(entity__path__startswith=root.path, is_active=True).exclude(pk__in=used)
    first = len(rows)
    for number, agent in enumerate(wanted.select_related("entity").order_by("pk")[:160], first):
        rows.append(_line(chance, agent.entity, number, agent, None))
    Line.objects.bulk_create(rows, batch_size=500)


def _line(chance: random.Random, entity: Entity, number: int, agent: Agent | None, sim: Asset | None) -> Line:
    # 02 61 91 and 06 39 98: numbers the regulator keeps for fiction (ARCEP, decision 2018-0881).
    mobile = sim is not None
    state = chance.choices(["active", "suspended", "ended"], [93, 4, 3])[0]
    digits = f"{'063998' if mobile else '026191'}{number:04d}"
    return Line(
        entity=entity,
        number=digits,
        kind="mobile" if mobile else "fixed",
        state=state,
        operator="Armor Télécom",
        plan=chance.choice(["Voix illimitée", "Voix et 20 Go", "Voix et 80 Go"]) if mobile else "Poste fixe",
        monthly_cost=Decimal(chance.choice(["4.90", "7.50", "11.90"])) if mobile else Decimal("3.20"),
        sim=sim,
        agent=agent if state != "ended" else None,
    )
