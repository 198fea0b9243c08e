"""Django's name for this room."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.privacy"
    label = "privacy"
    verbose_name = "Données personnelles"
    default_auto_field = "django.db.models.BigAutoField"
