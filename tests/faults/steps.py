"""What the nursery's children do. Each runs in a process of its own, on the folder and database it was given."""

from __future__ import annotations

import itertools
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


def portal_killed_before(port_path: str, statement: str) -> None:
    """The same, killed by SIGKILL just before the first statement that begins so."""
    from django.db.backends.signals import connection_created

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith(statement):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, parameters, many, context)

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(watch), weak=False)
    portal(port_path)


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

    DBTaskResult.set_successful = killed  # type: ignore[method-assign]  # dies where the task would be noted as done
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


def look(kept: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    """All that an upgrade must leave right; rows as `kept` counted them, else those of now."""
    return {
        "rows": worlds.digests() if kept is None else {t: worlds.digest(t, found[0]) for t, found in kept.items()},
        "chain": fault_of_the_chain(),
        "integrity": integrity(),
    }


# --- people and what they do ------------------------------------------------------------------------------------------


def people() -> dict[str, Any]:
    """A commune with its head of IT, signed in with both factors, and a token of theirs for programs."""
    from parvis.portal.directory.models import Entity, Role
    from tests.integration import authority, signing_in

    entity = authority.make_entity("Ville", kind=Entity.Kind.COMMUNE)
    head = authority.make_member(entity, Role.HEAD_OF_IT, "helene")
    browser = signing_in.browser_of(head)
    program = signing_in.program_of(head)
    return {
        "entity": entity.pk,
        "user": head.pk,
        "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
        "token": program.defaults["HTTP_AUTHORIZATION"],
    }


def sign_in(user: int) -> str:
    """The cookie of another sign-in of theirs."""
    from parvis.portal.accounts.models import User
    from tests.integration import signing_in

    browser = signing_in.browser_of(User.objects.get(pk=user))
    return str(browser.cookies[settings.SESSION_COOKIE_NAME].value)


def role_that_is_over() -> dict[str, int]:
    """An agent whose role ended yesterday, a letter to write and the sweep that ends the role, both in the queue."""
    from parvis.portal.directory import tasks
    from parvis.portal.directory.models import Role, RoleGrant
    from parvis.portal.kernel import clock, mail
    from tests.integration import authority

    entity = authority.make_entity()
    user = authority.make_member(entity, Role.TECHNICIAN)
    RoleGrant.objects.filter(user=user).update(ends_date=clock.today() - timedelta(days=1))
    mail.send_later(subject="Une seule fois", body="Bonjour", to=["claire@rivemarine.example"])
    tasks.sweep.enqueue()
    return {"user": user.pk}


def tasks_by_state() -> dict[str, list[str]]:
    """State → the tasks in it, by their path."""
    from django_tasks_db.models import DBTaskResult

    found: dict[str, list[str]] = {}
    for status, path in DBTaskResult.objects.order_by("enqueued_at").values_list("status", "task_path"):
        found.setdefault(status, []).append(path)
    return found


def lines_of_the_trail(action: str) -> int:
    """How many times something was written down."""
    from parvis.portal.kernel.models import AuditRecord

    return AuditRecord.objects.filter(action=action).count()


def enqueue_mail(subject: str) -> None:
    """A letter for the worker."""
    from parvis.portal.kernel import mail

    mail.send_later(subject=subject, body="Bonjour", to=["claire@rivemarine.example"])


def count(model: str) -> int:
    """Rows of a table."""
    from django.apps import apps

    return int(apps.get_model(model)._default_manager.count())


def ticket() -> str:
    """An agent who may open a screen now, and the ticket they are given."""
    from parvis.portal.kernel import clock
    from parvis.portal.remote_desktop.models import Right
    from tests.integration import authority
    from tests.integration.remote_desktop.conftest import make_office

    # Each child counts its people from one: not those who are there.
    authority._numbers = itertools.count(100 * (1 + Right.objects.count()))
    now = clock.now()
    office = make_office()
    day = timedelta(days=1)
    Right.objects.filter(pk=office.right.pk).update(starts_date=clock.today() - day, ends_date=clock.today() + day)
    return office.request(now).ticket


def redeem(ticket: str) -> str:
    """What the portal answers a gateway that brings it: an error's code, or nothing."""
    import uuid

    from parvis.portal.kernel import clock
    from parvis.portal.kernel.errors import ParvisError
    from parvis.portal.remote_desktop import services

    try:
        services.redeem(
            gateway="gw-1", boot=uuid.UUID(int=1), ticket=ticket, client_address="192.0.2.7", now=clock.now()
        )
    except ParvisError as error:
        return error.code
    return ""


def hour() -> float:
    """What the portal takes the time for, in seconds since 1970."""
    from parvis.portal.kernel import clock

    return clock.now().timestamp()
