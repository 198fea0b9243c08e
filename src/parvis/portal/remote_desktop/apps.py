"""Django's name for this room."""

from django.apps import AppConfig


class RemoteDesktopConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.remote_desktop"
    label = "remote_desktop"
    verbose_name = "Bureau à distance"
    default_auto_field = "django.db.models.BigAutoField"
