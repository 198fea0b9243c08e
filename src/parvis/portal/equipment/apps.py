"""Django's name for this room."""

from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.equipment"
    label = "equipment"
    verbose_name = "Équipement"
    default_auto_field = "django.db.models.BigAutoField"
