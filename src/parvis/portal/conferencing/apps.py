"""Django's name for this room."""

from django.apps import AppConfig


class ConferencingConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.conferencing"
    label = "conferencing"
    verbose_name = "Outils de réunion"
    default_auto_field = "django.db.models.BigAutoField"
