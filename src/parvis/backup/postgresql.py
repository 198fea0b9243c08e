"""PostgreSQL: `pg_dump` copies one snapshot while others write; what was in it is counted in the same snapshot.

Passwords go to the programs by the environment, never on a command line.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from parvis.backup.database import SUM_MODULUS, FileColumn, RestoredDatabase, Snapshot, file_names, quoted
from parvis.backup.errors import BackupDamaged, BackupError, PlaceTaken
from parvis.backup.manifest import TableSum

if TYPE_CHECKING:
    import psycopg

ASIDE = "before_restore_"
"""Schemas that a restoration put aside begin so; they are in no backup."""
_SCRATCH = "_backup_check_"
_LOCK = 0x7061727669730B  # "parvis" and a number
_CLOSING_SECONDS = 3.0
_PLAIN_TEXT = (
    "SET TIME ZONE 'UTC'",
    "SET datestyle = 'ISO, MDY'",
    "SET intervalstyle = 'postgres'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)
"""Rows are hashed as text: the same text on every server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a database is reached; empty means PostgreSQL's own default."""

    name: str
    user: str = ""
    password: str = ""
    host: str = ""
    port: str = ""

    def __repr__(self) -> str:
        return f"Server({self.name!r}, {self.host!r})"

    @classmethod
    def from_url(cls, url: str) -> Server:
        """From `PARVIS_DATABASE_URL`."""
        parts = urlsplit(url)
        return cls(
            name=parts.path.lstrip("/"),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            host=parts.hostname or dict(parse_qsl(parts.query)).get("host", ""),
            port=str(parts.port or ""),
        )

    @property
    def url(self) -> str:
        """As `PARVIS_DATABASE_URL`. Holds the password: for the environment of a child only."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        user = f"{quote(self.user, safe='')}{secret}@" if self.user else ""
        socket = self.host.startswith("/")
        place = ("" if socket else self.host) + (f":{self.port}" if self.port else "")
        query = f"?{urlencode({'host': self.host})}" if socket else ""
        return f"postgresql://{user}{place}/{self.name}{query}"

    def environment(self) -> dict[str, str]:
        """What libpq's programs read."""
        own = {
            "PGDATABASE": self.name,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGCONNECT_TIMEOUT": "20",
            "LC_ALL": "C.UTF-8",  # what they say is read, and shown in the language of the rest
        }
        return {**os.environ, **{name: value for name, value in own.items() if value}}

    @contextlib.contextmanager
    def connect(self, *, autocommit: bool = False) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection of our own, committed and closed at the end of the block.

        Raises:
            BackupError: the database does not answer, or failed; or psycopg is not installed.
        """
        try:
            import psycopg
        except ImportError:
            raise BackupError("PostgreSQL needs psycopg: pip install 'parvis[postgresql]'.") from None
        given = {"user": self.user, "password": self.password, "host": self.host, "port": self.port}
        try:
            with psycopg.connect(
                dbname=self.name,
                autocommit=autocommit,
                connect_timeout=20,
                **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
            ) as connection:
                yield connection
        except psycopg.Error as error:
            raise BackupError(f"The database {self.name} failed: {str(error).strip()}") from None


class PostgresDatabase:
    """A database that others use."""

    vendor = "postgresql"

    def __init__(self, server: Server) -> None:
        self.server = server

    def snapshot(self, path: Path, columns: Iterable[FileColumn]) -> Snapshot:
        """pg_dump's own compressed form."""
        with self.server.connect() as database:
            database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            taken_at = datetime.now(UTC)
            row = database.execute("SELECT pg_export_snapshot(), current_setting('server_version')").fetchone()
            assert row is not None  # noqa: S101 - it always answers
            snapshot, version = row
            _run(
                self.server,
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                "--lock-wait-timeout=60s",
                f"--exclude-schema={ASIDE}*",
                f"--snapshot={snapshot}",
                f"--file={path}",
            )
            head = database.execute("SELECT last_id, last_hash FROM kernel_audithead WHERE id = 1").fetchone()
            return Snapshot(
                path=path,
                taken_at=taken_at,
                server=f"PostgreSQL {version}",
                tables=_sums(database),
                migrations=sorted(
                    f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")
                ),
                audit_head=f"{head[0]}:{head[1]}" if head else f"0:{'0' * 64}",
                files=file_names(database, columns),
            )

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that rows speak of just now."""
        with self.server.connect() as database:
            return file_names(database, columns)

    @contextlib.contextmanager
    def scratch(self, folder: Path) -> Iterator[RestoredDatabase]:
        """A database beside the real one, dropped at the end; those that a killed backup left are dropped first.

        Raises:
            BackupError: the account may not create databases.
        """
        import psycopg

        name = f"{self.server.name[:40]}{_SCRATCH}{secrets.token_hex(4)}"
        with self.server.connect(autocommit=True) as database:
            like = (self.server.name[:40] + _SCRATCH).replace("_", r"\_") + "%"
            left = database.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (like,)).fetchall()
            for (old,) in left:
                _drop(database, old)
            try:
                database.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0")
            except psycopg.errors.InsufficientPrivilege:
                raise BackupError(
                    "The backup is checked by restoring it into a database beside the real one, and the account "
                    f"{database.info.user} may not create one: ALTER ROLE {quoted(database.info.user)} CREATEDB, "
                    "or --no-verify (and try a restoration elsewhere)."
                ) from None
            try:
                yield RestoredPostgres(replace(self.server, name=name))
            finally:
                _drop(database, name)

    @contextlib.contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """An advisory lock: backups may be started on several machines.

        Raises:
            BackupError: another is running.
        """
        with self.server.connect(autocommit=True) as database:
            row = database.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
            if row is None or not row[0]:
                raise BackupError("Another backup of this database is running: wait until it has ended.")
            yield


class RestoredPostgres:
    """A database that a dump is put into."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url

    def load(self, path: Path) -> None:
        """In one transaction.

        Raises:
            BackupError: pg_restore refused; it says why.
        """
        _run(
            self.server,
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            f"--dbname={self.server.name}",
            str(path),
        )

    def sums(self) -> dict[str, TableSum]:
        """Rows and digests of its tables."""
        with self.server.connect() as database:
            return _sums(database)

    def files(self, columns: Iterable[FileColumn]) -> set[str]:
        """Names of the files that its rows speak of."""
        with self.server.connect() as database:
            return file_names(database, columns)


def tables(server: Server) -> int:
    """How many tables the database has already."""
    with server.connect() as database:
        return len(_tables(database))


def set_aside(server: Server, name: str) -> None:
    """Rename the schema to `name`, with all that is in it, and make a new empty one.

    Raises:
        PlaceTaken: others are connected, or the account does not own the schema.
    """
    import psycopg

    with server.connect() as database:
        _alone(database)
        schema = quoted(_schema(database))
        try:
            database.execute(f"ALTER SCHEMA {schema} RENAME TO {quoted(name)}")
            database.execute(f"CREATE SCHEMA {schema}")
        except psycopg.errors.InsufficientPrivilege as error:
            raise PlaceTaken(
                f"What is in the database {server.name} cannot be put aside ({str(error).strip()}): "
                "create an empty database and give it as PARVIS_DATABASE_URL."
            ) from None


def _alone(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Wait a little for connections that are just closing."""
    end = time.monotonic() + _CLOSING_SECONDS
    while True:
        row = database.execute(
            "SELECT count(*), current_database() FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always answers
        if not row[0]:
            return
        if time.monotonic() > end:
            raise PlaceTaken(
                f"{row[0]} connections use the database {row[1]}: stop Parvis first "
                "(systemctl stop parvis, on every machine), then restore again."
            )
        time.sleep(0.1)
        database.execute("SELECT pg_stat_clear_snapshot()")


def put_back(server: Server, name: str | None) -> None:
    """Undo a load: its tables go, and the schema put aside (None: there was nothing) has its name back."""
    with server.connect() as database:
        for table in _tables(database):
            database.execute(f"DROP TABLE IF EXISTS {quoted(table)} CASCADE")
        if name is not None:
            schema = quoted(_schema(database))
            database.execute(f"DROP SCHEMA {schema} CASCADE")
            database.execute(f"ALTER SCHEMA {quoted(name)} RENAME TO {schema}")


def _run(server: Server, program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"The program {program} is not installed: apt install postgresql-client.")
    done = subprocess.run(
        [program, "--no-password", *arguments],
        env=server.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        if program == "pg_dump" and os.strerror(errno.ENOSPC) in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "pg_dump")
        kind = BackupDamaged if "unsupported version" in done.stderr else BackupError
        raise kind(f"{program} failed: {done.stderr.strip()[-2000:]}")


def _drop(database: psycopg.Connection[tuple[Any, ...]], name: str) -> None:
    database.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def _schema(database: psycopg.Connection[tuple[Any, ...]]) -> str:
    row = database.execute("SELECT current_schema()").fetchone()
    return str(row[0]) if row and row[0] else "public"


def _tables(database: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    rows = database.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = to_regnamespace(current_schema()) ORDER BY relname"
    ).fetchall()
    return [name for (name,) in rows]


def _sums(database: psycopg.Connection[tuple[Any, ...]]) -> dict[str, TableSum]:
    for setting in _PLAIN_TEXT:
        database.execute(setting)
    found = {}
    for name in _tables(database):
        row = database.execute(  # the name is the database's own, quoted
            "SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to(each_row::text, 'UTF8')), 'hex'), 16))"  # noqa: S608
            f"::bit(64)::bigint::numeric), 0) FROM {quoted(name)} AS each_row"
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always answers
        found[name] = TableSum(row[0], f"{int(row[1]) % SUM_MODULUS:016x}")
    return found
