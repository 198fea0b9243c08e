"""`parvis manage stored_files`: does the place of the files answer? With `--from-disk`, move in."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.management.base import BaseCommand, CommandError

from parvis.portal.kernel.errors import Unavailable
from parvis.portal.privacy import exports


class Command(BaseCommand):
    """Run it before the first start with a bucket, and once with `--from-disk` when files are on the disk already."""

    help = "Tries the place where files are kept; with --from-disk, copies the files of the data folder into it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One flag."""
        parser.add_argument("--from-disk", action="store_true", help="copy what the data folder has into the bucket")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, read and delete a small file; then copy, if asked. May be run again: what is there is left alone.

        Raises:
            CommandError: the bucket does not answer, or refuses; or files are kept on the disk.
        """
        if settings.PARVIS.bucket is None and options["from_disk"]:
            raise CommandError("Files are kept on the disk: set PARVIS_FILES_URL first (docs/reference/settings.md).")
        try:
            self._try()
            if options["from_disk"]:
                self._copy()
        except Unavailable as problem:
            bucket = settings.PARVIS.bucket
            place = bucket.endpoint if bucket else settings.MEDIA_ROOT
            raise CommandError(
                f"{place}: the bucket does not answer or refuses these keys. Look at its address, name and keys "
                "(PARVIS_FILES_…); the log has the server's word. Then run this again."
            ) from problem

    def _try(self) -> None:
        storage, content = storages["default"], secrets.token_bytes(32)
        name = storage.save(f"check-{secrets.token_hex(8)}", ContentFile(content))
        with storage.open(name) as file:
            same = file.read() == content
        storage.delete(name)
        if not same:
            raise CommandError("What was read is not what was written: do not use this place.")
        self.stdout.write("A file was written, read and deleted: the place answers.")

    def _copy(self) -> None:
        folders = {"default": Path(settings.MEDIA_ROOT), "exports": exports.folder()}
        copied = there = 0
        for alias, folder in folders.items():
            for path in _files(folder):
                done = _put(storages[alias], path.relative_to(folder).as_posix(), path)
                copied, there = copied + done, there + (not done)
        self.stdout.write(f"{copied} files copied, {there} were there already. Those of the disk were left in place.")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".part")


def _put(storage: Storage, name: str, path: Path) -> bool:
    """Copy one; False if it is there already. A bucket never has half an object: nothing is replaced."""
    if storage.exists(name):
        if storage.size(name) != path.stat().st_size:
            raise CommandError(f"{name}: the bucket has another file of this name. Look which is the right one.")
        return False
    with path.open("rb") as file:
        kept = storage.save(name, File(file))
    if kept != name:
        raise CommandError(f"{name}: somebody else wrote this file meanwhile. Stop the portal and run this again.")
    return True
