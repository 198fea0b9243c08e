"""Django's name for this room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.accounts"
    label = "accounts"
    verbose_name = "Comptes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to allauth, register the deployment checks."""
        from parvis.portal.accounts import checks, subscriptions

        subscriptions.connect()
        checks.connect()
