"""Connects the wiring when Django is ready."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Holds no table: only the moment when events are wired."""

    name = "parvis.portal.config"
    label = "config"

    def ready(self) -> None:
        """Wire events to handlers."""
        from django.core import checks

        from parvis.portal.config import sealing, wiring

        wiring.connect()
        checks.register(sealing.check, checks.Tags.database)
