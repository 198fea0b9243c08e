"""What a wave lends: a kit with a laptop, with a phone, from the catalogue of loans, kept from the wave's day on.

What lacks in stock today may have arrived tomorrow: the worker tries again (`wave_rules.RETRY`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.rules import lineage
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.loans.models import Loan, Offer, Part
from parvis.portal.loans.rules import latest_end
from parvis.portal.loans.services import deciding, requesting
from parvis.portal.parc.models import Asset
from parvis.portal.rollout import wave_rules
from parvis.portal.rollout.models import Campaign, Place, Wave

log = structlog.get_logger("parvis.rollout")
LAPTOP, PHONE = Asset.Kind.LAPTOP, Asset.Kind.PHONE
LOAN_FIELDS = {LAPTOP: "laptop_loan", PHONE: "phone_loan"}
"""Where a place remembers the loan that brings each."""
KEPT = (Loan.State.REQUESTED, Loan.State.APPROVED, Loan.State.PREPARED)
"""Not handed over yet."""
LENT = (Loan.State.APPROVED, Loan.State.PREPARED, Loan.State.OUT)
"""Granted, and not given back: what is only asked for is nobody's yet."""
FAILURE_LENGTH = 200


def lacking() -> Q:
    """The condition on `Place`: something they need is not kept for them."""
    laptop = Q(member__needs_laptop=True, laptop_loan=None)
    return laptop | Q(member__needs_phone=True, phone_loan=None)


def to_lend(now: datetime) -> QuerySet[Place]:
    """The places of live waves for which a loan is to be tried now."""
    due = Q(lend_tried_at=None) | Q(lend_tried_at__lte=now - wave_rules.RETRY)
    live = Q(wave__state__in=(Wave.State.PUBLISHED, Wave.State.RUNNING))
    going_on = Q(wave__campaign__state=Campaign.State.RUNNING, left_at=None, told_at__isnull=False)
    places = Place.objects.filter(lacking() & due & live & going_on)
    return places.select_related("wave__campaign", "member__agent__entity").order_by("wave__starts_at", "pk")


def lend_due(*, now: datetime, most: int = 200) -> int:
    """Keep what waves lend; how many places have all they need now."""
    return sum(lend(place=place, now=now) for place in to_lend(now)[:most])


def lend(*, place: Place, now: datetime) -> bool:
    """Keep a laptop, a phone for somebody of a wave, as they need; whether they have all. Twice is once."""
    try:
        with transaction.atomic():
            # Of two workers, the first to write the instant does it.
            mine = Place.objects.filter(pk=place.pk, left_at=None, lend_tried_at=place.lend_tried_at)
            if not mine.update(lend_tried_at=now, lend_failure=""):
                return False
            _lend(place, now)
    except ParvisError as problem:
        words = _words_of(problem)
    except Exception:
        # The others of the wave have theirs kept all the same.
        log.exception("place_not_lent", place=place.pk)
        words = _("Erreur inattendue\u202f: le détail est dans le journal du portail.")
    else:
        return True
    Place.objects.filter(pk=place.pk).update(lend_tried_at=now, lend_failure=words[:FAILURE_LENGTH])
    return False


def _lend(place: Place, now: datetime) -> None:
    member = place.member
    needs = [kind for kind, wanted in ((LAPTOP, member.needs_laptop), (PHONE, member.needs_phone)) if wanted]
    found: dict[str, Loan] = {}
    for offer, kinds in offers_for(member.agent, needs):
        loan = _live_loan(member.agent, offer) or _book(place, offer, now)
        found |= {LOAN_FIELDS[kind]: loan for kind in kinds}
    Place.objects.filter(pk=place.pk).update(**found)


def offers_for(agent: Agent, needs: Sequence[Asset.Kind]) -> list[tuple[Offer, list[Asset.Kind]]]:
    """The offers that bring all an agent needs, with what each brings: one kit with both rather than two.

    Of several, the one made nearest to their department, then the one with the fewest things besides.

    Raises:
        Conflict: no offer brings it (`no_offer`).
    """
    made = Offer.objects.filter(entity__path__in=lineage(agent.entity.path)).select_related("entity")
    parts = Prefetch("parts", queryset=Part.objects.filter(is_optional=False))
    offers = sorted(made.prefetch_related(parts), key=_nearest)
    chosen: list[tuple[Offer, list[Asset.Kind]]] = []
    left = list(needs)
    while left:
        best = max(offers, key=lambda offer: len(_brings(offer, left)), default=None)
        if best is None or not _brings(best, left):
            names = ", ".join(str(kind.label) for kind in left)
            raise Conflict(
                _("Aucune offre du catalogue des prêts ne contient\u202f: %(names)s.") % {"names": names},
                code="no_offer",
            )
        chosen.append((best, _brings(best, left)))
        left = [kind for kind in left if kind not in _brings(best, left)]
    return chosen


def _nearest(offer: Offer) -> tuple[int, int, int]:
    return -len(offer.entity.path), sum(part.quantity for part in offer.parts.all()), offer.pk


def _brings(offer: Offer, needs: Sequence[Asset.Kind]) -> list[Asset.Kind]:
    kinds = {part.kind for part in offer.parts.all()}
    return [kind for kind in needs if kind in kinds]


def _live_loan(agent: Agent, offer: Offer) -> Loan | None:
    """What they have already, or will have, of this very offer."""
    return Loan.objects.filter(agent=agent, offer=offer, state__in=LENT).order_by("-starts_date").first()


def _book(place: Place, offer: Offer, now: datetime) -> Loan:
    starts = wave_rules.may_be_lent_from(place.wave.starts_at, now, clock.PARIS)
    loan = requesting.request_loan(
        actor=None,
        offer=offer,
        agent=place.member.agent,
        starts=starts,
        ends=latest_end(starts, offer.max_days),
        now=now,
        purpose=_("Télétravail\u202f: %(campaign)s") % {"campaign": place.wave.campaign},
    )
    deciding.approve(actor=None, loan=loan, now=now)
    return loan


def give_up(*, actor: User | None, place: Place, now: datetime) -> int:
    """Let go of what the wave kept for somebody who leaves it for none, and not handed over; how many loans.

    What they, or somebody for them, asked to borrow is theirs: it goes on.
    """
    pks = {pk for pk in (place.laptop_loan_id, place.phone_loan_id) if pk is not None}
    given_up = 0
    kept = Loan.objects.filter(pk__in=pks, state__in=KEPT, requested_by=None)
    for loan in kept.select_related("offer", "agent__entity", "entity"):
        # Decided with the wave, which the actor may run: the agent's loan goes with it.
        requesting.cancel_loan(actor=None, loan=loan, now=now, reason="wave")
        given_up += 1
    Place.objects.filter(pk=place.pk).update(laptop_loan=None, phone_loan=None, lend_tried_at=None, lend_failure="")
    return given_up


def _words_of(problem: ParvisError) -> str:
    """What to show of a refusal: its fields' words where the message only says that there are some."""
    if isinstance(problem, Invalid) and problem.fields:
        return " ".join(str(each) for several in problem.fields.values() for each in several)
    return str(problem.message)
