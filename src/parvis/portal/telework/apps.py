"""Django's name for this room."""

from django.apps import AppConfig


class TeleworkConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.telework"
    label = "telework"
    verbose_name = "Télétravail"
    default_auto_field = "django.db.models.BigAutoField"
