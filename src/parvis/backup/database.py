"""What the two databases have in common, seen from a backup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from parvis.backup.manifest import TableSum

FileColumn = tuple[str, str]
"""A table and its column that holds names of files."""
SUM_MODULUS = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One instant of a database, and what was in it."""

    path: Path
    taken_at: datetime
    server: str
    tables: dict[str, TableSum]
    migrations: list[str]
    audit_head: str
    files: set[str]
    """Names of the files that its rows speak of."""


class Database(Protocol):
    """An installation's database, while it is used by others."""

    vendor: str

    def snapshot(self, path: Path, columns: Iterable[FileColumn]) -> Snapshot:
        """Copy one instant into a new file, which is checked as far as it can be without restoring it."""
        ...

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that rows speak of just now."""
        ...

    def scratch(self, folder: Path) -> AbstractContextManager[RestoredDatabase]:
        """An empty database in which a backup is tried, gone at the end of the block."""
        ...

    def one_at_a_time(self) -> AbstractContextManager[None]:
        """No other backup of this database during the block.

        Raises:
            BackupError: there is one.
        """
        ...


class RestoredDatabase(Protocol):
    """A database that a backup is put into."""

    url: str
    """`PARVIS_DATABASE_URL` of a program that looks at it."""

    def load(self, path: Path) -> None:
        """Put a snapshot in: all of it, or nothing and an error."""
        ...

    def sums(self) -> dict[str, TableSum]:
        """Rows and digests of its tables."""
        ...

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that its rows speak of."""
        ...


def sum_rows(rows: Iterator[tuple[Any, ...]]) -> TableSum:
    """Of rows whose values have one `repr` each: numbers, text, bytes and None."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return TableSum(count, f"{total % SUM_MODULUS:016x}")


def quoted(name: str) -> str:
    """A table's or a column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def file_names(database: Any, columns: Iterable[FileColumn]) -> set[str]:
    """Names of the files that rows speak of, through a connection of either kind."""
    found: set[str] = set()
    for table, column in columns:
        query = f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} <> ''"  # noqa: S608 - names of ours
        found |= {name for (name,) in database.execute(query)}
    return found
