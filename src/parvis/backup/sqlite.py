"""The embedded database: `VACUUM INTO` copies one instant while others write (https://sqlite.org/lang_vacuum.html)."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from parvis.backup.database import FileColumn, RestoredDatabase, Snapshot, file_names, quoted, sum_rows
from parvis.backup.errors import BackupDamaged, BackupError, PlaceTaken
from parvis.backup.manifest import TableSum

FILE_NAME = "parvis.sqlite3"
_BUSY_SECONDS = 60
_COMPRESSION = 3
_STEP = 1024 * 1024


class SqliteDatabase:
    """A database file."""

    vendor = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path

    def snapshot(self, path: Path, columns: Iterable[FileColumn]) -> Snapshot:
        """A compressed copy. Needs room for a whole one meanwhile, beside it."""
        copy = path.with_name("copy.sqlite3")
        taken_at = datetime.now(UTC)
        with _connect(self.path) as database:
            database.execute("VACUUM INTO ?", (str(copy),))
        try:
            with _connect(copy) as database:
                _check(database)
                snapshot = Snapshot(
                    path=path,
                    taken_at=taken_at,
                    server=f"SQLite {sqlite3.sqlite_version}",
                    tables=_sums(database),
                    migrations=sorted(
                        f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")
                    ),
                    audit_head=_audit_head(database),
                    files=file_names(database, columns),
                )
            with copy.open("rb") as source, gzip.open(path, "xb", compresslevel=_COMPRESSION) as target:
                shutil.copyfileobj(source, target, _STEP)
        finally:
            copy.unlink(missing_ok=True)
        return snapshot

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that rows speak of just now."""
        with _connect(self.path) as database:
            return file_names(database, columns)

    @contextlib.contextmanager
    def scratch(self, folder: Path) -> Iterator[RestoredDatabase]:
        """A file in `folder`, where a program that has it as its data folder finds it."""
        yield RestoredSqlite(folder / FILE_NAME)

    @contextlib.contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """The lock of the data folder is enough: the database is in it."""
        yield


class RestoredSqlite:
    """A new database file."""

    url = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, path: Path) -> None:
        """Decompress and check.

        Raises:
            BackupDamaged: it is not a sound database.
        """
        try:
            with gzip.open(path, "rb") as source, self.path.open("xb") as target:
                shutil.copyfileobj(source, target, _STEP)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BackupDamaged(f"The backup's database cannot be read: {error}.") from None
        with _connect(self.path) as database:
            _check(database)

    def sums(self) -> dict[str, TableSum]:
        """Rows and digests of its tables."""
        with _connect(self.path) as database:
            return _sums(database)

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that its rows speak of."""
        with _connect(self.path) as database:
            return file_names(database, columns)


def close_down(path: Path) -> None:
    """Make a database one file, without its write-ahead log, so that it can be moved.

    Raises:
        PlaceTaken: a program still uses it.
    """
    try:
        with _connect(path, seconds=2) as database:
            mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "busy"
    except sqlite3.DatabaseError:
        return  # no sound database: it is put aside as it is
    if mode != "delete":
        raise PlaceTaken(f"{path} is being used: stop Parvis first (systemctl stop parvis), then restore again.")


@contextlib.contextmanager
def _connect(path: Path, *, seconds: float = _BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise BackupError(f"There is no database at {path}.")
    database = sqlite3.connect(path, timeout=seconds, isolation_level=None)
    try:
        yield database
    finally:
        database.close()


def _check(database: sqlite3.Connection) -> None:
    try:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise BackupDamaged(f"The copy of the database is damaged: {answer}")


def _sums(database: sqlite3.Connection) -> dict[str, TableSum]:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    names = [name for name in names if not name.startswith("sqlite_")]
    # Names are the database's own, quoted.
    return {name: sum_rows(database.execute(f"SELECT * FROM {quoted(name)}")) for name in names}  # noqa: S608


def _audit_head(database: sqlite3.Connection) -> str:
    row = database.execute("SELECT last_id, last_hash FROM kernel_audithead WHERE id = 1").fetchone()
    return f"{row[0]}:{row[1]}" if row else f"0:{'0' * 64}"
