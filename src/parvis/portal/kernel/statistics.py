"""What the database knows of its own rows."""

from __future__ import annotations

from django.db import connection


def refresh() -> None:
    """Count the rows anew (`ANALYZE`, PostgreSQL and SQLite alike).

    After many were written at once: until then PostgreSQL plans joins as if the tables were empty, for minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
