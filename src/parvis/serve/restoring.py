"""`parvis restore` and `parvis backup-key`: they work where there is no portal, and so are no commands of Django."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from parvis.backup import checks, keys, restore
from parvis.backup.errors import BackupError
from parvis.backup.manifest import Manifest
from parvis.portal.config import env


def run(arguments: Sequence[str], *, say: Callable[[str], None]) -> int:
    """Restore into the installation that the environment describes.

    Raises:
        BackupError: nothing was changed; it says why and what to do.
    """
    options = _parser().parse_args(arguments)
    environment = env.parse()
    target = restore.Target(data_dir=environment.data_dir.absolute(), database_url=environment.database_url)
    identities = [identity for path in options.key for identity in keys.read_identities(path)]
    check = partial(_check, say=say)
    try:
        file = options.file.open("rb")
    except OSError as error:
        raise BackupError(f"The backup cannot be read: {error}") from None
    say(f"Reading and checking {options.file}…")
    with file:
        if options.check_only:
            _describe(restore.look(file, identities, target=target, known=checks.known, check=check), say)
            say("The backup is whole. Nothing was restored.")
            return 0
        restored = restore.restore(
            file,
            identities,
            target=target,
            replace=options.replace,
            known=checks.known,
            check=partial(check, take_over=True),
            now=datetime.now(UTC),
        )
    _describe(restored.manifest, say)
    say(f"Restored into {target.data_dir}" + (" and the database." if target.vendor == "postgresql" else "."))
    for sentence in restored.aside:
        say(f"What was there is kept: {sentence}. Delete it when you no longer need it.")
    say("What to do now:")
    say("  1. Put the same settings in place (/etc/parvis.env); the folder must belong to the account of the service.")
    for sentence in restored.manifest.outside:
        say(f"     Not in the backup: {sentence}")
    say("  2. Start: systemctl start parvis. An older backup is brought up to date by itself.")
    say(f"  3. parvis verify-audit --kept={restored.manifest.audit_head}")
    say("  4. Everybody signs in again. What was written after the backup is lost: tell the agents.")
    return 0


def make_key(arguments: Sequence[str], *, say: Callable[[str], None]) -> int:
    """A pair of keys: the private one into a file, the public one on the screen.

    Raises:
        BackupError: the file exists.
    """
    parser = argparse.ArgumentParser(prog="parvis backup-key", description="Make a key for backups.")
    parser.add_argument("file", type=Path, help="New file for the private key.")
    path = parser.parse_args(arguments).file
    public = keys.new_identity(path, now=datetime.now(UTC))
    say(f"PARVIS_BACKUP_RECIPIENTS={public}")
    say(f"Put this line in /etc/parvis.env. Take {path} off this machine (two places, a safe): it alone opens backups,")
    say("and without it they are lost.")
    return 0


def _check(
    folder: Path, database_url: str, manifest: Manifest, *, say: Callable[[str], None], take_over: bool = False
) -> None:
    if told := checks.ask_portal(folder, database_url, manifest, *(["--take-over"] if take_over else [])):
        say(told)


def _describe(manifest: Manifest, say: Callable[[str], None]) -> None:
    rows = sum(table.rows for table in manifest.tables.values())
    count = sum(name.startswith("files/") for name in manifest.parts)
    say(f"Backup of {manifest.taken_at} by Parvis {manifest.parvis} ({manifest.server}): {rows} rows, {count} files.")
    say(f"Audit head: {manifest.audit_head}. Compare it with the one you kept elsewhere.")
    if manifest.missing_files:
        say(f"{len(manifest.missing_files)} files were lost before the backup, {manifest.missing_files[0]} among them.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parvis restore", description="Restore a backup, checked before it is used.")
    parser.add_argument("file", type=Path, help="The backup (parvis-….tar.age).")
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="File of the private key (parvis backup-key made it); several times if wished.",
    )
    parser.add_argument("--check-only", action="store_true", help="Open it, check it, restore nothing.")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="There is an installation already: put it aside (it is not deleted) and restore in its place.",
    )
    return parser
