"""Django's name for this room."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.sources"
    label = "sources"
    verbose_name = "Sources de l’annuaire"
    default_auto_field = "django.db.models.BigAutoField"
