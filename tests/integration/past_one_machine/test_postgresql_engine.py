"""What the portal's own connections to PostgreSQL add to Django's, on a real server and through a real PgBouncer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.postgresql import base as postgresql
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from parvis.portal.config.migrating import alone
from parvis.portal.kernel import prepared
from parvis.portal.kernel.postgresql import base
from parvis.portal.kernel.postgresql.base import DatabaseWrapper
from parvis.portal.remote_desktop.models import Connection
from tests.integration.remote_desktop.conftest import make_office
from tests.servers.pgbouncer import pgbouncer

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[..., DatabaseWrapper]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes connections of their own to the suite's database; `settings` change where they lead."""
    made: list[DatabaseWrapper] = []

    def new(**settings: Any) -> DatabaseWrapper:
        made.append(DatabaseWrapper({**copy.deepcopy(connection.settings_dict), **settings}, alias="own"))
        return made[-1]

    yield new
    for each in made:
        each.close()


@pytest.fixture
def things(connect: Connect) -> Iterator[DatabaseWrapper]:
    """A table to look into, and the connection of who made it."""
    owner = connect()
    ask(owner, "CREATE TABLE engine_thing AS SELECT n, 'thing ' || n AS name FROM generate_series(1, 100) n")
    yield owner
    ask(owner, "DROP TABLE engine_thing")


def own() -> DatabaseWrapper:
    """The test's own connection."""
    return cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])


def ask(wrapper: DatabaseWrapper, text: str, *values: Any) -> list[tuple[Any, ...]]:
    with wrapper.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def ask_prepared(wrapper: DatabaseWrapper, text: str, *values: Any) -> list[tuple[Any, ...]]:
    with wrapper.prepared_cursor() as cursor:
        cursor.execute(text, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def locks(wrapper: DatabaseWrapper) -> int:
    """Advisory ones of everybody in this database: other tests share the server."""
    ((count,),) = ask(
        wrapper,
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND datname = current_database()",
    )
    return int(count)


def plans(wrapper: DatabaseWrapper) -> list[tuple[str, int]]:
    """Statements the server keeps for this connection, and how often each was run."""
    kept = "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements ORDER BY prepare_time"
    return [(text, times) for text, times in ask(wrapper, kept)]


def test_a_statement_built_once_is_kept_by_the_server() -> None:
    grant = make_office().request()
    read: prepared.Read[Connection] = prepared.Read(
        lambda pk: Connection.objects.filter(pk=pk), pk=Connection._meta.get_field("id")
    )
    before = len(plans(own()))
    for _ in range(3):
        found = read.first(pk=grant.connection.pk)
        assert found is not None
        assert found.jti == grant.connection.jti
    assert [times for _, times in plans(own())[before:]] == [3]
    # An ordinary query set leaves none: its forms are without number.
    assert Connection.objects.filter(pk=grant.connection.pk).exists()
    assert len(plans(own())) == before + 1


def test_prepared_statements_are_seen_by_those_who_count_statements() -> None:
    with CaptureQueriesContext(connection) as asked, own().prepared_cursor() as cursor:
        cursor.execute("SELECT %s::int", [7])
    assert "7" in asked[0]["sql"]


def test_a_column_whose_type_changes_is_read_anew(connect: Connect, things: DatabaseWrapper) -> None:
    """« cached plan must not change result type »: a portal that runs while a migration does."""
    reader, text = connect(), "SELECT n FROM engine_thing WHERE name = %s"
    assert ask_prepared(reader, text, "thing 7") == [(7,)]
    ask(things, "ALTER TABLE engine_thing ALTER COLUMN n TYPE text")
    assert ask_prepared(reader, text, "thing 7") == [("7",)]


def test_within_a_transaction_it_fails_and_the_next_transaction_is_well(
    connect: Connect, things: DatabaseWrapper
) -> None:
    reader, text = connect(), "SELECT n FROM engine_thing WHERE name = %s"
    assert ask_prepared(reader, text, "thing 7") == [(7,)]
    ask(things, "ALTER TABLE engine_thing ALTER COLUMN n TYPE text")
    with pytest.raises(DatabaseError, match="cached plan"), in_transaction(reader):
        ask_prepared(reader, text, "thing 7")
    with in_transaction(reader):
        assert ask_prepared(reader, text, "thing 7") == [("7",)]


@contextmanager
def in_transaction(wrapper: DatabaseWrapper) -> Iterator[None]:
    wrapper.set_autocommit(False)
    try:
        yield
        wrapper.commit()
    except BaseException:
        wrapper.rollback()
        raise
    finally:
        wrapper.set_autocommit(True)


def test_many_statements_are_given_up_the_oldest_first(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PREPARED_MOST", 5)
    wrapper = connect()
    for n in range(12):
        assert ask_prepared(wrapper, f"SELECT %s::int + {n}", 1) == [(1 + n,)]
    assert [text.partition("+ ")[2] for text, _ in plans(wrapper)] == ["7", "8", "9", "10", "11"]


def test_the_words_of_ordinary_statements_are_not_remembered(connect: Connect) -> None:
    """psycopg counts them once it prepares: with the values in them, hundreds of texts a connection."""
    wrapper = connect()
    ask_prepared(wrapper, "SELECT %s::int", 1)
    for n in range(20):
        ask(wrapper, "SELECT %s", f"{n} secret")
    assert not wrapper.connection._prepared._counts
    assert len(wrapper.connection._prepared._names) == 1


def test_what_a_savepoint_undoes_leaves_the_statements(connect: Connect) -> None:
    wrapper = connect()
    with in_transaction(wrapper):
        ask_prepared(wrapper, "SELECT %s::int", 1)
        ask(wrapper, "SAVEPOINT here")
        ask(wrapper, "ROLLBACK TO SAVEPOINT here")
        ask_prepared(wrapper, "SELECT %s::int", 1)
        assert [times for _, times in plans(wrapper)] == [2]


class TestWhetherItStillAnswers:
    def test_just_after_an_answer_nothing_is_asked(self, connect: Connect) -> None:
        wrapper = connect()
        ask(wrapper, "SELECT 1")
        with CaptureQueriesContext(wrapper) as asked:
            assert wrapper.is_usable()
        assert len(asked) == 0

    def test_after_a_rest_it_is_asked(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        wrapper = connect()
        ask(wrapper, "SELECT 1")
        monkeypatch.setattr(base, "RESTED_SECONDS", 0.0)
        # Silent for good: only a statement finds out.
        monkeypatch.setattr(postgresql.DatabaseWrapper, "is_usable", lambda self: False)
        assert not wrapper.is_usable()

    def test_a_connection_the_server_has_just_ended_is_seen(self, connect: Connect) -> None:
        wrapper, other = connect(CONN_HEALTH_CHECKS=True), connect()
        ask(wrapper, "SELECT 1")
        ((pid,),) = ask(wrapper, "SELECT pg_backend_pid()")
        ask(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
        # As at the beginning of the next request.
        wrapper.close_if_unusable_or_obsolete()
        assert ask(wrapper, "SELECT 1") == [(1,)]
        assert ask(wrapper, "SELECT pg_backend_pid()") != [(pid,)]


class TestThroughPgBouncer:
    TEXT = "SELECT name FROM engine_thing WHERE n = %s"

    @pytest.fixture
    def pooled(self, connect: Connect, things: DatabaseWrapper, tmp_path: Path) -> Iterator[Connect]:
        tmp_path.chmod(0o755)
        with pgbouncer(connection.settings_dict, tmp_path) as port:
            yield lambda: connect(HOST="127.0.0.1", PORT=str(port))

    def test_nothing_is_left_in_a_process_that_others_use(self, pooled: Connect) -> None:
        one, other = pooled(), pooled()
        assert ask(one, "SELECT 1") == ask(other, "SELECT 1")
        assert one.pooled
        self._take_turns(one, other)

    def test_rows_that_come_piece_by_piece_keep_no_process_even_as_the_first_question(self, pooled: Connect) -> None:
        one, other = pooled(), pooled()
        with one.chunked_cursor() as rows:
            rows.execute("SELECT n FROM engine_thing ORDER BY n")
            assert rows.fetchmany(3) == [(1,), (2,), (3,)]
            with in_transaction(other):  # has the process that was used last
                ask(other, "SELECT 1")
                assert len(rows.fetchall()) == 97

    def test_without_that_it_breaks(self, pooled: Connect) -> None:
        """Proves that the test above would notice."""
        one, other = pooled(), pooled()
        assert ask(one, "SELECT 1") == ask(other, "SELECT 1")
        one.pooled = other.pooled = False
        with pytest.raises(ProgrammingError, match="prepared statement"):
            self._take_turns(one, other)

    def test_who_migrates_is_alone_and_leaves_no_lock_behind(self, pooled: Connect) -> None:
        one, other, onlooker = pooled(), pooled(), pooled()
        ask(onlooker, "SELECT 1")
        with ExitStack() as held:
            with alone(one, print):
                # The process that was used last is somebody else's now, until after the end.
                held.enter_context(in_transaction(onlooker))
                assert locks(onlooker) == 1
                with pytest.raises(CommandError, match="Another process"), alone(other, str, wait=0.5):
                    pytest.fail("two at once")
            assert locks(onlooker) == 0
        with alone(other, print):
            assert locks(onlooker) == 1

    def _take_turns(self, one: DatabaseWrapper, other: DatabaseWrapper) -> None:
        """While one holds a server process, the other's transaction goes to another: each sees both."""
        for n in range(1, 9):
            first, second = (one, other) if n % 2 else (other, one)
            with in_transaction(first):
                ask(first, "SELECT 1")
                with in_transaction(second):
                    assert ask_prepared(second, self.TEXT, n) == [(f"thing {n}",)]


def test_alone_at_its_server_it_is_not_taken_for_pooled(connect: Connect) -> None:
    wrapper = connect()
    ask(wrapper, "SELECT 1")
    assert not wrapper.pooled
    with in_transaction(wrapper), wrapper.chunked_cursor() as rows:
        assert rows.cursor.name  # rows come from the server as they are asked for
