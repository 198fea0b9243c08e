"""Programs, where they are installed, the right to use them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity
from parvis.portal.parc.models import Asset, Contract

LEFT = (Asset.State.RETIRED, Asset.State.DISPOSED)
"""What has left service: its programs count for nothing any more, and use no licence."""


class Software(models.Model):
    """A program, under its normalised name (`programs.normal_software`), for the whole installation."""

    name = models.CharField(_("logiciel"), max_length=200)
    publisher = models.CharField(_("éditeur"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("logiciel")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "publisher"], name="software_once")]

    def __str__(self) -> str:
        return self.name


class Installation(models.Model):
    """A program on an asset, at a version."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="installations")
    software = models.ForeignKey(Software, on_delete=models.CASCADE, related_name="installations")
    version = models.CharField(_("version"), max_length=100, blank=True)
    installed_date = models.DateField(_("installé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("installation")
        constraints = [models.UniqueConstraint(fields=["asset", "software", "version"], name="installation_once")]
        indexes = [models.Index(fields=["software", "version"], name="installation_software")]

    def __str__(self) -> str:
        return f"{self.software_id} {self.version}"


class SoftwareCount(models.Model):
    """On how many computers of one entity (not below) a program is: recounted by `counting`, read by lists."""

    software = models.ForeignKey(Software, on_delete=models.CASCADE, related_name="counts")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    computers = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("nombre d’installations")
        constraints = [models.UniqueConstraint(fields=["software", "entity"], name="software_count_once")]

    def __str__(self) -> str:
        return f"{self.software_id} {self.entity_id}: {self.computers}"


class Licence(models.Model):
    """The right to use a program on so many computers of an entity and below."""

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="licences")
    software = models.ForeignKey(
        Software, verbose_name=_("logiciel"), on_delete=models.PROTECT, related_name="licences"
    )
    name = models.CharField(_("intitulé"), max_length=150)
    seats = models.PositiveIntegerField(_("nombre de postes"))
    ends_date = models.DateField(_("jusqu’au"), null=True, blank=True)
    cost = models.DecimalField(_("coût annuel"), max_digits=10, decimal_places=2, null=True, blank=True)
    contract = models.ForeignKey(
        Contract, verbose_name=_("contrat"), null=True, blank=True, on_delete=models.SET_NULL, related_name="licences"
    )

    class Meta:
        verbose_name = _("licence")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="licence_once_per_entity")]

    def __str__(self) -> str:
        return self.name
