"""What a backup must know of this portal, and what only the portal can check of a restored one."""

from __future__ import annotations

import os
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.db.models import FileField

import parvis
from parvis.backup import checks
from parvis.backup.database import Database, FileColumn
from parvis.backup.manifest import Manifest
from parvis.backup.postgresql import PostgresDatabase, Server
from parvis.backup.sqlite import SqliteDatabase
from parvis.backup.take import Place

_SECRETS = (
    "PARVIS_SECRET_KEY", "PARVIS_GATEWAY_SECRET", "PARVIS_VOICE_SECRET", "PARVIS_PROXY_SECRET", "PARVIS_CACHE_URL",
    "PARVIS_FILES_SECRET_KEY",
)  # fmt: skip


def place() -> Place:
    """This installation."""
    storage = storages["default"]
    here = isinstance(storage, FileSystemStorage)
    return Place(
        data_dir=settings.PARVIS.data_dir,
        keys_dir=settings.PARVIS.keys_folder,
        files_dir=Path(settings.MEDIA_ROOT) if here else None,
        database=_database(),
        file_columns=file_columns() if here else (),
        version=parvis.__version__,
        outside=[
            *(f"{name} is set in the environment (/etc/parvis.env): keep it too." for name in _SECRETS if _set(name)),
            *([] if here else ["files are in object storage: keep versions there."]),
        ],
    )


def recipients() -> list[str]:
    """Public keys of who may open the backups, as the environment says."""
    return sorted(settings.PARVIS.backup_recipients)


def file_columns() -> list[FileColumn]:
    """Every table and column that holds the name of a file."""
    return sorted(
        (model._meta.db_table, str(field.column))
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, FileField)
    )


def check(folder: Path, database_url: str, manifest: Manifest) -> None:
    """Ask a portal started on what was restored.

    Raises:
        BackupError: it does not know the migrations, or the audit chain is broken.
    """
    checks.ask_portal(folder, database_url, manifest)


def _database() -> Database:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return SqliteDatabase(Path(given["NAME"]))
    return PostgresDatabase(
        Server(
            name=given["NAME"],
            user=given["USER"],
            password=given["PASSWORD"],
            host=given["HOST"],
            port=str(given["PORT"]),
        )
    )


def _set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())
