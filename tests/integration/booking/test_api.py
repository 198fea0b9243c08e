"""The REST API of pools and bookings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.portal.booking.models import Booking, Refusal
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from tests.integration.authority import make_entity, make_member
from tests.integration.booking.hall import Hall, make_hall
from tests.integration.signing_in import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle() -> None:
    cache.clear()


@pytest.fixture
def hall() -> Hall:
    return make_hall(1)


def times(days: int = 2) -> dict[str, str]:
    starts = (clock.now() + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
    return {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()}


def post(program: Client, path: str, body: dict[str, object] | None = None) -> object:
    return program.post(path, body or {}, content_type="application/json")


def test_book_see_move_and_give_up(hall: Hall) -> None:
    program = program_of(hall.user)
    (pool,) = program.get("/api/v1/booking-pools").json()["items"]
    assert (pool["id"], pool["kind"]) == (hall.pool.pk, "phone_room")
    free = program.get(f"/api/v1/booking-pools/{hall.pool.pk}/free", times())
    assert (free.json()["free"], free.json()["total"]) == (1, 1)
    made = post(program, "/api/v1/bookings", {"pool_id": hall.pool.pk, "title": "Point", **times()})
    assert made.status_code == 201, made.content  # type: ignore[attr-defined]
    key = made.json()["id"]  # type: ignore[attr-defined]
    assert program.get("/api/v1/bookings", {"state": "booked"}).json()["items"][0]["id"] == key
    moved = post(program, f"/api/v1/bookings/{key}/move", dict(times(3)))
    assert moved.json()["starts_at"] != made.json()["starts_at"]  # type: ignore[attr-defined]
    gone = post(program, f"/api/v1/bookings/{key}/cancel")
    assert gone.json()["state"] == "cancelled"  # type: ignore[attr-defined]
    assert Booking.objects.get().state == "cancelled"


def test_full_is_a_conflict_that_says_when_and_is_counted(hall: Hall) -> None:
    program = program_of(hall.user)
    body: dict[str, object] = {"pool_id": hall.pool.pk, "title": "Point", **times()}
    post(program, "/api/v1/bookings", body)
    full = post(program, "/api/v1/bookings", body)
    assert (full.status_code, full.json()["code"]) == (409, "pool_full")  # type: ignore[attr-defined]
    assert full.json()["advice"]  # type: ignore[attr-defined]
    assert Refusal.objects.count() == 1
    waits = post(program, "/api/v1/bookings", {**body, "waits": True})
    assert waits.json()["state"] == "waiting"  # type: ignore[attr-defined]


def test_times_that_cannot_be_are_refused_in_words(hall: Hall) -> None:
    program = program_of(hall.user)
    past = post(program, "/api/v1/bookings", {"pool_id": hall.pool.pk, "title": "Point", **times(-3)})
    assert past.status_code == 422  # type: ignore[attr-defined]
    assert "starts_at" in past.json()["fields"]  # type: ignore[attr-defined]


def test_what_is_foreign_does_not_exist(hall: Hall) -> None:
    foreign = program_of(make_member(make_entity(), Role.HEAD_OF_IT))
    assert foreign.get("/api/v1/booking-pools").json()["items"] == []
    assert foreign.get(f"/api/v1/booking-pools/{hall.pool.pk}/free", times()).status_code == 404
    booked = post(foreign, "/api/v1/bookings", {"pool_id": hall.pool.pk, "title": "Point", **times()})
    assert booked.status_code == 404  # type: ignore[attr-defined]
