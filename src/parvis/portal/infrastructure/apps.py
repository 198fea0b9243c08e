"""Django's name for this room."""

from django.apps import AppConfig


class InfrastructureConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.infrastructure"
    label = "infrastructure"
    verbose_name = "Réseau et serveurs"
    default_auto_field = "django.db.models.BigAutoField"
