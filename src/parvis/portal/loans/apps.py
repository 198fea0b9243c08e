"""Django's name for this room."""

from django.apps import AppConfig


class LoansConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.loans"
    label = "loans"
    verbose_name = "Prêts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the blocks of a loan's page."""
        from parvis.portal.loans import under_way_blocks

        under_way_blocks.register()
