"""Put a backup's database in, and look whether all is there: after each backup, and at each restoration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from parvis.backup.bundle import DATABASES
from parvis.backup.database import RestoredDatabase
from parvis.backup.errors import BackupDamaged
from parvis.backup.manifest import Manifest

Check = Callable[[Path, str, Manifest], None]
"""What only the portal can check, of an installation whose data folder and `PARVIS_DATABASE_URL` are given: that it
knows the migrations, and that the audit chain holds up to the manifest's head. Raises BackupError."""


def examine(folder: Path, restored: RestoredDatabase, manifest: Manifest, check: Check) -> None:
    """Load the database of a backup unpacked in `folder`, and compare it with the manifest.

    Raises:
        BackupError: it cannot be loaded, or is not what the manifest says.
    """
    part = folder / DATABASES[manifest.vendor]
    restored.load(part)
    part.unlink()
    sums = restored.sums()
    if sums != manifest.tables:
        other = sorted(
            name for name in sums.keys() | manifest.tables.keys() if sums.get(name) != manifest.tables.get(name)
        )
        raise BackupDamaged(f"Restored, these tables are not what was backed up: {', '.join(other)}.")
    lost = {name for name in restored.files(manifest.file_columns) if f"files/{name}" not in manifest.parts}
    if lost := lost - set(manifest.missing_files):
        raise BackupDamaged(f"{len(lost)} files that the database names are not in the backup: {min(lost)}…")
    check(folder, restored.url, manifest)
