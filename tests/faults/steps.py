"""What the nursery's children do. Each runs in a process of its own, on the folder and database it was given."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection, connections

from tests.faults import worlds

build, play, shape, fill = worlds.build, worlds.play, worlds.shape, worlds.fill


def read_everything() -> None:
    """In the parent, before any fork: all the imports a portal and a worker need, and no connection."""
    from django.db.migrations.loader import MigrationLoader
    from django.urls import get_resolver

    from parvis.portal.config import migrating, schedule, wsgi
    from parvis.portal.config.management.commands import migrate
    from parvis.serve import web, worker

    assert all((migrating, wsgi, web, worker, migrate))
    schedule.jobs()
    _ = get_resolver().url_patterns
    MigrationLoader(None)
    assert not connections.all(initialized_only=True) or connection.connection is None
    Path(settings.PARVIS.data_dir).mkdir(parents=True, exist_ok=True)


def settle(folder: Path, database: str) -> None:
    """In a child: the settings of another installation, as its environment would make them."""
    from parvis.portal.config import settings as module

    folder.mkdir(parents=True, exist_ok=True)
    module.PARVIS = replace(settings.PARVIS, data_dir=folder, database_url=database)
    settings.PARVIS = module.PARVIS
    settings.DATABASES = {"default": module._database(database)}
    settings.MEDIA_ROOT = folder / "files"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": folder / "cache"}}
    handler: Any
    for handler in (connections, caches):
        handler._settings = None
        handler.__dict__.pop("settings", None)
        if hasattr(handler._connections, "default"):
            delattr(handler._connections, "default")
    assert connection.settings_dict["NAME"] == settings.DATABASES["default"]["NAME"]


def tell(path: Path, value: Any) -> None:
    """Write an answer whole, or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value, default=str))
    draft.rename(path)


# --- processes of an installation -------------------------------------------------------------------------------------


def portal(port_path: str) -> None:
    """The portal's web server, until it is ended; writes its port to `port_path`."""
    import uvicorn

    from parvis.portal.config.wsgi import application
    from parvis.serve import web

    listener = socket.create_server(("127.0.0.1", 0))
    tell(Path(port_path), listener.getsockname()[1])
    uvicorn.Server(web.configuration(application, "127.0.0.1", 0)).run(sockets=[listener])


def worker(mail_port: int = 0) -> int:
    """The worker, until it is ended; mail goes to that port of this machine."""
    from parvis.serve import worker as module

    _mail_to(mail_port)
    return module.main()


def worker_killed_before_commit(task_path: str, mail_port: int = 0) -> int:
    """The worker, which is killed when that task has done its work and its end is about to be written."""
    from django_tasks_db.models import DBTaskResult

    from parvis.serve import worker as module

    _mail_to(mail_port)
    written = DBTaskResult.set_successful

    def killed(self: Any, value: Any) -> None:
        if self.task_path == task_path:
            os.kill(os.getpid(), signal.SIGKILL)
        written(self, value)

    DBTaskResult.set_successful = killed  # type: ignore[method-assign]
    return module.main()


def _mail_to(port: int) -> None:
    if port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def migrate() -> list[list[str]]:
    """Migrate to the newest release, as `parvis serve` does when it starts; what was applied is answered."""
    return _migrate(lambda _sql: None)


def migrate_killed(after: int) -> None:
    """The same, killed by SIGKILL just before the statement of that number, counted among those that write."""
    done = 0

    def count(sql: str) -> None:
        nonlocal done
        if sql.lstrip("( ").upper().startswith(("SELECT", "PRAGMA", "SHOW")):
            return
        if done == after:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1

    _migrate(count)


def migrate_killed_at_record(number: int) -> None:
    """The same, killed just before the record of the migration of that number is written."""
    seen = 0

    def count(sql: str) -> None:
        nonlocal seen
        if sql.startswith('INSERT INTO "django_migrations"'):
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    _migrate(count)


def _migrate(before: Callable[[str], None]) -> list[list[str]]:
    from django.core.management import call_command

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        before(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch):
        call_command("migrate", verbosity=1)
    return applied()


def applied() -> list[list[str]]:
    """Every migration on record, in order."""
    from django.db.migrations.recorder import MigrationRecorder

    rows = MigrationRecorder(connection).migration_qs.order_by("app", "name")
    return [list(row) for row in rows.values_list("app", "name")]


# --- looking --------------------------------------------------------------------------------------------------------


def fault_of_the_chain() -> str | None:
    """What is wrong with the audit trail, if anything."""
    from parvis.portal.kernel import audit

    fault = audit.verify()
    return f"{fault.id}: {fault.problem}" if fault else None


def integrity() -> list[str]:
    """What the database itself finds wrong with its file and its foreign keys."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            return []
        cursor.execute("PRAGMA integrity_check")
        found = [row[0] for row in cursor.fetchall() if row[0] != "ok"]
        cursor.execute("PRAGMA foreign_key_check")
        return found + [str(row) for row in cursor.fetchall()]


def announcements() -> dict[str, list[int]]:
    """Title → how many announcements have it, how many lines of the trail say that one was made."""
    from parvis.portal.home.models import Announcement
    from parvis.portal.kernel.models import AuditRecord

    found: dict[str, list[int]] = {}
    for title in Announcement.objects.values_list("title", flat=True):
        found.setdefault(title, [0, 0])[0] += 1
    for label in AuditRecord.objects.filter(action="home.announcement_created").values_list("target_label", flat=True):
        found.setdefault(label, [0, 0])[1] += 1
    return found


def now_plus(**delta: float) -> str:
    """The portal's clock, moved."""
    from parvis.portal.kernel import clock

    return (clock.now() + timedelta(**delta)).isoformat()


def look(kept: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    """All that an upgrade must leave right; rows as `kept` counted them, else those of now."""
    return {
        "rows": worlds.digests() if kept is None else {t: worlds.digest(t, found[0]) for t, found in kept.items()},
        "chain": fault_of_the_chain(),
        "integrity": integrity(),
    }
