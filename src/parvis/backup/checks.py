"""Ask a portal, in a process of its own, about an installation that is not the running one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from parvis.backup.errors import BackupError, BackupTooNew
from parvis.backup.manifest import Manifest

TOO_NEW = 3
"""Exit code of `examine_restored`: a migration is unknown."""
_MANIFEST = "manifest.json"
_ELSEWHERE = frozenset({"PARVIS_KEYS_DIR", "PARVIS_SHARED_DIR", "PARVIS_FILES_URL", "PARVIS_CACHE_URL"})
"""Of the running installation: what is asked about has its keys and files in its own folder."""


def ask_portal(folder: Path, database_url: str, manifest: Manifest, *options: str) -> str:
    """Run `examine_restored` on a data folder (which holds the backup's keys) and a database; what it prints.

    Raises:
        BackupTooNew: the portal does not know the migrations.
        BackupError: what is wrong, in its words.
    """
    path = folder / _MANIFEST
    path.write_bytes(manifest.to_json())
    done = subprocess.run(
        [sys.executable, "-m", "django", "examine_restored", str(path), *options],
        env={
            **{name: value for name, value in os.environ.items() if name not in _ELSEWHERE},
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
            "PARVIS_DATA_DIR": str(folder),
            "PARVIS_DATABASE_URL": database_url,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    path.unlink()
    if done.returncode:
        kind = BackupTooNew if done.returncode == TOO_NEW else BackupError
        raise kind(done.stderr.strip().removeprefix("CommandError: ")[-2000:])
    return done.stdout.strip()


def known(folder: Path, manifest: Manifest) -> None:
    """Whether this program is at least as new as the backup. Looks at no database.

    Raises:
        BackupTooNew: it is older.
    """
    ask_portal(folder, "sqlite", manifest, "--migrations-only")
