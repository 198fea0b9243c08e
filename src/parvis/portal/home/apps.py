"""Django's name for this room."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.home"
    label = "home"
    verbose_name = "Accueil"
    default_auto_field = "django.db.models.BigAutoField"
