"""Two clerks, two clicks: a loan is handed over once. Without the guard it is first seen to happen twice."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from parvis.portal.kernel.errors import Conflict
from parvis.portal.loans.models import Item, Loan
from parvis.portal.loans.services import handing_over, returning
from parvis.portal.loans.services.returning import Returned
from parvis.portal.parc.models import Asset, AssetEvent
from tests.integration.loans.counter import SIGNED, granted, handed_over
from tests.integration.loans.loaning import NOW, Lender, make_lender
from tests.integration.loans.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)
CLERKS = 6


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def clerks(lender: Lender) -> list[Any]:
    """Each has the loan's page open: all of them read it before anybody writes."""
    copies = [Loan.objects.select_related("offer", "agent__entity", "entity").get() for _each in range(CLERKS)]

    def act(loan: Loan) -> Any:
        return lambda: handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=NOW)

    return together(*[act(loan) for loan in copies])


def test_without_the_guard_a_loan_is_taken_several_times(lender: Lender) -> None:
    granted(lender)
    gate = threading.Barrier(CLERKS)

    def look_then_write() -> bool:
        loan = Loan.objects.get()
        gate.wait(timeout=30)
        if loan.state != "approved":
            return False
        Loan.objects.filter(pk=loan.pk).update(state="out", out_at=NOW)
        return True

    assert sum(answer is True for answer in together(*[look_then_write] * CLERKS)) > 1


def test_of_many_clerks_one_hands_over(lender: Lender) -> None:
    granted(lender)
    answers = clerks(lender)
    assert sum(isinstance(answer, Loan) for answer in answers) == 1, answers
    losers = [answer for answer in answers if not isinstance(answer, Loan)]
    assert {answer.code for answer in losers if isinstance(answer, Conflict)} == {"handed_over_already"}
    assert len(losers) == CLERKS - 1
    assert AssetEvent.objects.filter(kind="lent").count() == 2


def test_of_many_clerks_one_takes_back(lender: Lender) -> None:
    loan = handed_over(lender)
    item = Item.objects.filter(state="out").order_by("pk")[0]

    def take() -> Any:
        fresh = Loan.objects.select_related("offer", "agent__entity", "entity").get(pk=loan.pk)
        return returning.take_back(actor=lender.technician, loan=fresh, returned=[Returned(item.pk)], now=NOW)

    answers = together(*[take] * CLERKS)
    assert sum(isinstance(answer, list) for answer in answers) == 1, answers
    assert AssetEvent.objects.filter(kind="returned").count() == 1


def test_two_clerks_take_back_the_last_two_things(lender: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have written their own before either looks at what is left: without the hold the loan is never over."""
    loan, both_have_written = handed_over(lender), threading.Barrier(2)
    Asset.objects.update(state="stock")  # on the shelf already: no asset is moved, which would make them wait
    settle = returning.settle

    def wait_then_settle(*args: Any) -> None:
        both_have_written.wait(timeout=20)
        settle(*args)

    if connection.vendor == "postgresql":  # on SQLite those that write follow one another
        monkeypatch.setattr(returning, "settle", wait_then_settle)

    def take(item: Item) -> Any:
        fresh = Loan.objects.select_related("offer", "agent__entity", "entity").get(pk=loan.pk)
        return lambda: returning.take_back(actor=lender.technician, loan=fresh, returned=[Returned(item.pk)], now=NOW)

    answers = together(*[take(item) for item in Item.objects.order_by("pk")])
    assert [isinstance(answer, list) for answer in answers] == [True, True], answers
    assert Loan.objects.get().state == "closed"
