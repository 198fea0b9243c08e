"""Django's name for this room."""

from django.apps import AppConfig


class TrustConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.trust"
    label = "trust"
    verbose_name = "Confiance"
    default_auto_field = "django.db.models.BigAutoField"
