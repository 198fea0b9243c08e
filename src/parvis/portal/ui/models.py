"""What people keep of lists: their columns, and searches with a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import clock


class SavedView(models.Model):
    """A list with its search, filters, sort and columns, under a name: one person's, or a team's."""

    list_name = models.CharField(max_length=60)
    """`ListingView.list_name` of the list."""
    name = models.CharField(_("nom"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    """What follows the `?` of the address, without the page."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="saved_views"
    )
    team_key = models.BigIntegerField(null=True, blank=True)
    """The entity whose team has it too; None: its owner's alone. See `saved_views.provide_teams`."""
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("vue enregistrée")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["list_name", "owner", "name"], name="saved_view_once_per_owner"),
        ]
        indexes = [models.Index(fields=["list_name", "team_key"], name="saved_view_team")]

    def __str__(self) -> str:
        return self.name


class ListColumns(models.Model):
    """Which columns of a list a person wants to see."""

    list_name = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="list_columns")
    columns = models.JSONField(default=list)
    """Names of columns, in no particular order."""

    class Meta:
        verbose_name = _("colonnes d’une liste")
        constraints = [models.UniqueConstraint(fields=["list_name", "user"], name="list_columns_once")]

    def __str__(self) -> str:
        return self.list_name
