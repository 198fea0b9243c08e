"""Sites, assets (computers among them), who has them, wake-ups. What is written about an asset: `record_models`."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.plan_models import FloorPlan, PlanRoom
from parvis.portal.parc.record_models import AssetEvent, AssetModel, Contract, Document, Maintenance, Supplier

__all__ = [
    "COMPUTER_KINDS",
    "Asset",
    "AssetEvent",
    "AssetModel",
    "Assignment",
    "Computer",
    "Contract",
    "Document",
    "FloorPlan",
    "Maintenance",
    "PlanRoom",
    "Site",
    "Supplier",
    "WakeUp",
]


class Site(models.Model):
    """A building, and how a sleeping computer in it is woken up."""

    class WakeBy(models.TextChoices):
        """How the magic packet reaches the site's network."""

        BROADCAST = "broadcast", _("Diffusion dirigée (adresse de diffusion du réseau)")
        RELAY = "relay", _("Relais (adresse d’une machine allumée sur le site)")
        NONE = "none", _("Pas de réveil sur ce site")

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(_("nom"), max_length=150)
    address = models.CharField(_("adresse"), max_length=250, blank=True)
    wake_by = models.CharField(_("réveil des ordinateurs"), max_length=10, choices=WakeBy, default=WakeBy.NONE)
    wake_address = models.GenericIPAddressField(_("adresse de réveil"), null=True, blank=True)
    wake_port = models.PositiveIntegerField(_("port de réveil"), default=9)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    """Degrees (WGS 84); both or none. Only a link is made of them: no map is ever asked for by itself."""

    class Meta:
        verbose_name = _("site")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="site_on_earth",
            ),
            models.UniqueConstraint(fields=["entity", "name"], name="site_name_once_per_entity"),
            models.CheckConstraint(
                condition=models.Q(wake_by="none") | models.Q(wake_address__isnull=False), name="site_wake_has_address"
            ),
            models.CheckConstraint(condition=models.Q(wake_port__range=(1, 65535)), name="site_wake_port_range"),
        ]

    def __str__(self) -> str:
        return self.name


class Asset(models.Model):
    """A thing of the authority with an owner, a place and a life: a computer, a screen, a phone, a badge…"""

    class Kind(models.TextChoices):
        """What it is. The first five are computers (`COMPUTER_KINDS`); telework reaches office PCs by default."""

        OFFICE = "office", _("Poste de bureau")
        LAPTOP = "laptop", _("Portable")
        SERVER = "server", _("Serveur")
        ADMIN = "admin", _("Poste d’administration")
        SCHOOL = "school", _("Poste scolaire")
        SCREEN = "screen", _("Écran")
        PHONE = "phone", _("Téléphone mobile")
        DESK_PHONE = "desk_phone", _("Téléphone fixe")
        TABLET = "tablet", _("Tablette")
        PRINTER = "printer", _("Imprimante")
        NETWORK = "network", _("Équipement réseau")
        SIM = "sim", _("Carte SIM")
        BADGE = "badge", _("Badge")
        ACCESSORY = "accessory", _("Accessoire")

    class State(models.TextChoices):
        """Where it is in its life; the table of moves is `rules.ASSET_MOVES`."""

        ORDERED = "ordered", _("Commandé")
        STOCK = "stock", _("En stock")
        DEPLOYED = "deployed", _("En service")
        REPAIR = "repair", _("En réparation")
        LOST = "lost", _("Perdu ou volé")
        RETIRED = "retired", _("Retiré du service")
        DISPOSED = "disposed", _("Sorti du parc")

    class Reachability(models.TextChoices):
        """What the last check found."""

        ON = "on", _("Allumé")
        ASLEEP = "asleep", _("En veille ou éteint")
        UNREACHABLE = "unreachable", _("Injoignable")
        UNKNOWN = "unknown", _("État inconnu")

    entity = models.ForeignKey(Entity, verbose_name=_("service"), on_delete=models.PROTECT, related_name="assets")
    site = models.ForeignKey(
        Site, verbose_name=_("site"), null=True, blank=True, on_delete=models.PROTECT, related_name="assets"
    )
    room = models.CharField(_("local"), max_length=60, blank=True)
    name = models.CharField(_("nom"), max_length=63)
    """What people call it: a computer's name on the network; for other kinds any words."""
    tag = models.CharField(_("numéro d’inventaire"), max_length=40, blank=True)
    """Written on its label; unique in its entity."""
    kind = models.CharField(_("type"), max_length=10, choices=Kind, default=Kind.OFFICE)
    model = models.ForeignKey(
        AssetModel, verbose_name=_("modèle"), null=True, blank=True, on_delete=models.PROTECT, related_name="assets"
    )
    serial = models.CharField(_("numéro de série"), max_length=100, blank=True)
    """Of a SIM its ICCID, of a phone its IMEI."""
    phone_number = models.CharField(_("numéro de ligne"), max_length=30, blank=True)
    """Of a SIM or a desk phone: the line people call."""
    state = models.CharField(_("situation"), max_length=10, choices=State, default=State.DEPLOYED)
    state_since_date = models.DateField(_("depuis le"), default=clock.today)
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("fournisseur"), null=True, blank=True, on_delete=models.PROTECT, related_name="assets"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("contrat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="assets"
    )
    order_number = models.CharField(_("bon de commande"), max_length=60, blank=True)
    purchase_date = models.DateField(_("acheté le"), null=True, blank=True)
    warranty_end_date = models.DateField(_("sous garantie jusqu’au"), null=True, blank=True)
    cost = models.DecimalField(_("prix d’achat"), max_digits=10, decimal_places=2, null=True, blank=True)
    """Euros, all taxes included."""
    notes = models.TextField(_("remarques"), blank=True, max_length=4000)
    origins = models.JSONField(default=dict, blank=True)
    """Who wrote a field last: name → a `rules.Origin` (absent: not known). See `rules.probe_may_write`."""
    search = models.CharField(max_length=500, editable=False, default="")
    """Name, tag, serial, model, place, addresses, folded: what search looks in (`rules.search_text`)."""
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    address = models.CharField(_("adresse réseau"), max_length=253, blank=True)
    """A host name or an IP address; checked again after DNS at each connection."""
    mac_address = models.CharField(_("adresse MAC"), max_length=17, blank=True)
    probe_port = models.PositiveIntegerField(_("port sondé"), default=3389)
    """TCP port that tells whether it is on: its screen's, kept in step by `remote_desktop`."""
    reachability = models.CharField(max_length=12, choices=Reachability, default=Reachability.UNKNOWN)
    last_seen_at = models.DateTimeField(_("vu pour la dernière fois"), null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_requested_at = models.DateTimeField(null=True, blank=True)
    """When a check was last asked for: one request in ten seconds wins, the others do nothing."""
    agents = models.ManyToManyField(Agent, through="Assignment", related_name="assets")

    class Meta:
        verbose_name = _("matériel")
        verbose_name_plural = _("matériels")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "name"],
                condition=models.Q(kind__in=["office", "laptop", "server", "admin", "school"])
                & ~models.Q(state="disposed"),
                name="computer_name_once_per_entity",
            ),
            models.UniqueConstraint(
                fields=["entity", "tag"], condition=~models.Q(tag=""), name="asset_tag_once_per_entity"
            ),
            models.CheckConstraint(condition=models.Q(probe_port__range=(1, 65535)), name="computer_probe_port_range"),
            models.CheckConstraint(
                condition=models.Q(cost__isnull=True) | models.Q(cost__gte=0), name="asset_cost_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="computer_name"),
            models.Index(fields=["reachability", "checked_at"], name="computer_reachability"),
            models.Index(fields=["check_requested_at"], name="computer_check_requested"),
            models.Index(fields=["kind", "state"], name="asset_kind_state"),
            models.Index(fields=["entity", "kind", "state"], name="asset_entity_kind_state"),
            models.Index(fields=["serial"], name="asset_serial"),
            # The newest of each tells whether the lists' index is behind (`asset_index`).
            models.Index(fields=["updated_at"], name="asset_updated"),
            models.Index(fields=["checked_at"], name="asset_checked"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_computer(self) -> bool:
        """Whether it is one of `COMPUTER_KINDS`."""
        return self.kind in COMPUTER_KINDS


COMPUTER_KINDS = (
    Asset.Kind.OFFICE,
    Asset.Kind.LAPTOP,
    Asset.Kind.SERVER,
    Asset.Kind.ADMIN,
    Asset.Kind.SCHOOL,
)


class Computers(models.Manager["Computer"]):
    """Assets that are computers."""

    def get_queryset(self) -> models.QuerySet[Computer]:
        """Without screens, phones and the rest."""
        return super().get_queryset().filter(kind__in=COMPUTER_KINDS)


class Computer(Asset):
    """A computer: an asset with a screen of its own, a name on the network, sessions. The same row as its asset."""

    objects: ClassVar[Computers] = Computers()

    class Meta:
        proxy = True
        verbose_name = _("ordinateur")
        verbose_name_plural = _("ordinateurs")
        ordering = ["name"]


class Assignment(models.Model):
    """This agent has that asset; of a computer: works on it."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="assignments")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="assignments")
    since_date = models.DateField(_("depuis le"), null=True, blank=True)

    class Meta:
        verbose_name = _("affectation")
        constraints = [models.UniqueConstraint(fields=["agent", "asset"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.agent} · {self.asset}"


class WakeUp(models.Model):
    """One attempt to wake a computer, from the request to its outcome."""

    class State(models.TextChoices):
        """Where the attempt stands; the table of moves is `rules.WAKE_UP_MOVES`."""

        REQUESTED = "requested", _("Demandé")
        SENT = "sent", _("Signal envoyé")
        AWAKE = "awake", _("Allumé")
        FAILED = "failed", _("Sans réponse")

    computer = models.ForeignKey(Computer, on_delete=models.CASCADE, related_name="wake_ups")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=30, blank=True)
    """A key of `rules.WAKE_UP_WORDS`: what happened last."""
    next_step_at = models.DateTimeField()
    """When the next round takes it: one round at a time works on a wake-up."""
    round = models.UUIDField(null=True, blank=True)
    """The round that took it last."""

    class Meta:
        verbose_name = _("réveil")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["computer"], condition=models.Q(state__in=["requested", "sent"]), name="one_wake_up_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.computer} {self.requested_at:%Y-%m-%d %H:%M}"
