"""`parvis manage demo_data`: the fictional authority, built room by room."""

from __future__ import annotations

import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from parvis.portal.kernel import clock, statistics

ROOMS = (
    "directory",
    "accounts",
    "sources",
    "federation",
    "parc",
    "trust",
    "remote_desktop",
    "inventory",
    "loans",
    "infrastructure",
    "imports",
    "stocktake",
    "equipment",
    "movements",
    "presence",
    "capacity",
    "telework",
    "rollout",
    "booking",
    "live_rooms",
    "conferencing",
    "meetings",
    "home",
    "privacy",
)
"""In this order: each room builds on those before it. A room's `demo.build(now)` is False if its data are there."""


class Command(BaseCommand):
    """Build what is missing; harmless when run again."""

    help = "Makes the demo's fictional authority (demo mode only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Call each room's builder, and say how long it took."""
        if not settings.PARVIS.demo:
            raise CommandError("The demo data are for PARVIS_MODE=demo only.")
        now = clock.now()
        for room in ROOMS:
            module = f"parvis.portal.{room}.demo"
            if find_spec(module) is None:
                continue
            started = time.monotonic()
            built = import_module(module).build(now)
            outcome = f"built in {time.monotonic() - started:.1f} s" if built is not False else "already there"
            self.stdout.write(f"{room}: {outcome}")
        statistics.refresh()  # so that the first pages are planned with the rows just written
