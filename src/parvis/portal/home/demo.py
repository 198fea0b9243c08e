"""The demo's home page: nearly thirty tiles, two of them for teleworkers, their services, announcements.

Every address is under `.example` (RFC 6761).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.home.models import Announcement, Favourite, Hosting, Service, ServiceState, Tile
from parvis.portal.kernel.clock import PARIS

EXCHANGES, DOCUMENTS = "Messagerie et échanges", "Documents"
MEETINGS, BUSINESS, STAFF = "Réunions à distance", "Applications métier", "Vie d’agent"
DOMAIN = "rivemarine.example"


@dataclass(frozen=True, slots=True)
class _Tile:
    """One line of the table: `only` names the services that see it (all if empty)."""

    title: str
    host: str
    category: str
    icon: str
    colour: str
    description: str
    service: str = ""
    only: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    external: bool = False
    new_tab: bool = True
    telework: bool = False

    @property
    def url(self) -> str:
        """Where it leads."""
        if self.host.startswith("mailto:"):
            return self.host
        return f"https://{self.host}" if "." in self.host else f"https://{self.host}.{DOMAIN}"


CIVIL, FINANCE = ("Population et citoyenneté", "État civil"), ("Finances", "Budget", "Direction des finances")
IT = (Role.TECHNICIAN, Role.HEAD_OF_IT)

TILES = (
    _Tile("Messagerie", "messagerie", EXCHANGES, "mail", "blue", "Courriels, agenda, contacts", "Messagerie"),
    _Tile("Annuaire des agents", "annuaire", EXCHANGES, "address-book", "teal", "Trouver un collègue, un service"),
    _Tile("Extranet", "extranet", EXCHANGES, "news", "indigo", "Actualités et notes de service", "Extranet"),
    _Tile("Discussion d’équipe", "discussion", EXCHANGES, "message-circle", "green", "Échanger sans courriel"),
    _Tile(
        "Office 365", "office365.hebergeur.example", DOCUMENTS, "brand-office", "orange",
        "Word, Excel et vos fichiers en ligne", "Office 365", external=True,
    ),
    _Tile("Espaces partagés", "espaces", DOCUMENTS, "folder-share", "yellow", "Les dossiers de votre service", "GED"),
    _Tile("Gestion documentaire", "ged", DOCUMENTS, "archive", "cyan", "Classer, retrouver, archiver", "GED"),
    _Tile(
        "Parapheur", "parapheur", DOCUMENTS, "signature", "purple", "Viser et signer les documents", "Parapheur"
    ),
    _Tile("Marchés publics", "marches", BUSINESS, "gavel", "indigo", "Consultations et contrats", only=FINANCE),
    _Tile("Finances", "finances", BUSINESS, "coin-euro", "green", "Engagements, factures, budget", "Finances"),
    _Tile(
        "Notes et factures", "factures", BUSINESS, "receipt-euro", "lime", "Suivre une facture", "Finances",
        only=FINANCE,
    ),
    _Tile(
        "État civil", "etat-civil", BUSINESS, "rubber-stamp", "red", "Actes et livrets de famille", "État civil",
        only=CIVIL,
    ),
    _Tile("Cimetières", "cimetieres", BUSINESS, "map-pin", "teal", "Concessions et plans", only=CIVIL),
    _Tile(
        "Carte de la métropole", "carte", BUSINESS, "map-2", "cyan", "Plans, parcelles, réseaux (SIG)", "SIG"
    ),
    _Tile("Courrier", "courrier", BUSINESS, "file-text", "azure", "Courrier reçu, réponses, délais"),
    _Tile("Billetterie", "billetterie.hebergeur.example", BUSINESS, "masks-theater", "pink",
          "Spectacles, piscines, musées", "Billetterie", external=True),
    _Tile("Vie scolaire", "familles", BUSINESS, "school", "orange", "Inscriptions, cantine, garderie"),
    _Tile("Demandes des habitants", "demandes", BUSINESS, "building-community", "blue", "Signalements et réponses"),
    _Tile("Zoom", "zoom.visio.example", MEETINGS, "video", "blue", "Réunions nombreuses, conseil", "Zoom",
          external=True),
    _Tile("CapVisio Mégalis", "capvisio.megalis.example", MEETINGS, "users", "green",
          "La visioconférence du syndicat mixte", "CapVisio Mégalis", external=True),
    _Tile("Audioconférences", "audio", MEETINGS, "phone", "purple", "Réserver une salle téléphonique"),
    _Tile("Congés et absences", "conges", STAFF, "calendar-event", "teal", "Poser et suivre ses congés", "RH"),
    _Tile("Bulletins de paie", "paie", STAFF, "receipt-euro", "azure", "Vos bulletins et attestations", "RH"),
    _Tile("Formation", "formation", STAFF, "book", "orange", "Catalogue et inscriptions"),
    _Tile("Assistance informatique", f"mailto:assistance@{DOMAIN}", STAFF, "lifebuoy", "red",
          "Écrire à l’équipe\u202f: réponse sous une heure", new_tab=False),
    _Tile("Guide du télétravail", "guide-teletravail", STAFF, "home", "green", "S’installer, se connecter, être aidé",
          telework=True),
    _Tile("Téléphone sur ordinateur", "telephone", MEETINGS, "headset", "azure", "Votre poste fixe, depuis chez vous",
          telework=True),
    _Tile("Supervision", "supervision", STAFF, "activity", "lime", "État du réseau et des serveurs", roles=IT),
)  # fmt: skip

SERVICES = (
    ("Messagerie", "", "Équipe Infrastructures"),
    ("Extranet", "", "Direction de la communication"),
    ("GED", "", "Équipe Applications"),
    ("Parapheur", "", "Équipe Applications"),
    ("Finances", "", "Direction des finances"),
    ("État civil", "", "Équipe Applications"),
    ("SIG", "", "Pôle Information géographique"),
    ("RH", "", "Direction des ressources humaines"),
    ("Office 365", "Hébergeur Bureautique", "Direction des systèmes d’information"),
    ("Zoom", "Visio Example", "Direction des systèmes d’information"),
    ("CapVisio Mégalis", "Syndicat mixte Mégalis", "Syndicat mixte Mégalis"),
    ("Billetterie", "Billets & Cie", "Direction de la culture"),
)
"""(name, provider if hosted outside, who answers for it)."""


@transaction.atomic
def build(now: datetime) -> bool:
    """Make tiles, services, announcements and a few favourites; False if they are there already."""
    root = Entity.objects.filter(parent=None).order_by("pk").first()
    if root is None or Tile.objects.exists():
        return False
    services = _services(root, now)
    _tiles(root, services)
    _announcements(root, now)
    _favourites()
    return True


def _services(root: Entity, now: datetime) -> dict[str, Service]:
    long_ago = now - timedelta(days=40)
    services = Service.objects.bulk_create(
        Service(
            entity=root, name=name, provider=provider, owner=owner, state_since=long_ago,
            hosting=Hosting.EXTERNAL if provider else Hosting.LOCAL,
        )
        for name, provider, owner in SERVICES
    )  # fmt: skip
    by_name = {service.name: service for service in services}
    history = [ServiceState(service=each, state=each.state, since=long_ago) for each in services]
    teller = User.objects.filter(is_demo_persona=True, last_name="Kerbrat").first()
    history += _trouble(
        teller, by_name["Messagerie"], Service.State.DEGRADED, _this_morning(now),
        "Les pièces jointes arrivent avec retard. Les messages eux-mêmes passent.",
    )  # fmt: skip
    history += _trouble(
        teller, by_name["SIG"], Service.State.MAINTENANCE, now - timedelta(days=1, hours=3),
        "Mise à jour des plans. La carte revient demain matin.",
    )  # fmt: skip
    past = now - timedelta(days=12)
    extranet = by_name["Extranet"]
    history.append(ServiceState(service=extranet, state=Service.State.OUTAGE, since=past))
    history.append(ServiceState(service=extranet, state=Service.State.OPERATIONAL, since=past + timedelta(minutes=50)))
    Service.objects.filter(pk=extranet.pk).update(state_since=past + timedelta(minutes=50))
    ServiceState.objects.bulk_create(history)
    return by_name


def _trouble(teller: User | None, service: Service, state: str, since: datetime, message: str) -> list[ServiceState]:
    service.state, service.state_since, service.message, service.state_by_hand = state, since, message, True
    service.save()
    return [ServiceState(service=service, state=state, since=since, message=message, told_by=teller)]


def _this_morning(now: datetime) -> datetime:
    morning = datetime.combine(now.astimezone(PARIS).date(), time(8, 40), tzinfo=PARIS)
    return morning if morning < now else now - timedelta(minutes=25)


def _tiles(root: Entity, services: dict[str, Service]) -> None:
    tiles = Tile.objects.bulk_create(
        Tile(
            entity=root, title=line.title, url=line.url, category=line.category, icon=line.icon, colour=line.colour,
            description=line.description, service=services.get(line.service), opens_new_tab=line.new_tab,
            hosting=Hosting.EXTERNAL if line.external else Hosting.LOCAL, position=10 * rank, is_published=True,
            for_everyone=not (line.only or line.roles), roles_concerned=sorted(line.roles),
            for_teleworkers=line.telework,
        )
        for rank, line in enumerate(TILES, start=1)
    )  # fmt: skip
    entities = Entity.objects.filter(name__in={name for line in TILES for name in line.only})
    chosen = Tile.services_concerned.through
    chosen.objects.bulk_create(
        chosen(tile_id=tile.pk, entity_id=entity.pk)
        for tile, line in zip(tiles, TILES, strict=True)
        for entity in entities
        if entity.name in line.only
    )


def _announcements(root: Entity, now: datetime) -> None:
    Announcement.objects.bulk_create([
        Announcement(
            entity=root, level=Announcement.Level.WARNING, title="Télétravail\u202f: prévoyez vos impressions",
            text="Les imprimantes du siège sont éteintes cette semaine.\n"
            f"Pour une impression urgente, écrivez à reprographie@{DOMAIN}.",
            starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=5),
        ),
        Announcement(
            entity=root, level=Announcement.Level.INFO, title="Premiers pas avec «\u202fMon bureau\u202f»",
            text="Votre ordinateur de bureau s’ouvre depuis cette page, sans rien installer. "
            f"Le guide\u202f: https://extranet.{DOMAIN}/mon-bureau",
            starts_at=now - timedelta(days=3), ends_at=now + timedelta(days=30),
        ),
        Announcement(
            entity=root, level=Announcement.Level.INFO, title="Conseil métropolitain en visioconférence",
            text="La séance sera diffusée en direct.", starts_at=now + timedelta(days=6),
            ends_at=now + timedelta(days=7),
        ),
    ])  # fmt: skip


def _favourites() -> None:
    wanted = ("Messagerie", "Congés et absences", "Parapheur")
    tiles = {tile.title: tile for tile in Tile.objects.filter(title__in=wanted)}
    Favourite.objects.bulk_create(
        Favourite(user=user, tile=tiles[title], position=rank)
        for user in User.objects.filter(is_demo_persona=True)
        for rank, title in enumerate(wanted, start=1)
    )
