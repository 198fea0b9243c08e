"""Django's name for this room."""

from django.apps import AppConfig


class FederationConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.federation"
    label = "federation"
    verbose_name = "Fournisseurs d’identité"
    default_auto_field = "django.db.models.BigAutoField"
