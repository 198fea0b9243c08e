"""Django's name for this room."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.meetings"
    label = "meetings"
    verbose_name = "Réunions"
    default_auto_field = "django.db.models.BigAutoField"
