"""Migrations that may be killed at any moment and begun again, by one process at a time.

Django records a migration as applied after the transaction that made its tables, whenever
statements were put off to its end (foreign keys, indexes: nearly always). A machine that
stops between the two has tables that no record knows of, and every later start fails on
« table already exists ». Here the record is part of the transaction.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

WAIT_SECONDS = 900.0
"""How long another process may take to migrate before we give up: the largest tables take minutes."""
POLL_SECONDS = 0.2
ADVISORY_KEY = 0x5061_7276_6973
"""PostgreSQL's name of our lock (« Parvis » in ASCII); such locks are per database."""


class WholeExecutor(MigrationExecutor):
    """Applies a migration, what it put off, and its record as applied, in one transaction."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        """As Django's; migrations that ask for no transaction are left to Django."""
        if fake or fake_initial or not migration.atomic:
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        self._tell("apply_start", migration)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            while editor.deferred_sql:
                editor.execute(editor.deferred_sql.pop(0), None)
            self.record_migration(migration)  # type: ignore[call-arg, arg-type]  # the stubs are of Django 6
        self._tell("apply_success", migration)
        return state

    def _tell(self, action: str, migration: Migration) -> None:
        if self.progress_callback:
            self.progress_callback(action, migration, False)


@contextmanager
def alone(connection: BaseDatabaseWrapper, say: Callable[[str], Any], *, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the right to migrate this database; released by the system if we are killed.

    Raises:
        CommandError: somebody else held it for `wait` seconds.
    """
    with _of_postgresql(connection) if connection.vendor == "postgresql" else _of_file(connection) as take:
        deadline, told = time.monotonic() + wait, False
        while not take():
            if not told:
                say("Another process is migrating this database: waiting for it.")
                told = True
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Another process has been migrating this database for {wait:.0f} seconds. "
                    "See what it does (its log, the load of the database); if it hangs, stop it and start again: "
                    "a migration that was stopped is begun again whole."
                )
            time.sleep(POLL_SECONDS)
        yield


@contextmanager
def _of_postgresql(connection: BaseDatabaseWrapper) -> Iterator[Callable[[], bool]]:
    connection.ensure_connection()
    with (_of_transaction if getattr(connection, "pooled", False) else _of_session)(connection) as take:
        yield take


@contextmanager
def _of_transaction(connection: BaseDatabaseWrapper) -> Iterator[Callable[[], bool]]:
    """Behind a pooler only an open transaction keeps a server process, so one of its own stays open meanwhile."""
    holder = connection.copy()

    def take() -> bool:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            # It stays open as long as the largest table takes.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_KEY])
            taken = bool(cursor.fetchone()[0])
        if not taken:
            holder.rollback()
        return taken

    try:
        yield take
    finally:
        with suppress(Error):
            holder.rollback()  # at once: a pooler would notice the end of a connection later
        holder.close()


@contextmanager
def _of_session(connection: BaseDatabaseWrapper) -> Iterator[Callable[[], bool]]:
    # Not of a transaction: each migration commits by itself.
    def ask(function: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [ADVISORY_KEY])
            return bool(cursor.fetchone()[0])

    try:
        yield lambda: ask("pg_try_advisory_lock")
    finally:
        with suppress(Error):  # the connection may be gone, and the lock with it
            if not connection.needs_rollback:
                ask("pg_advisory_unlock")


@contextmanager
def _of_file(connection: BaseDatabaseWrapper) -> Iterator[Callable[[], bool]]:
    name = str(connection.settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:  # nobody else can see it
        yield lambda: True
        return
    path = Path(f"{name}.migrating")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield take
    finally:
        os.close(descriptor)  # the file stays: who waits for it has it open
