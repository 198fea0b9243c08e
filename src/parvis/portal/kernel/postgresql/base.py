"""`ENGINE` of the portal's connections: Django's own, and three things it leaves out.

* `prepared_cursor`: statements that the server parses once, and soon plans once (ADR 32).
* A connection is tried with a statement when it has rested, not at every request (`is_usable`).
* Behind a connection pooler nothing is kept in a server process between two transactions: it may be another's by then.
"""

# mypy: disable-error-code="attr-defined,call-arg,union-attr,misc"
# The stubs know psycopg 2 only, and nothing of Django's private halves.

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName
from psycopg.pq import TransactionStatus

RESTED_SECONDS = 5.0
"""A connection tried this long ago is tried again with a statement."""
PREPARED_MOST = 500
"""Prepared statements of a connection; beyond, the one that was not used for longest is given up."""
_STALE = (FeatureNotSupported, InvalidSqlStatementName)
"""« Cached plan must not change result type », and a name the server does not know (any more)."""


class PreparedCursor(base.ServerBindingCursor):
    """Values travel beside the statement, and the server keeps it under a name of this connection."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> PreparedCursor:
        """As psycopg's; prepared at its first use, and anew when the server's plan has become useless.

        A migration may change a column's type under a portal that runs. Within a transaction the statement fails, and
        the transaction with it: the next one prepares anew.
        """
        # Only meanwhile: psycopg would remember the words of every statement of the connection, values included.
        self.connection.prepare_threshold = 0
        try:
            super().execute(query, params, prepare=True, **kwargs)
        except _STALE:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            self.connection.execute("DEALLOCATE ALL")
            super().execute(query, params, prepare=True, **kwargs)
        finally:
            self.connection.prepare_threshold = None
        return self


class DatabaseOperations(operations.DatabaseOperations):
    """psycopg does not remember a statement whose values travelled beside it."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """For those who count statements: the words with the values in them."""
        if isinstance(cursor, PreparedCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of this thread. `pooled`: through a pooler (PgBouncer), which shares server processes."""

    ops_class = DatabaseOperations
    pooled = False
    _tried_at = 0.0

    def init_connection_state(self) -> None:
        """Find out whether the server process is ours."""
        super().init_connection_state()
        self.connection.prepared_max = PREPARED_MOST
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            # What a pooler tells its client to cancel by is a number of its own.
            self.pooled = cursor.fetchone()[0] != self.connection.info.backend_pid
        if not self.get_autocommit():
            self.connection.rollback()
        self._tried_at = time.monotonic()

    def is_usable(self) -> bool:
        """Whether the server still answers. Just after an answer: whether it has said goodbye since.

        A server that stops, or ends this connection, leaves bytes at our socket. One that went silent within the last
        five seconds is found by the page's own statement, which fails (503) after `tcp_user_timeout`.
        """
        now = time.monotonic()
        if now - self._tried_at < RESTED_SECONDS and not self.connection.closed and not self._has_news():
            return True
        if not super().is_usable():
            return False
        self._tried_at = now
        return True

    def _has_news(self) -> bool:
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return bool(socket.poll(0))

    def chunked_cursor(self) -> Any:
        """For rows that come piece by piece. Behind a pooler they come whole, into our memory."""
        self.ensure_connection()
        return self.cursor() if self.pooled else super().chunked_cursor()

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements are prepared; an ordinary one behind a pooler."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.pooled:
            return self.cursor()
        with self.wrap_database_errors:
            cursor: CursorWrapper = self._prepare_cursor(PreparedCursor(self.connection))
            return cursor
