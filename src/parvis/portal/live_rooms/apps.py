"""Django's name for this room."""

from django.apps import AppConfig


class LiveRoomsConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.live_rooms"
    label = "live_rooms"
    verbose_name = "Salles à distance"
    default_auto_field = "django.db.models.BigAutoField"
