"""Look at a restored installation as the portal would: run by `parvis backup` and `parvis restore`, on theirs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

from parvis.backup.checks import TOO_NEW
from parvis.backup.manifest import Manifest
from parvis.portal.kernel import audit, clock


class Command(BaseCommand):
    """Exit code 0: sound. 3: made by a newer Parvis. 1: anything else."""

    help = "Checks a restored installation: migrations known, audit chain whole up to the backup's head."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The backup's manifest, and how far to go."""
        parser.add_argument("manifest", type=Path)
        parser.add_argument("--migrations-only", action="store_true", help="Look at no database.")
        parser.add_argument(
            "--take-over", action="store_true", help="Note the restoration in the audit trail, end every sign-in."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look.

        Raises:
            CommandError: what is wrong.
        """
        manifest = Manifest.from_json(options["manifest"].read_bytes())
        pending = _pending(manifest)
        if options["migrations_only"]:
            return
        if any(app == "kernel" for app, _ in pending):
            self.stdout.write("The audit trail has an older form: check it after the start (parvis verify-audit).")
        else:
            _check_trail(manifest)
        if options["take_over"]:
            # A sign-in ended since the backup must not be alive again.
            Session.objects.all().delete()
            if not any(app == "kernel" for app, _ in pending):
                audit.record(
                    actor=None,
                    action="kernel.restored",
                    now=clock.now(),
                    data={"taken_at": manifest.taken_at, "head": manifest.audit_head},
                )


def _pending(manifest: Manifest) -> set[tuple[str, str]]:
    """Migrations that the backup has not seen."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations)
    known |= {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    applied = {(app, name) for app, _, name in (each.partition(".") for each in manifest.migrations)}
    if unknown := sorted(applied - known):
        raise CommandError(
            f"The backup was made by a newer Parvis ({manifest.parvis}; {len(unknown)} unknown migrations, "
            f"{'.'.join(unknown[0])} among them): install that version first, then restore.",
            returncode=TOO_NEW,
        )
    return known - applied


def _check_trail(manifest: Manifest) -> None:
    fault = audit.verify()
    if fault is not None:
        raise CommandError(f"The audit trail is broken at record {fault.id}: {fault.problem}.")
    head = audit.head()
    if f"{head.id}:{head.hash}" != manifest.audit_head:
        raise CommandError(f"The audit trail ends at {head.id}, which is not the backup's end.")
