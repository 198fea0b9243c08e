"""Two clerks at once. The double loan is first made without the guard, then refused with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection, transaction

from parvis.portal.kernel.errors import Conflict
from parvis.portal.loans.models import Item, Loan, PoolAsset
from parvis.portal.loans.services import booking, deciding
from parvis.portal.parc.models import Asset
from tests.integration.loans.loaning import NOW, TODAY, Lender, day, make_lender

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def overlapping() -> int:
    """Pairs of bookings of one asset that share a day."""
    held = list(Item.objects.filter(state__in=("reserved", "out")))
    return sum(
        one.asset_id == other.asset_id and one.starts_date <= other.ends_date and other.starts_date <= one.ends_date
        for at, one in enumerate(held)
        for other in held[:at]
    )


def test_without_the_guard_two_clerks_lend_one_laptop_twice(lender: Lender) -> None:
    """What a clerk's program would do alone: look whether it is free, then write. Both look before either writes."""
    laptop, both_have_looked = lender.laptops[0], threading.Barrier(2)
    loans = [lender.loan(1, 5, offer=lender.offer), lender.loan(2, 6)]

    def look_then_write(loan: Loan) -> None:
        held = booking.holding(loan.starts_date, loan.ends_date, TODAY)
        assert not Item.objects.filter(held, asset=laptop).exists()
        both_have_looked.wait(timeout=20)
        Item.objects.create(loan=loan, asset=laptop, starts_date=loan.starts_date, ends_date=loan.ends_date)

    assert together(*(lambda each=loan: look_then_write(each) for loan in loans)) == [None, None]
    assert overlapping() == 1


def test_a_transaction_alone_is_no_guard(lender: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very code of `reserve`, in transactions, without the turn: still twice, where transactions run together."""
    monkeypatch.setattr(booking, "_take_turn", lambda asset: None)
    if connection.vendor == "sqlite":  # those that write follow one another: nobody can look before the other wrote
        answers = together(*(_reserve(lender, lender.laptops[0], start) for start in (1, 2)))
        assert [each.code for each in answers if isinstance(each, Conflict)] == ["asset_taken"]
        assert overlapping() == 0
        return
    both_have_looked, look = threading.Barrier(2), booking._require_free

    def look_and_wait(*args: object, **kwargs: object) -> None:
        look(*args, **kwargs)  # type: ignore[arg-type]
        both_have_looked.wait(timeout=20)

    monkeypatch.setattr(booking, "_require_free", look_and_wait)
    answers = together(*(_reserve(lender, lender.laptops[0], start) for start in (1, 2)))
    assert not [each for each in answers if isinstance(each, Exception)]
    assert overlapping() == 1


def test_with_the_guard_one_of_the_clerks_is_refused(lender: Lender) -> None:
    answers = together(*(_reserve(lender, lender.laptops[0], start) for start in (1, 2, 3, 4)))
    refused = [each for each in answers if isinstance(each, Conflict)]
    assert [each.code for each in refused] == ["asset_taken"] * 3
    assert not [each for each in answers if isinstance(each, Exception) and not isinstance(each, Conflict)]
    assert overlapping() == 0
    assert Item.objects.count() == 1


def test_clerks_who_book_other_days_do_not_hinder_each_other(lender: Lender) -> None:
    answers = together(*(_reserve(lender, lender.laptops[0], start) for start in (1, 10, 20)))
    assert all(isinstance(each, Item) for each in answers), answers
    assert PoolAsset.objects.get(asset=lender.laptops[0]).turn == 3


def test_two_requests_granted_at_once_get_two_kits_and_the_third_none(lender: Lender) -> None:
    """The choice is made again when another clerk was faster."""
    loans = [lender.loan(1, 5), lender.loan(2, 5), lender.loan(3, 5)]

    def grant(loan: Loan) -> Callable[[], object]:
        return lambda: deciding.approve(actor=lender.head, loan=loan, now=NOW)

    answers = together(*(grant(loan) for loan in loans))
    refused = [each for each in answers if isinstance(each, Exception)]
    assert [getattr(each, "code", each) for each in refused] == ["nothing_free"]
    assert overlapping() == 0
    assert sorted(Loan.objects.values_list("state", flat=True)) == ["approved", "approved", "requested"]
    assert Item.objects.count() == 4


def test_one_request_is_granted_once(lender: Lender) -> None:
    pk = lender.loan(1, 5).pk

    def grant() -> object:
        return deciding.approve(actor=lender.head, loan=Loan.objects.get(pk=pk), now=NOW)

    answers = together(grant, grant, grant)
    assert sum(isinstance(each, Conflict) for each in answers) == 2
    assert Item.objects.count() == 2


def test_an_extension_and_a_booking_at_once(lender: Lender) -> None:
    """One of them gets the days between."""
    out = lender.out(lender.laptops[0], 0, 2)
    item = out.items.get()

    def extend() -> None:
        booking.extend(item=item, ends=day(6), now=NOW)

    answers = together(extend, _reserve(lender, lender.laptops[0], 5))
    assert sum(isinstance(each, Conflict) for each in answers) == 1
    assert overlapping() == 0


def _reserve(lender: Lender, asset: Asset, start: int) -> Callable[[], object]:
    loan = lender.loan(start, start + 5)

    def act() -> Item:
        with transaction.atomic():
            return booking.reserve(
                loan=loan, part=lender.laptop_part, asset=asset, starts=loan.starts_date,
                ends=loan.starts_date + timedelta(days=5), now=NOW,
            )  # fmt: skip

    return act
