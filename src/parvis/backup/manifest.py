"""What a backup says of itself: what must be in it, so that a restoration can tell whether it is all there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from parvis.backup.errors import BackupDamaged, BackupTooNew

FORMAT = 1
"""Raised when an older Parvis could no longer read what is written."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableSum:
    """A table's rows: how many, and a sum over each row's SHA-256 that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The last part of a backup, as JSON."""

    format: int
    parvis: str
    """Version of the program that made it."""
    taken_at: str
    """The instant of the database's snapshot, UTC."""
    vendor: str
    """`sqlite` or `postgresql`."""
    server: str
    """Version of the database."""
    audit_head: str
    """`number:hash` of the newest audit record: a copy kept elsewhere proves which history this is."""
    migrations: list[str]
    """`app.name`, sorted: newer than the program, they make a restoration impossible."""
    tables: dict[str, TableSum]
    parts: dict[str, Part]
    missing_files: list[str] = field(default_factory=list)
    """Named by the database and already lost before the backup."""
    file_columns: list[tuple[str, str]] = field(default_factory=list)
    """Table and column pairs that hold names of files."""
    outside: list[str] = field(default_factory=list)
    """What the installation needs and a backup does not hold, as sentences."""

    def to_json(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Manifest:
        """As it was kept.

        Raises:
            BackupTooNew: of a later form.
            BackupDamaged: not a manifest.
        """
        try:
            values: dict[str, Any] = json.loads(raw)
            if int(values["format"]) > FORMAT:
                raise BackupTooNew(
                    f"The backup was made by Parvis {values.get('parvis')}, which is newer than this one: "
                    "install that version first, then restore."
                )
            values["tables"] = {name: TableSum(**each) for name, each in values["tables"].items()}
            values["parts"] = {name: Part(**each) for name, each in values["parts"].items()}
            values["file_columns"] = [(table, column) for table, column in values["file_columns"]]
            return cls(**values)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, BackupTooNew):
                raise
            raise BackupDamaged(f"The backup's manifest cannot be read: {error!r}.") from None
