"""Django's name for this room."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.booking"
    label = "booking"
    verbose_name = "Réservations"
    default_auto_field = "django.db.models.BigAutoField"
