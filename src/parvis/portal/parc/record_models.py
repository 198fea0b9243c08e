"""What is kept around an asset: its model, purchase and contract, what happened to it, its repairs and documents."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Agent, Entity


class AssetModel(models.Model):
    """A maker's model, shared by the whole installation: nothing of one authority is in it."""

    manufacturer = models.CharField(_("marque"), max_length=80, blank=True)
    name = models.CharField(_("modèle"), max_length=120)
    kind = models.CharField(_("type"), max_length=10)
    """A value of `Asset.Kind`."""

    class Meta:
        verbose_name = _("modèle")
        ordering = ["manufacturer", "name"]
        constraints = [
            models.UniqueConstraint(fields=["manufacturer", "name", "kind"], name="asset_model_once"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.name}".strip()


class Supplier(models.Model):
    """Who sells or repairs."""

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="suppliers")
    name = models.CharField(_("nom"), max_length=120)
    email = models.EmailField(_("adresse électronique"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("fournisseur")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="supplier_once_per_entity")]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """A maintenance, lease or licence contract."""

    class Kind(models.TextChoices):
        """What it is for."""

        MAINTENANCE = "maintenance", _("Maintenance")
        WARRANTY = "warranty", _("Extension de garantie")
        LEASE = "lease", _("Location")
        LICENCE = "licence", _("Licences")
        TELECOM = "telecom", _("Téléphonie et liens")

    entity = models.ForeignKey(Entity, verbose_name=_("entité"), on_delete=models.PROTECT, related_name="contracts")
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("fournisseur"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="contracts",
    )  # fmt: skip
    name = models.CharField(_("intitulé"), max_length=150)
    kind = models.CharField(_("type"), max_length=12, choices=Kind, default=Kind.MAINTENANCE)
    reference = models.CharField(_("numéro de marché"), max_length=60, blank=True)
    starts_date = models.DateField(_("début"), null=True, blank=True)
    ends_date = models.DateField(_("fin"), null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(_("préavis (jours)"), default=90)
    yearly_cost = models.DecimalField(_("coût annuel"), max_digits=10, decimal_places=2, null=True, blank=True)
    """Euros, all taxes included."""

    class Meta:
        verbose_name = _("contrat")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="contract_once_per_entity")]

    def __str__(self) -> str:
        return self.name


class AssetEvent(models.Model):
    """One line of an asset's history, kept as long as the asset (the audit trail is purged sooner)."""

    class Kind(models.TextChoices):
        """What happened."""

        CREATED = "created", _("Ajouté")
        CHANGED = "changed", _("Modifié")
        MOVED = "moved", _("Déplacé")
        STATE = "state", _("Changement de situation")
        ASSIGNED = "assigned", _("Affecté")
        UNASSIGNED = "unassigned", _("Repris")
        LENT = "lent", _("Prêté")
        RETURNED = "returned", _("Rendu")
        MAINTENANCE = "maintenance", _("Intervention")
        COUNTED = "counted", _("Vu lors d’un inventaire")
        REPORTED = "reported", _("Relevé par la sonde")

    asset = models.ForeignKey("parc.Asset", on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="asset_events")
    """Whose it was or became: the history of a person."""
    data = models.JSONField(default=dict)
    """What `history.sentence` needs to say it in words; no name of a person."""

    class Meta:
        verbose_name = _("événement")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["asset", "-at"], name="asset_event_asset"),
            models.Index(fields=["agent", "-at"], name="asset_event_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind} {self.at:%Y-%m-%d %H:%M}"


class Maintenance(models.Model):
    """A repair, an upgrade or a visit: from its opening to its end."""

    class Kind(models.TextChoices):
        """What is done."""

        REPAIR = "repair", _("Réparation")
        UPGRADE = "upgrade", _("Évolution")
        PREVENTIVE = "preventive", _("Entretien")

    asset = models.ForeignKey("parc.Asset", on_delete=models.CASCADE, related_name="maintenances")
    kind = models.CharField(_("type"), max_length=10, choices=Kind, default=Kind.REPAIR)
    summary = models.CharField(_("objet"), max_length=200)
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("prestataire"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_date = models.DateField(_("début"))
    closed_date = models.DateField(_("fin"), null=True, blank=True)
    cost = models.DecimalField(_("coût"), max_digits=10, decimal_places=2, null=True, blank=True)
    outcome = models.CharField(_("résultat"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("intervention")
        ordering = ["-opened_date", "-pk"]

    def __str__(self) -> str:
        return self.summary


class Document(models.Model):
    """A file kept with an asset or a contract: invoice, delivery note, manual."""

    asset = models.ForeignKey("parc.Asset", null=True, on_delete=models.CASCADE, related_name="documents")
    contract = models.ForeignKey(Contract, null=True, on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(_("nom"), max_length=150)
    file = models.FileField(upload_to="parc/documents/")
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    """Bytes."""
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("document")
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(asset__isnull=False, contract__isnull=True)
                | models.Q(asset__isnull=True, contract__isnull=False),
                name="document_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.name
