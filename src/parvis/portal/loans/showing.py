"""What the agent's pages show: where a loan is and what comes next, an offer and when it is free, a month of days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from parvis.portal.loans import availability, overdue, rules
from parvis.portal.loans.availability import Availability
from parvis.portal.loans.models import Loan, Offer
from parvis.portal.ui import formats

USUAL_DAYS = 5
"""How long a loan is when nothing was chosen yet: a working week."""
WEEKS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a loan, for a line of progress."""

    label: str
    done: bool
    current: bool


PATH = (Loan.State.REQUESTED, Loan.State.APPROVED, Loan.State.PREPARED, Loan.State.OUT, Loan.State.CLOSED)


def steps(loan: Loan) -> list[Step]:
    """Requested, granted, ready, lent, given back: how far it is. Nothing for one that did not take place."""
    labels = [_("Demandé"), _("Accordé"), _("Prêt à remettre"), _("En cours"), _("Rendu")]
    if loan.state in (Loan.State.REFUSED, Loan.State.CANCELLED):
        return []
    state = Loan.State.CLOSED if loan.state == Loan.State.BACK else Loan.State(loan.state)
    at = PATH.index(state)
    return [Step(label, rank < at, rank == at) for rank, label in enumerate(labels)]


def next_words(loan: Loan, today: date) -> str:
    """What happens next, and who does it, for the agent."""
    late = overdue.days_late(loan, today)
    if late:
        return _("À rendre sans attendre à l’assistance informatique\u202f: c’était pour le %(day)s.") % {
            "day": formats.day(loan.ends_date)
        }
    waiting = {
        Offer.Approval.HEAD: _("Votre responsable de service doit donner son accord."),
        Offer.Approval.IT: _("L’équipe informatique doit donner son accord."),
        Offer.Approval.NONE: _("Accordé dès qu’un matériel se libère."),
    }
    words = {
        Loan.State.REQUESTED: waiting[Offer.Approval(loan.offer.approval)],
        Loan.State.APPROVED: _("L’équipe informatique le prépare pour le %(day)s."),
        Loan.State.PREPARED: _("À retirer à l’assistance informatique à partir du %(day)s."),
        Loan.State.OUT: _("À rendre au plus tard le %(end)s."),
        Loan.State.BACK: _("Rendu, merci."),
        Loan.State.CLOSED: _("Rendu, merci."),
        Loan.State.REFUSED: loan.refusal or _("Parlez-en avec votre responsable ou avec l’assistance informatique."),
        Loan.State.CANCELLED: _("Annulé."),
    }
    text = words[Loan.State(loan.state)]
    if loan.state == Loan.State.REFUSED:
        return text
    return text % {"day": formats.day(loan.starts_date), "end": formats.day(loan.ends_date)}


@dataclass(frozen=True, slots=True)
class OfferCard:
    """An offer in the catalogue: what is in it, and the first day it can be had."""

    offer: Offer
    required: Sequence[str]
    optional: Sequence[str]
    first: date | None
    """The first day that begins a usual loan; None: none in the year."""
    now: bool
    """Whether that is as soon as it can be prepared."""


def cards(offers: Iterable[Offer], today: date) -> list[OfferCard]:
    """A card an offer. Three queries, whatever their number."""
    offers = list(offers)
    found = availability.of_offers(offers, today)
    return [_card(found[offer.pk], today) for offer in offers]


def _card(found: Availability, today: date) -> OfferCard:
    offer = found.offer
    soonest = rules.earliest(today, offer.notice_days)
    first = found.first_free(soonest, min(USUAL_DAYS, offer.max_days))
    names = [(_named(stock.part.label, stock.part.quantity), stock.part.is_optional) for stock in found.stocks]
    return OfferCard(
        offer,
        [name for name, optional in names if not optional],
        [name for name, optional in names if optional],
        first,
        first == soonest,
    )


def _named(label: str, quantity: int) -> str:
    return f"{label} × {quantity}" if quantity > 1 else label


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the request form's calendar."""

    date: date
    free: int
    """Whole kits free on that day."""
    open: bool
    """Whether it may be asked for: not past, not too soon."""


def weeks(found: Availability, first: date, today: date) -> list[list[Day]]:
    """Six weeks of days, from the Monday of `first`."""
    soonest = rules.earliest(today, found.offer.notice_days)
    monday = max(first, today) - timedelta(days=max(first, today).weekday())
    days = [monday + timedelta(days=at) for at in range(WEEKS_SHOWN * 7)]
    shown = [Day(day, found.kits(day, day) if day >= today else 0, day >= soonest) for day in days]
    return [shown[at : at + 7] for at in range(0, len(shown), 7)]
