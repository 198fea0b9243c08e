"""Connects the wiring when Django is ready."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Holds no table: only the moment when events are wired."""

    name = "parvis.portal.config"
    label = "config"

    def ready(self) -> None:
        """Wire events to handlers."""
        from parvis.portal.config import wiring

        wiring.connect()
