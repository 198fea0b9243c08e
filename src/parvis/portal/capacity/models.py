"""What gateways did, hour by hour; what they can; what the IT team was told."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.remote_desktop.models import Gateway


class Sample(models.Model):
    """What one gateway did in one hour. Written by the minute, kept for a year; no person in it."""

    gateway = models.ForeignKey(Gateway, verbose_name=_("passerelle"), on_delete=models.CASCADE, related_name="samples")
    hour_at = models.DateTimeField(_("heure"))
    """The beginning of the hour, UTC."""
    looked_at = models.DateTimeField(null=True, blank=True)
    """The last look that was counted."""
    beats = models.PositiveIntegerField(default=0)
    """Minutes that were looked at."""
    sessions_sum = models.PositiveIntegerField(default=0)
    """Sessions open, summed over the beats."""
    sessions_most = models.PositiveIntegerField(default=0)
    bytes_up = models.PositiveBigIntegerField(default=0)
    bytes_down = models.PositiveBigIntegerField(default=0)
    cpu_seconds = models.FloatField(default=0)
    """Processor time of the gateway's process in this hour."""
    lag_most_ms = models.FloatField(default=0)
    """The longest the event loop was late."""

    class Meta:
        verbose_name = _("mesure d’une heure")
        ordering = ["hour_at"]
        constraints = [models.UniqueConstraint(fields=["gateway", "hour_at"], name="capacity_sample_once")]
        indexes = [models.Index(fields=["hour_at"], name="capacity_sample_hour")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.hour_at:%Y-%m-%d %H}"


class Capability(models.Model):
    """What a gateway can carry at most, as the IT team measured or decided it; no row: the program's own measure."""

    gateway = models.OneToOneField(Gateway, on_delete=models.CASCADE, related_name="capability")
    sessions = models.PositiveIntegerField(
        _("écrans à la fois"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    kbps = models.PositiveIntegerField(
        _("débit de sa ligne (kbit/s)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("capacité d’une passerelle")
        constraints = [
            models.CheckConstraint(
                condition=Q(sessions__isnull=False) | Q(kbps__isnull=False), name="capacity_capability_says_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway}\u202f: {self.sessions or self.kbps}"


class Notice(models.Model):
    """The IT team was told that gateways will not be enough from this day on. Once a day that is told of."""

    day = models.DateField(unique=True)
    gateways = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("avis de capacité")

    def __str__(self) -> str:
        return f"{self.day}\u202f: {self.gateways}"
