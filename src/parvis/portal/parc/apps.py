"""Django's name for this room."""

from django.apps import AppConfig


class ParcConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.parc"
    label = "parc"
    verbose_name = "Parc"
    default_auto_field = "django.db.models.BigAutoField"
