"""Is it alive, is it ready, how is it doing: for the supervisor and Prometheus, not for people."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from parvis.backup import shelf
from parvis.portal.config import sealing
from parvis.portal.kernel import audit
from parvis.portal.remote_desktop import hints

AUDIT_HEAD = Gauge("parvis_audit_records", "Number of the newest audit record")
FREE_BYTES = Gauge("parvis_data_free_bytes", "Free space where the data folder is")
LAST_BACKUP = Gauge("parvis_backup_timestamp_seconds", "When the last backup succeeded on this machine, 0: never")
LOW_DISK_BYTES = 200 * 2**20


@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the process serves; touches no database."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and disk are fine; else 503 and what is wrong.

    A shared cache that is away is a warning, and so are hints that are not heard: pages go on, and a proxy must not
    take every portal away for it.
    """
    problems = [*_database_problems(), *_disk_problems()]
    body: dict[str, object] = {"ready": not problems}
    if _from_this_machine(request):  # what is wrong is nobody else's business
        body["problems"] = problems
        if warnings := [*_cache_problems(), *_hint_problems()]:
            body["warnings"] = warnings
    return JsonResponse(body, status=503 if problems else 200)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for loopback only."""
    if not _from_this_machine(request):
        return HttpResponse(status=404)
    AUDIT_HEAD.set(audit.head().id)
    FREE_BYTES.set(shutil.disk_usage(settings.PARVIS.data_dir).free)
    backed_up_at = shelf.last_at(settings.PARVIS.data_dir)
    LAST_BACKUP.set(backed_up_at.timestamp() if backed_up_at else 0)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _from_this_machine(request: HttpRequest) -> bool:
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers


_migrated = False
"""Whether none was pending, once: reading all migrations again for every check of every proxy slows a busy portal."""


def _database_problems() -> list[str]:
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return [f"{len(pending)} migrations are pending"]
            _migrated = True
        names = sealing.differing()
    except Error:  # InterfaceError, of a connection that is gone, is no DatabaseError
        return ["the database does not answer"]
    return [f"the keys of this machine are not the database's ({', '.join(names)})"] if names else []


def _cache_problems() -> list[str]:
    asked = getattr(cache, "problem", None)
    why = asked() if asked is not None else ""
    return [f"the shared cache does not answer ({why}): each machine counts for itself"] if why else []


def _hint_problems() -> list[str]:
    return ["hints are not heard: gateways find orders by asking, within two seconds"] if hints.state == "away" else []


def _disk_problems() -> list[str]:
    free = shutil.disk_usage(settings.PARVIS.data_dir).free
    return [f"only {free // 2**20} MiB are free for the data folder"] if free < LOW_DISK_BYTES else []
