"""`parvis backup FOLDER`: database, keys and files in one encrypted file, tried by restoring it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parvis.backup import keys, take
from parvis.backup.errors import BackupError
from parvis.portal.config import backups
from parvis.portal.kernel import clock


class Command(BaseCommand):
    """Exit code 0: there is a new backup, restored for trial. Else: there is none, and older ones are as before."""

    help = "Writes one encrypted file with the database, the keys and the files, tried by restoring it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The folder, who may open it, how many are kept."""
        parser.add_argument("folder", type=Path, help="An existing folder, best on another machine.")
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            metavar="age1…",
            help="Public key of who may open it, several times if wished; PARVIS_BACKUP_RECIPIENTS otherwise.",
        )
        parser.add_argument(
            "--keep", type=_count, default=0, metavar="N", help="Delete older backups of the folder but N; 0 keeps all."
        )
        parser.add_argument("--no-verify", dest="verify", action="store_false", help="Do not try to restore it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was written, and what to keep elsewhere.

        Raises:
            CommandError: no backup was made; it says why and what to do.
        """
        try:
            with _ended_by_a_signal():
                taken = take.take(
                    backups.place(),
                    folder=options["folder"],
                    recipients=keys.recipients(options["recipient"] or backups.recipients()),
                    check=backups.check if options["verify"] else None,
                    keep=options["keep"],
                    now=clock.now(),
                    say=self.stdout.write,
                )
        except BackupError as error:
            raise CommandError(str(error)) from None
        self._tell(taken, verified=options["verify"])

    def _tell(self, taken: take.Taken, *, verified: bool) -> None:
        manifest = taken.manifest
        rows = sum(table.rows for table in manifest.tables.values())
        count = sum(name.startswith("files/") for name in manifest.parts)
        tried = "restored for trial: whole" if verified else "NOT tried by restoring it"
        self.stdout.write(f"{taken.path}: {taken.path.stat().st_size} bytes, {rows} rows, {count} files, {tried}")
        self.stdout.write(f"Keep elsewhere: sha256 {taken.sha256}, audit head {manifest.audit_head}")
        for sentence in manifest.outside:
            self.stdout.write(f"Not in the backup: {sentence}")
        if manifest.missing_files:
            self.stderr.write(
                f"{len(manifest.missing_files)} files named by the database were lost before this backup, "
                f"{manifest.missing_files[0]} among them."
            )
        for path in taken.deleted:
            self.stdout.write(f"Deleted: {path}")


@contextmanager
def _ended_by_a_signal() -> Iterator[None]:
    """Stopped by systemd, it tidies up like after any other failure."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("expected a number, 0 or more")
    return int(text)
