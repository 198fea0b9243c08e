from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from parvis.portal.kernel import claims
from parvis.portal.kernel.models import Claim

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)


@pytest.mark.django_db
def test_one_has_it_until_its_time_is_over() -> None:
    assert claims.take("a", seconds=60, now=NOW)
    assert not claims.take("a", seconds=60, now=NOW + timedelta(seconds=59))
    assert claims.take("b", seconds=60, now=NOW)
    assert claims.take("a", seconds=60, now=LATER)
    assert claims.give_up("a")
    assert not claims.give_up("a")
    assert claims.take("a", seconds=60, now=LATER)


@pytest.mark.django_db
def test_a_clock_that_was_ahead_holds_nobody_up() -> None:
    assert claims.take("a", seconds=60, now=NOW + timedelta(hours=2))
    assert claims.take("a", seconds=60, now=NOW)


@pytest.mark.django_db
def test_what_nobody_holds_any_more_is_forgotten() -> None:
    claims.take("a", seconds=60, now=NOW)
    claims.take("b", seconds=9000, now=NOW)
    assert claims.forget(LATER) == 1
    assert list(Claim.objects.values_list("name", flat=True)) == ["b"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("taken_before", [False, True])
def test_of_many_at_once_one_gets_it(taken_before: bool) -> None:
    if taken_before:
        claims.take("a", seconds=60, now=NOW)
    gate, won = threading.Barrier(8), []

    def run() -> None:
        try:
            gate.wait()
            won.append(claims.take("a", seconds=60, now=LATER))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(won) == [False] * 7 + [True]
