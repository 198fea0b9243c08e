"""The tools of meetings at a distance, as this authority has them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="providers")
    kind = models.CharField(_("type"), max_length=10, choices=Kind)
    name = models.CharField(_("nom"), max_length=80)
    note = models.CharField(_("remarque"), max_length=300, blank=True)
    base_url = models.URLField(_("adresse"), blank=True, max_length=300)
    account = models.CharField(_("compte ou identifiant d’application"), max_length=200, blank=True)
    tenant = models.CharField(_("locataire ou domaine"), max_length=200, blank=True)
    sealed_secret = models.BinaryField(blank=True, default=bytes, editable=False)
    """Encrypted; only the adapter reads it."""
    booking_url = models.URLField(_("page de réservation"), blank=True, max_length=300)
    """Catalogue entries without an interface: where people book by hand."""
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
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    """Why, for the IT team; never a secret, never an address with one."""

    class Meta:
        verbose_name = _("outil de réunion")
        ordering = ["rank", "name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="provider_name_once_per_entity"),
            models.CheckConstraint(
                condition=~Q(kind="phone") | Q(pool__isnull=False), name="provider_by_phone_has_a_pool"
            ),
        ]

    def __str__(self) -> str:
        return self.name
