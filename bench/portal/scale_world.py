"""In the child: the demonstration's authority grown to any size, by statements the database runs by itself."""

from __future__ import annotations

from datetime import date


def grow(*, agents: int, assets: int, records: int, sessions: int) -> dict[str, int]:
    """So many of each; the sizes reached. Everybody and everything of the demonstration is there too."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from bench.portal.history import lengthen
    from bench.portal.presence_child import _more_agents
    from parvis.portal.directory.models import Agent
    from parvis.portal.kernel.models import AuditRecord
    from parvis.portal.parc.models import Asset
    from parvis.portal.remote_desktop.models import RemoteSession

    call_command("demo_data", verbosity=0)
    with transaction.atomic():
        _more_agents(agents)
    with transaction.atomic():
        _more_assets(assets)
    with transaction.atomic():
        lengthen(sessions)
        _more_records(records)
    _count_presences()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {
        "agents": Agent.objects.count(),
        "assets": Asset.objects.count(),
        "audit records": AuditRecord.objects.count(),
        "sessions": RemoteSession.objects.count(),
    }


def _more_assets(wanted: int) -> None:
    """Copies under names and serials of their own, one in two handed to an agent; the page that counts them knows."""
    from django.db import connection

    from parvis.portal.directory.models import Agent
    from parvis.portal.parc.models import Asset, Assignment

    have = Asset.objects.count()
    known = set(Asset.objects.values_list("pk", flat=True))
    own = {"name": "a.name || '-' || n.x", "serial": "a.serial || '-' || n.x", "tag": "''"}
    own["search"] = "a.search || ' ' || n.x"
    columns = [str(field.column) for field in Asset._meta.concrete_fields if not field.primary_key]
    values = ", ".join(own.get(column, f"a.{column}") for column in columns)
    table = Asset._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) {_series(-(-(wanted - have) // have))}"  # noqa: S608 - ours
            f" SELECT {values} FROM {table} a CROSS JOIN n ORDER BY n.x, a.id LIMIT {max(0, wanted - have)}"
        )
    people = list(Agent.objects.filter(is_active=True).values_list("pk", flat=True))
    copies = [pk for pk in Asset.objects.order_by("pk").values_list("pk", flat=True) if pk not in known][::2]
    Assignment.objects.bulk_create(
        (Assignment(agent_id=people[n % len(people)], asset_id=pk) for n, pk in enumerate(copies)), batch_size=5000
    )


def _more_records(wanted: int) -> None:
    """Lines of the trail over a year: the demonstration's again and again. Their hashes are numbers: no chain."""
    from django.db import connection

    from parvis.portal.kernel.models import AuditHead, AuditRecord

    have, head = AuditRecord.objects.count(), AuditHead.objects.get(pk=1)
    table = AuditRecord._meta.db_table
    number = f"({head.last_id} + (n.x - 1) * {have} + r.id)"
    if connection.vendor == "postgresql":
        year_ago = f"now() - make_interval(secs => 31.5 * ({wanted} - {number}))"
        hashed = f"lpad({number}::text, 64, '0')"
    else:
        year_ago = f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (31.5 * ({wanted} - {number})) || ' seconds')"
        hashed = f"printf('%064d', {number})"
    own = {"id": number, "at": year_ago, "hash": hashed, "previous_hash": "'0'"}
    columns = [str(field.column) for field in AuditRecord._meta.concrete_fields]
    values = ", ".join(own.get(column, f"r.{column}") for column in columns)
    times = max(0, wanted - have) // have
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) {_series(times)}"  # noqa: S608 - ours
            f" SELECT {values} FROM {table} r CROSS JOIN n WHERE r.id <= {head.last_id}"
        )
    last = AuditRecord.objects.order_by("-id")[0]
    AuditHead.objects.filter(pk=1).update(last_id=last.id, last_hash=last.hash)


def _series(count: int) -> str:
    """The numbers from 1 to `count`, as table n (x)."""
    return f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {max(1, count)})"  # noqa: S608


def _count_presences() -> None:
    """What the worker would have done by now: presences of these weeks are counted."""
    from parvis.portal.kernel import clock
    from parvis.portal.presence import counts

    today: date = clock.today()
    counts.recount_all(today, today)
