"""What the tests of hand-over and return share: a loan granted and kept, and somebody who signs."""

from __future__ import annotations

from datetime import datetime

import pytest

from parvis.portal.kernel import clock
from parvis.portal.loans.models import Checklist, Loan
from parvis.portal.loans.receipts import Signature
from parvis.portal.loans.services import booking, handing_over
from tests.integration.loans import loaning
from tests.integration.loans.loaning import Lender
from tests.unit.loans.test_photos import drawn

__all__ = ["SIGNED", "drawn", "granted", "handed_over", "real_days", "with_steps"]

SIGNED = Signature("Zoé Œuvrard")


def granted(lender: Lender, starts: int = 0, ends: int = 5, *, rank: int = 0) -> Loan:
    """Granted: a laptop and a bag are kept for it."""
    loan = lender.loan(starts, ends, state="approved")
    for part, things in ((lender.laptop_part, lender.laptops), (lender.bag_part, lender.bags)):
        booking.reserve(
            loan=loan, part=part, asset=things[rank], starts=loan.starts_date, ends=loan.ends_date, now=loaning.NOW
        )
    return loan


def handed_over(lender: Lender, starts: int = 0, ends: int = 5, *, rank: int = 0, now: datetime | None = None) -> Loan:
    loan = granted(lender, starts, ends, rank=rank)
    return handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=now or loaning.NOW)


def with_steps(lender: Lender) -> Lender:
    """The offer's steps: two before, two after."""
    for phase, titles in (("prepare", ("Charger la batterie", "Essayer le VPN")), ("return", ("Effacer", "Nettoyer"))):
        for rank, title in enumerate(titles):
            Checklist.objects.create(offer=lender.offer, phase=phase, title=title, rank=rank)
    return lender


@pytest.fixture
def real_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages read the clock: `day(0)` is the machine's today."""
    now = clock.now()
    monkeypatch.setattr(loaning, "NOW", now)
    monkeypatch.setattr(loaning, "TODAY", clock.today(now))
