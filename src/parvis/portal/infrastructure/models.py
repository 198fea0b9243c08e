"""Services of the DSI and what they run on, what is behind what, telephone lines, outages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Asset, Contract, Site


class ITService(models.Model):
    """What the DSI runs for agents or for itself: mail, a business application, backups."""

    class Criticality(models.TextChoices):
        """How long people can do without."""

        VITAL = "vital", _("Vital (aucune interruption)")
        IMPORTANT = "important", _("Important (une demi-journée)")
        ORDINARY = "ordinary", _("Ordinaire (plusieurs jours)")

    class Hosting(models.TextChoices):
        """Where it runs."""

        INSIDE = "inside", _("Sur nos serveurs")
        OUTSIDE = "outside", _("Chez un prestataire")

    entity = models.ForeignKey(Entity, verbose_name=_("utilisé par"), on_delete=models.PROTECT, related_name="+")
    """And all below: whose agents are hit when it stops."""
    name = models.CharField(_("nom"), max_length=100)
    criticality = models.CharField(_("criticité"), max_length=10, choices=Criticality, default=Criticality.ORDINARY)
    hosting = models.CharField(_("hébergement"), max_length=8, choices=Hosting, default=Hosting.INSIDE)
    provider = models.CharField(_("prestataire"), max_length=100, blank=True)
    hosts = models.ManyToManyField(Asset, verbose_name=_("serveurs"), blank=True, related_name="it_services")
    redundant = models.BooleanField(_("un seul serveur suffit"), default=False)
    """It stops only when all of its servers have."""
    needs = models.ManyToManyField(
        "self", verbose_name=_("a besoin de"), blank=True, symmetrical=False, related_name="needed_by"
    )
    notes = models.TextField(_("remarques"), blank=True, max_length=2000)

    class Meta:
        verbose_name = _("service de la DSI")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="it_service_once_per_entity")]

    def __str__(self) -> str:
        return self.name


class Uplink(models.Model):
    """An asset behind another: a server, a printer or a switch behind a switch."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, related_name="uplink")
    behind = models.ForeignKey(Asset, verbose_name=_("derrière"), on_delete=models.CASCADE, related_name="downlinks")

    class Meta:
        verbose_name = _("raccordement")
        constraints = [models.CheckConstraint(condition=~models.Q(asset=models.F("behind")), name="uplink_not_itself")]

    def __str__(self) -> str:
        return f"{self.asset} ← {self.behind}"


class SiteLink(models.Model):
    """A site whose network passes through an asset: its router, the switch of its fibre."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="network_link")
    behind = models.ForeignKey(Asset, verbose_name=_("derrière"), on_delete=models.CASCADE, related_name="linked_sites")

    class Meta:
        verbose_name = _("lien d’un site")

    def __str__(self) -> str:
        return f"{self.site} ← {self.behind}"


class Line(models.Model):
    """A telephone number and its plan."""

    class Kind(models.TextChoices):
        """What it carries."""

        MOBILE = "mobile", _("Mobile")
        FIXED = "fixed", _("Fixe")
        DATA = "data", _("Données seules")

    class State(models.TextChoices):
        """Whether it is paid for."""

        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspendue")
        ENDED = "ended", _("Résiliée")

    entity = models.ForeignKey(Entity, verbose_name=_("service"), on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("numéro"), max_length=20)
    """Digits, `+` first for another country; spaces are taken away."""
    kind = models.CharField(_("type"), max_length=6, choices=Kind, default=Kind.MOBILE)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.ACTIVE)
    operator = models.CharField(_("opérateur"), max_length=60, blank=True)
    plan = models.CharField(_("forfait"), max_length=80, blank=True)
    monthly_cost = models.DecimalField(_("coût mensuel"), max_digits=8, decimal_places=2, null=True, blank=True)
    """Euros, all taxes included."""
    sim = models.OneToOneField(
        Asset, verbose_name=_("carte SIM"), null=True, blank=True, on_delete=models.SET_NULL, related_name="line"
    )
    phone = models.ForeignKey(
        Asset, verbose_name=_("téléphone"), null=True, blank=True, on_delete=models.SET_NULL, related_name="lines"
    )
    agent = models.ForeignKey(
        Agent, verbose_name=_("agent"), null=True, blank=True, on_delete=models.SET_NULL, related_name="lines"
    )
    contract = models.ForeignKey(
        Contract, verbose_name=_("contrat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="lines"
    )

    class Meta:
        verbose_name = _("ligne")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "number"], condition=~models.Q(state="ended"), name="line_once_per_entity"
            ),
            models.CheckConstraint(
                condition=models.Q(monthly_cost__isnull=True) | models.Q(monthly_cost__gte=0),
                name="line_cost_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Outage(models.Model):
    """Something is, was or will be stopped, and what agents are told."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("titre"), max_length=120)
    text = models.TextField(_("annonce aux agents"), max_length=1000)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.CASCADE, related_name="outages")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE, related_name="outages")
    it_service = models.ForeignKey(ITService, null=True, blank=True, on_delete=models.CASCADE, related_name="outages")
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"), null=True, blank=True)
    """None: not known yet."""

    class Meta:
        verbose_name = _("coupure")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="outage_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(asset__isnull=False, site__isnull=True, it_service__isnull=True)
                | models.Q(asset__isnull=True, site__isnull=False, it_service__isnull=True)
                | models.Q(asset__isnull=True, site__isnull=True, it_service__isnull=False),
                name="outage_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.title
