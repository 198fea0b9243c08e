"""The tools of meetings at a distance, as this authority has them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import vault
from parvis.portal.booking.models import Pool
from parvis.portal.directory.models import Entity


class Provider(models.Model):
    """A tool: its kind, its address, its account."""

    class Kind(models.TextChoices):
        """Which adapter speaks to it, and which capabilities it has (`capabilities.TABLE`)."""

        PHONE = "phone", _("Salle téléphonique")
        PARVIS = "parvis", _("Salle Parvis")
        BIGBLUEBUTTON = "bbb", "BigBlueButton"
        JITSI = "jitsi", "Jitsi"
        VISIO = "visio", "La Suite Visio"
        LIVEKIT = "livekit", "LiveKit"
        TEAMS = "teams", "Microsoft Teams"
        ZOOM = "zoom", "Zoom"
        CAPVISIO = "capvisio", "CapVisio"
        OTHER = "other", _("Autre outil")

    class Health(models.TextChoices):
        """What the last check said."""

        UNKNOWN = "unknown", _("Jamais vérifié")
        UP = "up", _("Répond")
        DOWN = "down", _("Ne répond pas")

    class Checksum(models.TextChoices):
        """The hashes BigBlueButton knows."""

        SHA1 = "sha1", "SHA-1"
        SHA256 = "sha256", "SHA-256"
        SHA384 = "sha384", "SHA-384"
        SHA512 = "sha512", "SHA-512"

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="providers")
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    name = models.CharField(_("nom"), max_length=80)
    note = models.CharField(_("remarque"), max_length=300, blank=True)
    base_url = models.URLField(_("adresse"), blank=True, max_length=300)
    account = models.CharField(_("compte ou identifiant d’application"), max_length=200, blank=True)
    tenant = models.CharField(_("locataire ou domaine"), max_length=200, blank=True)
    sealed_secret = models.TextField(blank=True, default="", editable=False)
    """Encrypted by `accounts.vault`; only the adapter reads it."""
    host_account = models.CharField(_("compte organisateur"), max_length=200, blank=True)
    """Under which account of the provider meetings are made, where no pool of host accounts says so."""
    checksum = models.CharField(_("empreinte"), max_length=6, choices=Checksum, default=Checksum.SHA256)
    """BigBlueButton: the hash its server was set to."""
    by_hand = models.BooleanField(_("réservé à la main"), default=False)
    """No interface is used: people book on `booking_url` and copy the address here. Always so of some kinds."""
    booking_url = models.URLField(_("page de réservation"), blank=True, max_length=300)
    """By hand: where people book. LiveKit: the page that joins."""
    features = models.JSONField(_("ce qu’il permet"), default=list, blank=True)
    """Codes of `capabilities.DECLARED`: what only the IT team knows of it (telephone bought or not…)."""
    phone_number = models.CharField(_("numéro d’appel"), max_length=20, blank=True)
    pool = models.ForeignKey(
        Pool,
        verbose_name=_("groupe de salles ou de comptes"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="providers",
    )
    """What a meeting must book first: telephone rooms, host accounts, licences. None: as many as one likes."""
    max_people = models.PositiveIntegerField(_("participants au plus"), default=0)
    """0: what its kind can do."""
    rank = models.PositiveSmallIntegerField(_("ordre de préférence"), default=50)
    is_open = models.BooleanField(_("proposé aux agents"), default=True)
    health = models.CharField(_("état"), max_length=7, choices=Health, default=Health.UNKNOWN)
    checked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    """Failed checks in a row: see `rules.DOWN_AFTER`."""
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=20, blank=True)
    """Why: a key of `errors.PROBLEMS`."""
    failure_detail = models.CharField(max_length=200, blank=True)
    """For the IT team; never a secret, never an address with one."""

    class Meta:
        verbose_name = _("outil de réunion")
        ordering = ["rank", "name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=("capvisio", "other")) | Q(by_hand=True),
                name="provider_without_interface_by_hand",
            ),
            models.UniqueConstraint(fields=["entity", "name"], name="provider_name_once_per_entity"),
            models.CheckConstraint(
                condition=~Q(kind="phone") | Q(pool__isnull=False), name="provider_by_phone_has_a_pool"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        """What we and the provider share; empty: none."""
        return vault.decrypt(self.sealed_secret) if self.sealed_secret else ""
