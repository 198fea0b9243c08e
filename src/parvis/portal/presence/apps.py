"""Django's name for this room."""

from django.apps import AppConfig


class PresenceConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.presence"
    label = "presence"
    verbose_name = "Présence"
    default_auto_field = "django.db.models.BigAutoField"
