"""LISTEN and NOTIFY on a real PostgreSQL: what is committed is told, what is cut comes back, nonsense is nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator

import pytest
from django.db import connection, transaction

from parvis.portal.remote_desktop import hints
from parvis.portal.remote_desktop.models import Connection
from parvis.serve.hints import board as boards
from parvis.serve.hints.postgresql import PostgresSource
from tests.integration.remote_desktop.conftest import make_office
from tests.integration.serve.test_hints import Line, Portal, serving, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("several-machines")]
Send = Callable[[Collection[str]], None]


@pytest.fixture
def portals() -> Iterator[tuple[Portal, Portal]]:
    with serving(PostgresSource()) as one, serving(PostgresSource()) as other:
        yield one, other


def notify(payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [hints.CHANNEL, payload])


def listeners(what: str = "count(*)") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {what} FROM pg_stat_activity"  # noqa: S608 - ours
            " WHERE application_name = 'parvis hints' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_each_portal_tells_its_own_gateways(portals: tuple[Portal, Portal]) -> None:
    with Line(portals[0].url, "gw-1") as one, Line(portals[1].url, "gw-2") as other:
        one.wait_for("listening")
        other.wait_for("listening")
        hints.send(["gw-1", "gw-2"])
        one.wait_for("ask")
        other.wait_for("ask")
        assert listeners() == 2


def test_a_connection_that_is_cut_comes_back_and_everybody_asks(portals: tuple[Portal, Portal]) -> None:
    with Line(portals[0].url) as line:
        line.wait_for("listening")
        for times in (2, 3):
            assert listeners("count(pg_terminate_backend(pid))") == 1
            line.wait_for("listening", times)
        hints.send(["gw-1"])
        line.wait_for("ask")
        assert line.words == ["away", "listening", "away", "listening", "away", "listening", "ask"]
    until(lambda: listeners() == 1, "one connection is kept, and no more")


def test_what_others_say_on_the_channel_does_nothing(portals: tuple[Portal, Portal]) -> None:
    before = boards.REFUSED._value.get()
    with Line(portals[0].url) as line:
        line.wait_for("listening")
        for garbled in ("", "*", "gw-1; DROP TABLE x", "é" * 3000, "gw-1\ngw-1", "nobody"):
            notify(garbled)
        hints.send(["gw-1"])
        line.wait_for("ask")
        assert line.words == ["away", "listening", "ask"]
        assert boards.REFUSED._value.get() == before + 5


def send_over_another_connection(gateways: Collection[str], send: Send = hints.send) -> None:
    """PostgreSQL takes back what a transaction notified itself: that would hide a hint that does not wait."""

    def work() -> None:
        try:
            send(gateways)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_nothing_is_told_of_what_is_rolled_back(
    portals: tuple[Portal, Portal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "send", send_over_another_connection)
    office = make_office()
    opened = Connection.objects.select_related("gateway").get(pk=office.open().connection.pk)
    assert opened.gateway is not None
    gateway = opened.gateway.name
    with Line(portals[0].url, gateway) as line, Line(portals[0].url, "gw-after") as after:
        line.wait_for("listening")
        after.wait_for("listening")
        with transaction.atomic():
            hints.ring(pk=opened.pk)
            transaction.set_rollback(True)
        hints.send(["gw-after"])
        after.wait_for("ask")  # what comes later was heard: what came before would have been
        assert "ask" not in line.words
        with transaction.atomic():
            hints.ring(pk=opened.pk)
        line.wait_for("ask")


def test_ten_thousand_hints_leave_the_listener_where_it_was(portals: tuple[Portal, Portal]) -> None:
    """What a gateway is told of them, once: `test_board.py`."""
    heard = boards.HEARD._value.get()
    with Line(portals[0].url) as line:
        line.wait_for("listening")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(%s, 'gw-' || n) FROM generate_series(1, 10000) AS n",  # gw-1 is one of them
                [hints.CHANNEL],
            )
        line.wait_for("ask")
        until(lambda: boards.HEARD._value.get() >= heard + 10_000, "every one was heard")
        hints.send(["gw-1"])
        line.wait_for("ask", 2)
        assert line.words.count("ask") == 2
