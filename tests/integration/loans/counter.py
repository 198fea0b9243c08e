"""What the tests of hand-over and return share: a loan granted and kept, and somebody who signs."""

from __future__ import annotations

from datetime import datetime

from parvis.portal.loans.models import Checklist, Loan
from parvis.portal.loans.receipts import Signature
from parvis.portal.loans.services import booking, handing_over
from tests.integration.loans.loaning import NOW, Lender
from tests.unit.loans.test_photos import drawn

__all__ = ["NOW", "SIGNED", "drawn", "granted", "handed_over", "with_steps"]

SIGNED = Signature("Zoé Œuvrard")


def granted(lender: Lender, starts: int = 0, ends: int = 5, *, rank: int = 0) -> Loan:
    """Granted: a laptop and a bag are kept for it."""
    loan = lender.loan(starts, ends, state="approved")
    for part, things in ((lender.laptop_part, lender.laptops), (lender.bag_part, lender.bags)):
        booking.reserve(loan=loan, part=part, asset=things[rank], starts=loan.starts_date, ends=loan.ends_date, now=NOW)
    return loan


def handed_over(lender: Lender, starts: int = 0, ends: int = 5, *, rank: int = 0, now: datetime = NOW) -> Loan:
    loan = granted(lender, starts, ends, rank=rank)
    return handing_over.hand_over(actor=lender.technician, loan=loan, signature=SIGNED, now=now)


def with_steps(lender: Lender) -> Lender:
    """The offer's steps: two before, two after."""
    for phase, titles in (("prepare", ("Charger la batterie", "Essayer le VPN")), ("return", ("Effacer", "Nettoyer"))):
        for rank, title in enumerate(titles):
            Checklist.objects.create(offer=lender.offer, phase=phase, title=title, rank=rank)
    return lender
