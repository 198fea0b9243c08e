"""Django's name for this room."""

from django.apps import AppConfig


class RolloutConfig(AppConfig):
    """See the package's docstring."""

    name = "parvis.portal.rollout"
    label = "rollout"
    verbose_name = "Déploiement"
    default_auto_field = "django.db.models.BigAutoField"
