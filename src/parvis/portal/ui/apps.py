"""Django's name for this room."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.ui"
    label = "ui"
    verbose_name = "Interface"
    default_auto_field = "django.db.models.BigAutoField"
