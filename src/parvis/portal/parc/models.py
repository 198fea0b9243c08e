"""Sites, computers, assignments, wake-ups."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity


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

    class Meta:
        verbose_name = _("site")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="site_name_once_per_entity"),
            models.CheckConstraint(
                condition=models.Q(wake_by="none") | models.Q(wake_address__isnull=False), name="site_wake_has_address"
            ),
            models.CheckConstraint(condition=models.Q(wake_port__range=(1, 65535)), name="site_wake_port_range"),
        ]

    def __str__(self) -> str:
        return self.name


class Computer(models.Model):
    """A computer of the authority."""

    class Kind(models.TextChoices):
        """What it is for; only office PCs may be reached by telework unless the DSI says so."""

        OFFICE = "office", _("Poste de bureau")
        LAPTOP = "laptop", _("Portable")
        SERVER = "server", _("Serveur")
        ADMIN = "admin", _("Poste d’administration")
        SCHOOL = "school", _("Poste scolaire")

    class Reachability(models.TextChoices):
        """What the last check found."""

        ON = "on", _("Allumé")
        ASLEEP = "asleep", _("En veille ou éteint")
        UNREACHABLE = "unreachable", _("Injoignable")
        UNKNOWN = "unknown", _("État inconnu")

    entity = models.ForeignKey(Entity, verbose_name=_("service"), on_delete=models.PROTECT, related_name="computers")
    site = models.ForeignKey(
        Site, verbose_name=_("site"), null=True, blank=True, on_delete=models.PROTECT, related_name="computers"
    )
    name = models.CharField(_("nom"), max_length=63)
    kind = models.CharField(_("type"), max_length=10, choices=Kind, default=Kind.OFFICE)
    address = models.CharField(_("adresse réseau"), max_length=253, blank=True)
    """A host name or an IP address; checked again after DNS at each connection."""
    mac_address = models.CharField(_("adresse MAC"), max_length=17, blank=True)
    probe_port = models.PositiveIntegerField(_("port sondé"), default=3389)
    """TCP port that tells whether the computer is on: its screen's, kept in step by `remote_desktop`."""
    reachability = models.CharField(max_length=12, choices=Reachability, default=Reachability.UNKNOWN)
    last_seen_at = models.DateTimeField(_("vu pour la dernière fois"), null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_requested_at = models.DateTimeField(null=True, blank=True)
    """When a check was last asked for: one request in ten seconds wins, the others do nothing."""
    agents = models.ManyToManyField(Agent, through="Assignment", related_name="computers")

    class Meta:
        verbose_name = _("ordinateur")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "name"], name="computer_name_once_per_entity"),
            models.CheckConstraint(condition=models.Q(probe_port__range=(1, 65535)), name="computer_probe_port_range"),
        ]
        indexes = [
            models.Index(fields=["name"], name="computer_name"),
            models.Index(fields=["reachability", "checked_at"], name="computer_reachability"),
            models.Index(fields=["check_requested_at"], name="computer_check_requested"),
        ]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """This agent works on that computer."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="assignments")
    computer = models.ForeignKey(Computer, on_delete=models.CASCADE, related_name="assignments")

    class Meta:
        verbose_name = _("affectation")
        constraints = [models.UniqueConstraint(fields=["agent", "computer"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.agent} · {self.computer}"


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
