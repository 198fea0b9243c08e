"""`parvis backup FOLDER`: database, keys and files, checked, while the portal works."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    """Writes into a new folder, so that a failed copy never replaces a good one."""

    help = "Copies the embedded database, the keys and the files into a new folder."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One argument: the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, check, rename into place.

        Raises:
            CommandError: the folder exists, the database is not the embedded one, or the copy is damaged.
        """
        folder: Path = options["folder"]
        if connection.vendor != "sqlite":
            raise CommandError("The database is PostgreSQL: back it up with pg_dump, and copy the folder of the keys.")
        if folder.exists():
            raise CommandError(f"{folder} exists already: give a new folder.")
        draft = folder.with_name(folder.name + ".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        copy = draft / "parvis.sqlite3"
        with connection.cursor() as cursor:
            # A consistent copy of one instant, writers go on meanwhile (https://sqlite.org/lang_vacuum.html).
            cursor.execute("VACUUM INTO %s", [str(copy)])
        self._check(copy)
        for name in ("keys", "files"):
            source = settings.PARVIS.data_dir / name
            if source.exists():
                shutil.copytree(source, draft / name)
        draft.rename(folder)
        self.stdout.write(f"{folder}: {(folder / copy.name).stat().st_size} bytes, integrity checked")

    def _check(self, path: Path) -> None:
        with sqlite3.connect(path) as database:
            answer = database.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            raise CommandError(f"The copy is damaged: {answer}")
