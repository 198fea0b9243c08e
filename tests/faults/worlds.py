"""Databases to break: those of a release, made at once from what its migrations say, and what is in them."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from parvis.portal.kernel import audit

PREVIOUS = Path(__file__).with_name("previous_release.json")
SMALL = ("accounts", "directory", "kernel", "sessions", "ui")
KEPT = ("accounts_", "directory_", "kernel_", "parc_", "remote_desktop_")
START = datetime(2025, 1, 6, 8, tzinfo=UTC)


def targets_of(release: str) -> list[tuple[str, str]]:
    """The last migrations of each app: `current`, `previous` (`previous_release.json`) or `small` (a part of that)."""
    if release in ("previous", "small"):
        listed = json.loads(PREVIOUS.read_text()).items()
        return [(app, name) for app, name in listed if release == "previous" or app in SMALL]
    return [(app, name) for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes() if name is not None]


def build(release: str) -> int:
    """The empty database of a release: its tables as its migrations leave them; how many tables.

    Played one by one they take half a minute, for the state of all models is worked out again at each of their
    steps; the end is the same (`test_upgrade.py` compares them in its long form).
    """
    targets = targets_of(release)
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state(targets)
    executor.recorder.ensure_schema()
    with connection.schema_editor() as editor:
        for model in state.apps.get_models():
            if model._meta.can_migrate(connection) and not model._meta.proxy:
                editor.create_model(model)
    executor.migrate(targets, fake=True)
    emit_post_migrate_signal(0, False, connection.alias, apps=state.apps, plan=[])
    return len(connection.introspection.table_names())


def play(release: str) -> int:
    """The same by the migrations themselves, one after the other."""
    MigrationExecutor(connection).migrate(targets_of(release))
    return len(connection.introspection.table_names())


def shape() -> dict[str, Any]:
    """Tables with their columns, indexes and constraints: what two databases are compared by."""
    introspection = connection.introspection
    with connection.cursor() as cursor:
        return {
            table: {
                "columns": sorted(
                    (column.name, str(column.type_code), column.null_ok)
                    for column in introspection.get_table_description(cursor, table)
                ),
                "constraints": sorted(
                    json.dumps(
                        {key: value for key, value in constraint.items() if key != "definition"},
                        sort_keys=True, default=list,
                    )
                    for constraint in introspection.get_constraints(cursor, table).values()
                ),
            }
            for table in sorted(introspection.table_names(cursor))
            if not table.startswith("sqlite_")
        }  # fmt: skip


# --- rows -------------------------------------------------------------------------------------------------------------


def fill(release: str, rows: int, seed: int) -> dict[str, int]:
    """Years of life in a release's database: `rows` audit records, assets and ended sessions; how many of each.

    Written by the release's own models as its migrations describe them, not by those of today.
    """
    models = MigrationExecutor(connection).loader.project_state(targets_of(release)).apps
    chance = random.Random(seed)
    with transaction.atomic():
        entity = models.get_model("directory", "Entity").objects.create(name="Ville", kind="commune", path="1.")
        user = models.get_model("accounts", "User").objects.create(email="a@rivemarine.example", password="!")
        counts = {"parc_asset": rows // 5, "remote_desktop_remotesession": rows // 5}
        counts["kernel_auditrecord"] = rows - sum(counts.values())
        _assets(models, entity, counts["parc_asset"], chance)
        _sessions(models, user, counts["remote_desktop_remotesession"], chance)
        _trail(models, user, counts["kernel_auditrecord"], chance)
    return counts


def _assets(models: Any, entity: Any, count: int, chance: random.Random) -> None:
    asset = models.get_model("parc", "Asset")
    asset.objects.bulk_create(
        (
            asset(
                entity=entity, name=f"PC-{n:06d}", serial=f"{chance.getrandbits(40):010X}", cost=chance.randrange(2000)
            )
            for n in range(count)
        ),
        batch_size=1000,
    )


def _sessions(models: Any, user: Any, count: int, chance: random.Random) -> None:
    session = models.get_model("remote_desktop", "RemoteSession")
    computers = list(models.get_model("parc", "Asset").objects.values_list("pk", flat=True)[:500])
    begins = [START + timedelta(minutes=chance.randrange(500_000)) for _ in range(count)]
    session.objects.bulk_create(
        (
            session(
                id=uuid.UUID(int=chance.getrandbits(128)), user=user, computer_id=chance.choice(computers),
                protocol="rdp", sign_in=str(n), state="ended", requested_at=at, ends_at=at + timedelta(hours=10),
                ended_at=at + timedelta(hours=2), end_reason="closed", bytes_down=chance.getrandbits(40),
                correlation=f"{chance.getrandbits(128):032x}",
            )
            for n, at in enumerate(begins)
        ),
        batch_size=1000,
    )  # fmt: skip


def _trail(models: Any, user: Any, count: int, chance: random.Random) -> None:
    record, head = models.get_model("kernel", "AuditRecord"), models.get_model("kernel", "AuditHead")
    previous, lines = audit.GENESIS, []
    for number in range(1, count + 1):
        line = record(
            id=number, at=START + timedelta(seconds=number), actor_id=user.pk, actor_label="Agent é",
            action="test.done", target_type="parc.asset", target_id=str(number), target_label=f"PC-{number}",
            data={"n": chance.randrange(10**6), "mot": "été"}, client_address="192.0.2.1", correlation="",
            previous_hash=previous,
        )  # fmt: skip
        line.hash = previous = audit.link(line)
        lines.append(line)
    record.objects.bulk_create(lines, batch_size=1000)
    head.objects.create(pk=1, last_id=count, last_hash=previous, purged_hash=audit.GENESIS)


def digests() -> dict[str, list[Any]]:
    """Table → its columns, number of rows, SHA-256 of the rows: for every table with rows that an upgrade must keep."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(KEPT):
                continue
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            found[table] = digest(table, columns)
    return {table: value for table, value in found.items() if value[1]}


def digest(table: str, columns: list[str]) -> list[Any]:
    """Those columns of one table, in the order of their first one."""
    quoted = ", ".join(f'"{name}"' for name in columns)
    total, rows = hashlib.sha256(), 0
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {quoted} FROM "{table}" ORDER BY "id"')  # noqa: S608 names of our own
        while batch := cursor.fetchmany(5000):
            rows += len(batch)
            for row in batch:
                total.update(repr(row).encode())
    return [columns, rows, total.hexdigest()]
