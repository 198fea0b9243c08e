"""Tokens of probes, their reports, what is known of each computer from inside. Software: `software_models`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.inventory.software_models import Installation, Licence, Software, SoftwareCount
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Asset

__all__ = [
    "Acknowledgement",
    "Identity",
    "Installation",
    "Inventory",
    "Licence",
    "ProbeToken",
    "Report",
    "SeenScreen",
    "Software",
    "SoftwareCount",
]


class ProbeToken(models.Model):
    """The secret part of the address given to the probes of an entity. Only its hash is kept."""

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="probe_tokens")
    name = models.CharField(_("nom"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, in hexadecimal (the token has 32 random bytes: no salt is needed)."""
    frequency_hours = models.PositiveSmallIntegerField(_("relevé toutes les (heures)"), default=24)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(_("dernier relevé"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)

    class Meta:
        verbose_name = _("adresse de sonde")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="probe_token_once_per_entity"),
            models.CheckConstraint(condition=models.Q(frequency_hours__range=(1, 720)), name="probe_token_frequency"),
        ]

    def __str__(self) -> str:
        return self.name


class Report(models.Model):
    """What a probe sent, from its arrival to its outcome. The body is dropped once it is applied."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.REPORT_MOVES`."""

        QUEUED = "queued", _("En attente")
        APPLIED = "applied", _("Pris en compte")
        QUARANTINED = "quarantined", _("À trancher")
        DISCARDED = "discarded", _("Écarté")
        REFUSED = "refused", _("Refusé")

    token = models.ForeignKey(ProbeToken, on_delete=models.PROTECT, related_name="reports")
    received_at = models.DateTimeField()
    client = models.CharField(_("sonde"), max_length=120)
    """The probe's program and version, as it says (`User-Agent`)."""
    device_id = models.CharField(_("identifiant"), max_length=200, blank=True)
    name = models.CharField(_("nom relevé"), max_length=120, blank=True)
    """The computer's name in the report, once it is read."""
    body = models.BinaryField(null=True)
    """The inventory, compressed (zlib)."""
    size = models.PositiveIntegerField()
    """Bytes on the wire."""
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.QUEUED)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    problem = models.CharField(_("motif"), max_length=300, blank=True)
    """Why it was refused or quarantined: a key of `rules.PROBLEMS`."""
    candidates = models.JSONField(default=list)
    """Of a quarantined one: `[{"asset": id, "score": n, "why": {identity kind: points}}]`, best first.

    Of one that was set aside: `[{"machine": fingerprint}]`, so that its next ones are too."""
    tries = models.PositiveSmallIntegerField(default=0)
    """How often reading it was begun: one that ends the worker each time is refused in the end."""
    handled_at = models.DateTimeField(null=True, blank=True)
    """When its outcome was decided; of a queued one, when reading it was last begun."""
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("relevé")
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "received_at"], name="report_state"),
            models.Index(fields=["asset", "-received_at"], name="report_asset"),
            models.Index(fields=["token", "device_id", "-received_at"], name="report_device"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.device_id} {self.received_at:%Y-%m-%d %H:%M}"


class Identity(models.Model):
    """One value by which reports are known to be about an asset."""

    class Kind(models.TextChoices):
        """What the value is; how much each counts is `rules.POINTS`."""

        SERIAL = "serial", _("numéro de série")
        UUID = "uuid", _("UUID de la machine")
        BOARD = "board", _("numéro de la carte mère")
        MAC = "mac", _("adresse MAC")
        DEVICE = "device", _("identifiant de la sonde")
        NAME = "name", _("nom")

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(max_length=200)
    """In its usual form (`rules.normal_identity`)."""
    seen_at = models.DateTimeField()
    confirmed = models.BooleanField(default=False)
    """A person said that a report with this value is about this asset."""

    class Meta:
        verbose_name = _("identité")
        constraints = [models.UniqueConstraint(fields=["asset", "kind", "value"], name="identity_once_per_asset")]
        indexes = [models.Index(fields=["kind", "value"], name="identity_value")]

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"


class Inventory(models.Model):
    """What the last report says of an asset from inside."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="inventory")
    report = models.ForeignKey(Report, null=True, on_delete=models.SET_NULL, related_name="+")
    token = models.ForeignKey(ProbeToken, null=True, on_delete=models.SET_NULL, related_name="+")
    """The address it reports to: an asset that people moved to another entity is still known there."""
    reported_at = models.DateTimeField(_("relevé le"), db_index=True)
    client = models.CharField(_("sonde"), max_length=120, blank=True)
    os_name = models.CharField(_("système"), max_length=150, blank=True)
    os_version = models.CharField(_("version"), max_length=80, blank=True)
    os_ends_date = models.DateField(_("système maintenu jusqu’au"), null=True, blank=True)
    """Last day of its maker's security updates (`systems.ends_date`); None: not known."""
    processor = models.CharField(_("processeur"), max_length=150, blank=True)
    memory_mb = models.PositiveIntegerField(_("mémoire (Mo)"), null=True)
    disk_mb = models.PositiveBigIntegerField(_("disque (Mo)"), null=True)
    disk_free_mb = models.PositiveBigIntegerField(_("disque libre (Mo)"), null=True)
    encrypted = models.BooleanField(_("disque chiffré"), null=True)
    """None: the probe does not say."""
    antivirus = models.CharField(_("antivirus"), max_length=120, blank=True)
    antivirus_current = models.BooleanField(_("antivirus à jour"), null=True)
    battery_health = models.PositiveSmallIntegerField(_("santé de la batterie (%)"), null=True)
    last_user = models.CharField(_("dernière session"), max_length=120, blank=True)
    """The name it was opened with, as the probe says. Personal: see `personal_data`."""
    last_agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """Whose name that is, where it is known without doubt."""
    differences = models.JSONField(default=dict)
    """What it reports that a human has decided otherwise: field of the asset → reported value."""
    kept = models.JSONField(default=dict)
    """Differences a person looked at and left: field → the reported value, not shown again while it is the same."""
    details = models.JSONField(default=dict)
    """Networks, screens, disks, batteries, users as reported: shown, never searched."""

    class Meta:
        verbose_name = _("inventaire")

    def __str__(self) -> str:
        return f"{self.asset_id} {self.reported_at:%Y-%m-%d}"


class SeenScreen(models.Model):
    """A screen that says its serial, seen on a computer: proposed as an asset until it is one."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="seen_screens")
    """The computer."""
    serial = models.CharField(_("numéro de série"), max_length=100)
    """In its usual form (`rules.normal_identity`)."""
    manufacturer = models.CharField(_("marque"), max_length=80, blank=True)
    name = models.CharField(_("modèle"), max_length=120, blank=True)
    seen_at = models.DateTimeField(_("vu le"))
    screen = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The asset it is; None: still proposed."""
    ignored = models.BooleanField(default=False)
    """A person does not want it in the list."""

    class Meta:
        verbose_name = _("écran repéré")
        ordering = ["-seen_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["asset", "serial"], name="seen_screen_once_per_asset")]
        indexes = [models.Index(fields=["serial"], name="seen_screen_serial")]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.name} {self.serial}".strip()


class Acknowledgement(models.Model):
    """A person looked at an anomaly of an asset and it is all right: not shown again while nothing changes."""

    class Kind(models.TextChoices):
        """What was wrong; see `anomalies`."""

        USER = "user", _("Autre utilisateur")
        SILENT = "silent", _("Silencieux")
        GONE = "gone", _("Vu alors qu’il n’est plus en service")

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    agent = models.ForeignKey(Agent, null=True, on_delete=models.CASCADE, related_name="+")
    """Of another user: whom."""
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("anomalie vue")
        constraints = [models.UniqueConstraint(fields=["asset", "kind"], name="acknowledgement_once")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind}"
