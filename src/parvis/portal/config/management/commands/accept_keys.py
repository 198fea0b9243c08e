"""`parvis manage accept_keys`: the keys were changed on purpose."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from parvis.portal.config import sealing
from parvis.portal.kernel import audit, clock


class Command(BaseCommand):
    """Only where all machines have the new ones already: the others are not ready any more."""

    help = "Takes this machine's keys for those of the database from now on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Note them, and say which changed."""
        changed = sealing.accept()
        if not changed:
            self.stdout.write("The keys are those of the database.")
            return
        audit.record(actor=None, action="kernel.keys_accepted", now=clock.now(), data={"keys": changed})
        self.stdout.write(f"Accepted: {', '.join(changed)}. Start the other machines again with the same keys.")
        if "django" in changed:
            self.stdout.write("Second factors and secrets sealed with the former key cannot be read any more.")
