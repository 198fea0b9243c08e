"""How many agents must be on site, and which shortages their heads have been told of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.models import Entity


class Minimum(models.Model):
    """So many agents of an entity (with all below it) on site: each worked half-day, or some of them.

    Of several that speak of the same half-day and the same people, the highest holds. `Policy.minimum_on_site` is one
    more, for every half-day and everybody.
    """

    class Weekday(models.IntegerChoices):
        """As `date.weekday()`."""

        MONDAY = 0, _("Lundi")
        TUESDAY = 1, _("Mardi")
        WEDNESDAY = 2, _("Mercredi")
        THURSDAY = 3, _("Jeudi")
        FRIDAY = 4, _("Vendredi")
        SATURDAY = 5, _("Samedi")
        EVERY = 7, _("Du lundi au vendredi")

    class Half(models.TextChoices):
        """Which half-day."""

        AM = "am", _("Matin")
        PM = "pm", _("Après-midi")

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="presence_minimums")
    weekday = models.PositiveSmallIntegerField(_("jour"), choices=Weekday, default=Weekday.EVERY)
    half = models.CharField(_("moment"), max_length=2, choices=Half, blank=True)
    job = models.CharField(_("fonction"), max_length=100, blank=True)
    """Only agents whose job has this in its name, accents ignored; empty: all."""
    least = models.PositiveSmallIntegerField(_("agents sur site au moins"))

    class Meta:
        verbose_name = _("minimum sur site")
        ordering = ["job", "weekday", "half"]
        constraints = [
            models.CheckConstraint(condition=Q(least__range=(1, 9999)), name="presence_minimum_positive"),
            models.UniqueConstraint(fields=["entity", "weekday", "half", "job"], name="presence_minimum_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} · {self.least}"


class AlertTold(models.Model):
    """A shortage that was told by mail: each one is told once."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    half = models.CharField(max_length=2)
    job = models.CharField(max_length=100, blank=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "date", "half", "job"], name="presence_alert_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} · {self.date}"
