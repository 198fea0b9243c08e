"""Django's name for this room."""

from django.apps import AppConfig


class MovementsConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.movements"
    label = "movements"
    verbose_name = "Mouvements"
    default_auto_field = "django.db.models.BigAutoField"
