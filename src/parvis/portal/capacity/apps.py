"""Django's name for this room."""

from django.apps import AppConfig


class CapacityConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.capacity"
    label = "capacity"
    verbose_name = "Puissance de calcul"
    default_auto_field = "django.db.models.BigAutoField"
