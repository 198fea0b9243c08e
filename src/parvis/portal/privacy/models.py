"""Retention, consultations, exports of one's own data, checks of the audit chain."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Role


class KindState(models.Model):
    """What is known of one kind of data: the retention chosen for it, and the figures of the last purge."""

    kind = models.CharField(max_length=60, unique=True)
    """Name of a `registry.Kind`."""
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    """Chosen by the head of IT; None: the kind's own."""
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    """Counted by the last purge: counting a million rows at every page would take too long."""
    oldest_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    """The last purge that deleted something."""
    purged_rows = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("durée de conservation")

    def __str__(self) -> str:
        return self.kind


class Consultation(models.Model):
    """Somebody looked at what is known of an agent: once per viewer, agent, page and hour."""

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    viewer_label = models.CharField(max_length=200)
    viewer_role = models.CharField(max_length=30, choices=Role, blank=True)
    """The highest role over the agent's service at that time; empty: a colleague, or the agent's own service."""
    viewer_service = models.CharField(max_length=150, blank=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="consultations")
    page = models.CharField(max_length=30)
    """The word the page gave (`directory.events.AgentSeen`)."""
    hour_at = models.DateTimeField()
    """The hour in which it was, without minutes."""

    class Meta:
        verbose_name = _("consultation")
        ordering = ["-hour_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["viewer", "agent", "page", "hour_at"], name="consultation_once_an_hour")
        ]
        indexes = [
            models.Index(fields=["agent", "-hour_at"], name="consultation_agent"),
            models.Index(fields=["hour_at"], name="consultation_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.viewer_label} → {self.agent}"


class DataExport(models.Model):
    """A person's own data, asked for by themselves, gathered into a file by the worker."""

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("En préparation")
        READY = "ready", _("Prêt")
        FAILED = "failed", _("Échec")
        GONE = "gone", _("Supprimé")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_exports")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    done_kinds = models.PositiveSmallIntegerField(default=0)
    all_kinds = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    file_name = models.CharField(max_length=80, blank=True)
    """In the data folder's `exports`: 256 random bits, nothing that tells whose it is."""
    size = models.PositiveBigIntegerField(default=0)
    """Bytes."""
    truncated = models.BooleanField(default=False)
    """A kind had more rows than a file may hold: the newest are there."""

    class Meta:
        verbose_name = _("export de données")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="asked"), name="data_export_one_at_a_time")
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="data_export_expiry")]

    def __str__(self) -> str:
        return f"{self.user} {self.asked_at:%Y-%m-%d}"


class ChainCheck(models.Model):
    """One verification of the audit chain: by whom, how far, what it found."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    """None: the daily one."""
    asked_at = models.DateTimeField()
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    is_running = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    is_sound = models.BooleanField(null=True)
    """None: not known yet."""
    fault_id = models.BigIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=100, blank=True)
    head_id = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    """The newest link when it ended: to be kept elsewhere."""

    class Meta:
        verbose_name = _("vérification du journal")
        ordering = ["-asked_at"]
        constraints = [
            # One at a time: they would read the whole chain beside each other.
            models.UniqueConstraint(fields=["is_running"], condition=Q(is_running=True), name="chain_check_one")
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.is_sound}"
