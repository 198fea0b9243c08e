"""Stock-takes, what was expected, what was seen, what is to be settled."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity
from parvis.portal.parc.models import Asset, Site


class Stocktake(models.Model):
    """A count of one site, by one or several people."""

    class State(models.TextChoices):
        """Where it stands; the table of moves is `rules.MOVES`."""

        OPEN = "open", _("Comptage en cours")
        SETTLING = "settling", _("Écarts à régler")
        CLOSED = "closed", _("Terminé")

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="stocktakes")
    """The site's when it was opened."""
    site = models.ForeignKey(Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="stocktakes")
    name = models.CharField(_("nom"), max_length=120)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("ouvert le"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    counted_at = models.DateTimeField(_("comptage terminé le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("inventaire d’un site")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=models.Q(state__in=["open", "settling"]), name="one_stocktake_of_a_site"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Expected(models.Model):
    """An asset the list had on the site when the count began."""

    stocktake = models.ForeignKey(Stocktake, on_delete=models.CASCADE, related_name="expected")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("matériel attendu")
        constraints = [models.UniqueConstraint(fields=["stocktake", "asset"], name="expected_once")]

    def __str__(self) -> str:
        return f"{self.stocktake_id} {self.asset_id}"


class Sighting(models.Model):
    """Something that was seen and scanned, as a phone reports it, perhaps hours later."""

    stocktake = models.ForeignKey(Stocktake, on_delete=models.CASCADE, related_name="sightings")
    client_id = models.UUIDField()
    """Made by the phone: the same sighting sent twice is one."""
    asset = models.ForeignKey(Asset, null=True, on_delete=models.CASCADE, related_name="sightings")
    code = models.CharField(_("code lu"), max_length=200, blank=True)
    room = models.CharField(_("local"), max_length=60, blank=True)
    seen_at = models.DateTimeField()
    """By the phone's clock, never later than `received_at`."""
    received_at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("matériel vu")
        ordering = ["seen_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["stocktake", "client_id"], name="sighting_once")]

    def __str__(self) -> str:
        return self.code or str(self.asset_id)


class Difference(models.Model):
    """What the count and the list disagree on, until a person has decided."""

    class Kind(models.TextChoices):
        """What is not the same."""

        MISSING = "missing", _("Attendu, pas vu")
        ELSEWHERE = "elsewhere", _("Vu ici, inscrit ailleurs")
        ROOM = "room", _("Vu dans un autre local")
        BACK = "back", _("Vu, mais sorti du service")
        UNKNOWN = "unknown", _("Code inconnu")

    class Outcome(models.TextChoices):
        """What was decided; which for which kind: `rules.OUTCOMES`."""

        OPEN = "", _("À régler")
        MOVED = "moved", _("Fiche corrigée")
        LOST = "lost", _("Déclaré perdu")
        STOCK = "stock", _("Remis en stock")
        ADDED = "added", _("Ajouté au parc")
        IGNORED = "ignored", _("Laissé tel quel")

    stocktake = models.ForeignKey(Stocktake, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(_("écart"), max_length=10, choices=Kind)
    asset = models.ForeignKey(Asset, null=True, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(_("code lu"), max_length=200, blank=True)
    room = models.CharField(_("vu dans"), max_length=60, blank=True)
    outcome = models.CharField(_("décision"), max_length=10, choices=Outcome, blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("écart")
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stocktake", "asset"], condition=models.Q(asset__isnull=False), name="difference_once_per_asset"
            ),
            models.UniqueConstraint(
                fields=["stocktake", "code"], condition=models.Q(asset__isnull=True), name="difference_once_per_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asset_id or self.code}"
