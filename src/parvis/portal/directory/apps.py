"""Django's name for this room."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.directory"
    label = "directory"
    verbose_name = "Annuaire"
    default_auto_field = "django.db.models.BigAutoField"
