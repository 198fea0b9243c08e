"""Django's name for this room."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.imports"
    label = "imports"
    verbose_name = "Imports"
    default_auto_field = "django.db.models.BigAutoField"
