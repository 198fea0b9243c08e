"""Django's name for this room."""

from django.apps import AppConfig


class StocktakeConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.stocktake"
    label = "stocktake"
    verbose_name = "Inventaire physique"
    default_auto_field = "django.db.models.BigAutoField"
