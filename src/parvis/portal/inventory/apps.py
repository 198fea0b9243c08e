"""Django's name for this room."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.inventory"
    label = "inventory"
    verbose_name = "Inventaire automatique"
    default_auto_field = "django.db.models.BigAutoField"
