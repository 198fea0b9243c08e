"""Floor plans of a site: an image, and where each room is on it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FloorPlan(models.Model):
    """One floor, as a picture: nothing is drawn by, or asked from, anybody outside."""

    site = models.ForeignKey("parc.Site", on_delete=models.CASCADE, related_name="plans")
    name = models.CharField(_("étage"), max_length=60)
    file = models.FileField(upload_to="parc/plans/")
    media_type = models.CharField(max_length=60)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    """Pixels of the picture."""

    class Meta:
        verbose_name = _("plan")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="floor_plan_once_per_site")]

    def __str__(self) -> str:
        return self.name


class PlanRoom(models.Model):
    """Where a room (`Asset.room`) is on a plan."""

    plan = models.ForeignKey(FloorPlan, on_delete=models.CASCADE, related_name="rooms")
    room = models.CharField(_("local"), max_length=60)
    x = models.FloatField()
    y = models.FloatField()
    """Shares of the picture's width and height, from its upper left corner: 0 to 1."""

    class Meta:
        verbose_name = _("local sur un plan")
        ordering = ["room"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "room"], name="plan_room_once"),
            models.CheckConstraint(condition=models.Q(x__range=(0, 1), y__range=(0, 1)), name="plan_room_on_the_plan"),
        ]

    def __str__(self) -> str:
        return self.room
