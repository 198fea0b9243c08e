"""Bookings that repeat."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from parvis.portal.booking.errors import Full
from parvis.portal.booking.models import Booking, Series
from parvis.portal.booking.services import series
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.errors import Invalid, NotAllowed
from tests.integration.booking.hall import NOW, Hall, at, make_hall, overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall(1)


def walls(bookings: list[Booking]) -> list[str]:
    return [f"{each.starts_at.astimezone(PARIS):%d/%m %H:%M}" for each in bookings]


def test_every_week_but_one_and_across_the_change_of_clocks(hall: Hall) -> None:
    first = datetime(2027, 3, 15, 9, tzinfo=PARIS)
    wanted = hall.wanted()
    wanted = type(wanted)(
        pool=hall.pool, starts_at=first, ends_at=first + timedelta(hours=1), holder=hall.agent, title="Point"
    )
    found = series.book_series(
        actor=hall.user, wanted=wanted, rule="FREQ=WEEKLY;COUNT=4", now=NOW, skip=frozenset({date(2027, 3, 22)})
    )
    assert walls(found.bookings) == ["15/03 09:00", "29/03 09:00", "05/04 09:00"]
    assert {each.series_id for each in found.bookings} == {found.series.pk}
    assert {each.ends_at - each.starts_at for each in found.bookings} == {timedelta(hours=1)}


def test_through_the_night_itself(hall: Hall) -> None:
    """A watch from half past one to half past four, on the night of 28 March 2027: three hours, by any clock."""
    first = datetime(2027, 3, 27, 1, 30, tzinfo=PARIS)
    wanted = type(hall.wanted())(
        pool=hall.pool, starts_at=first, ends_at=first + timedelta(hours=3), holder=hall.agent, title="Veille"
    )
    found = series.book_series(actor=hall.user, wanted=wanted, rule="FREQ=DAILY;COUNT=3", now=NOW)
    assert walls(found.bookings) == ["27/03 01:30", "28/03 01:30", "29/03 01:30"]
    assert walls(found.bookings[:1]) == ["27/03 01:30"]
    assert f"{found.bookings[1].ends_at.astimezone(PARIS):%H:%M}" == "05:30"
    assert found.bookings[1].ends_at - found.bookings[1].starts_at == timedelta(hours=3)


def test_dates_that_are_taken_are_said_the_others_kept(hall: Hall) -> None:
    hall.book(10, 11, day=4)
    found = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=3", now=NOW)
    assert len(found.bookings) == 2
    refused = found.refused[0]
    assert (refused.date, refused.starts_at, refused.next_free_at) == (date(2026, 11, 27), at(10, 4), at(11, 4))
    waiting = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=2", now=NOW, wait=True)
    assert [each.state for each in waiting.bookings] == ["waiting", "waiting"]


def test_nothing_is_kept_where_no_date_can_be_had_or_the_rule_is_none(hall: Hall) -> None:
    hall.book()
    with pytest.raises(Full):
        series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=1", now=NOW)
    for rule, skip, code in (
        ("chaque lundi", frozenset(), "unreadable"),
        ("FREQ=DAILY;COUNT=201", frozenset(), "too_many"),
        ("FREQ=DAILY;COUNT=1", frozenset({date(2026, 11, 26)}), "no_date"),
    ):
        with pytest.raises(Invalid) as refused:
            series.book_series(actor=hall.user, wanted=hall.wanted(), rule=rule, now=NOW, skip=skip)
        assert refused.value.code == code
    assert not Series.objects.exists()
    assert Booking.objects.count() == 1


def test_no_further_than_one_may_book(hall: Hall) -> None:
    hall.set_pool(horizon_days=30)
    found = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=WEEKLY", now=NOW)
    assert len(found.bookings) == 4


def test_the_rest_of_a_series_is_given_up(hall: Hall) -> None:
    found = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=4", now=NOW)
    with pytest.raises(NotAllowed):
        series.cancel_from(actor=hall.colleague, series=found.series, from_at=at(0, 5), now=NOW)
    assert series.cancel_from(actor=hall.user, series=found.series, from_at=at(0, 5), now=NOW) == 2
    states = Booking.objects.order_by("starts_at").values_list("state", flat=True)
    assert list(states) == ["booked", "booked", "cancelled", "cancelled"]


@pytest.mark.parametrize(("hours", "days"), [(4, 0), (-2, 0), (0, 1), (0, -1)])
def test_the_rest_of_a_series_moves_alike(hall: Hall, hours: int, days: int) -> None:
    """Also by a day, where each would stand in the next one's way."""
    found = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=4", now=NOW)
    second = found.bookings[1]
    shift = timedelta(hours=hours, days=days)
    if days < 0:
        found.bookings[0].delete()
    answer = series.move_from(
        actor=hall.user, booking=second, starts_at=second.starts_at + shift, ends_at=second.ends_at + shift, now=NOW
    )
    assert [each.starts_at for each in answer.moved] == [at(10, day) + shift for day in (4, 5, 6)]
    assert not answer.refused
    assert overlapping() == 0


def test_what_cannot_move_stays_as_it_was(hall: Hall) -> None:
    found = series.book_series(actor=hall.user, wanted=hall.wanted(), rule="FREQ=DAILY;COUNT=3", now=NOW)
    hall.book(14, 15, day=4)
    first = found.bookings[0]
    answer = series.move_from(actor=hall.user, booking=first, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    assert [each.starts_at for each in answer.moved] == [at(14, 3), at(14, 5)]
    assert [each.date for each in answer.refused] == [date(2026, 11, 27)]
    assert Booking.objects.filter(series=found.series, starts_at=at(10, 4)).exists()
