"""In a child: ends a session for every line read (« way session »), and says when that was committed."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any


def main() -> None:
    import django

    django.setup()
    import redis
    from django.db import connection, transaction

    from parvis.portal.kernel import clock
    from parvis.portal.remote_desktop import hints
    from parvis.portal.remote_desktop.models import Connection, RemoteSession
    from parvis.portal.remote_desktop.services import sessions

    server = redis.Redis.from_url(os.environ["PARVIS_BENCH_REDIS"])
    after = hints.ring

    def names(orders: dict[str, Any]) -> list[str]:
        return list(
            Connection.objects.filter(redeemed_at__isnull=False, **orders).values_list("gateway__name", flat=True)
        )

    def within(**orders: Any) -> None:
        with connection.cursor() as cursor:
            for name in names(orders):
                cursor.execute("SELECT pg_notify(%s, %s)", [hints.CHANNEL, name])

    def by_redis(**orders: Any) -> None:
        told = names(orders)
        transaction.on_commit(lambda: [server.publish(hints.CHANNEL, name) for name in told])  # type: ignore[func-returns-value]

    ways = {"within": within, "after": after, "redis": by_redis, "asking": lambda **_: None}
    for line in sys.stdin:
        way, session_id = line.split()
        hints.ring = ways[way]  # type: ignore[assignment]
        session = RemoteSession.objects.get(pk=session_id)
        committed: list[float] = []
        began = time.monotonic()
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(time.monotonic()))  # noqa: B023 - called before the next line
            sessions.end(session, reason="ended_by_staff", actor=None, at=clock.now())
        print(json.dumps({"committed": committed[0], "seconds": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    main()
