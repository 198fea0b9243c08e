"""The demo's pools: sound, the same each time, and telling."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.booking import demo
from parvis.portal.booking.models import Booking, Pool, Refusal, Resource
from parvis.portal.directory.demo import AUTHORITY
from tests.integration.authority import make_agent, make_entity, make_site

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)


@pytest.fixture
def built() -> int:
    root = make_entity(AUTHORITY)
    make_site(root)
    make_site(root)
    for name in ("claire.legoff", "nadia.benali", "un.autre"):
        make_agent(root, name, account=True)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert demo.build(NOW)
    return len(queries)


def test_twenty_telephone_rooms_and_the_others(built: int) -> None:
    assert Resource.objects.filter(pool__kind=Pool.Kind.PHONE_ROOM).count() == 20
    assert Resource.objects.filter(pool__kind=Pool.Kind.HOST).count() == 3
    assert Resource.objects.filter(pool__kind=Pool.Kind.ROOM).values("site").distinct().count() == 2
    assert built < 120
    assert not demo.build(NOW)
    assert User.objects.count() == 3


def test_nothing_overlaps(built: int) -> None:
    held: dict[int, list[Booking]] = defaultdict(list)
    for booking in Booking.objects.exclude(resource=None).order_by("starts_at"):
        held[booking.resource_id or 0].append(booking)
    for bookings in held.values():
        for before, after in itertools.pairwise(bookings):
            assert before.free_at <= after.starts_at


def test_refusals_in_the_first_pool_and_waiting_somewhere(built: int) -> None:
    first, second = Pool.objects.filter(kind=Pool.Kind.PHONE_ROOM).order_by("pk")
    assert Refusal.objects.filter(pool=first).count() > Refusal.objects.filter(pool=second).count()
    states = set(Booking.objects.values_list("state", flat=True))
    assert {"booked", "done", "released", "in_use"} <= states
