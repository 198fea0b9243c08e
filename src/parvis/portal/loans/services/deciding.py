"""Granting and refusing what was asked for. Granted, assets are kept for the loan's days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, ParvisError
from parvis.portal.loans import permissions, queries, rules
from parvis.portal.loans.events import LoanDecided
from parvis.portal.loans.models import Item, Loan, Offer, Part
from parvis.portal.loans.services import booking
from parvis.portal.loans.services.settling import prepare_anew
from parvis.portal.parc.models import Asset
from parvis.portal.ui import formats

ATTEMPTS = 5
"""Choices made again when another clerk was faster."""
REFUSAL_LENGTH = 300

Chosen = list[tuple[Part | None, Asset]]


@dataclass(slots=True)
class Outcome:
    """What became of many requests: how many were granted, and what kept the others from it."""

    granted: int = 0
    problems: list[tuple[Loan, str]] = field(default_factory=list)


@transaction.atomic
def approve(*, actor: User | None, loan: Loan, now: datetime, assets: Sequence[Asset] | None = None) -> list[Item]:
    """Grant a loan: `assets` are kept for it, and for the parts they leave out the best that is free.

    `actor` None: nobody has to agree. What was asked for in option and is not free is left out.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Conflict: decided already; the agent has become late with another loan since (`loan_overdue`); nothing free
            (`nothing_free`); one of `assets` is not, or is no part of the offer.
    """
    if actor is not None:
        require(permissions.can_decide(actor, loan))
    if loan.ends_date < clock.today(now):
        raise Conflict(_("Les jours demandés sont passés."), code="too_late")
    refuse_if_overdue(loan.agent, clock.today(now))
    move_loan(loan, Loan.State.APPROVED, now=now, decided_at=now, decided_by=actor)
    items = _book(loan, list(assets or ()), now)
    data = {"assets": [item.asset_id for item in items]}
    audit.record(actor=actor, action="loans.loan_approved", target=loan, now=now, data=data)
    _tell(loan, granted=True, actor=actor, now=now)
    return items


def refuse_if_overdue(agent: Agent, today: date) -> None:
    """Who has not given back a loan gets no other.

    Raises:
        Conflict: `loan_overdue`.
    """
    late = queries.overdue_of(agent, today)
    if late is not None:
        raise Conflict(
            _("Le prêt «\u202f%(offer)s\u202f» devait être rendu le %(day)s\u202f: il faut d’abord le rendre.")
            % {"offer": late.offer, "day": formats.day(late.ends_date)},
            code="loan_overdue",
            advice=_("Appelez l’assistance informatique, ou rapportez-le."),  # late, it is not prolonged from here
        )


def approve_many(*, actor: User, loans: Iterable[Loan], now: datetime) -> Outcome:
    """`approve` each by itself: one that cannot be granted does not keep the others from it."""
    outcome = Outcome()
    for loan in loans:
        try:
            approve(actor=actor, loan=loan, now=now)
        except ParvisError as problem:
            outcome.problems.append((loan, str(problem.message)))
        else:
            outcome.granted += 1
    return outcome


@transaction.atomic
def refuse(*, actor: User, loan: Loan, reason: str, now: datetime) -> None:
    """Say no, with the reason the agent reads.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Conflict: decided already.
    """
    require(permissions.can_decide(actor, loan))
    words = " ".join(reason.split())[:REFUSAL_LENGTH]
    move_loan(loan, Loan.State.REFUSED, now=now, decided_at=now, decided_by=actor, refusal=words, closed_at=now)
    audit.record(actor=actor, action="loans.loan_refused", target=loan, now=now)
    _tell(loan, granted=False, actor=actor, now=now)


def grant_if_free(*, loan: Loan, now: datetime) -> bool:
    """Grant a loan to which nobody has to agree, if it can be; else it goes on waiting. Whether it was granted."""
    try:
        with transaction.atomic():
            approve(actor=None, loan=loan, now=now)
    except Conflict:
        loan.refresh_from_db()
        return False
    return True


def grant_waiting(*, now: datetime) -> int:
    """Grant what waits only because nothing was free, oldest request first; how many."""
    waiting = Loan.objects.filter(
        state=Loan.State.REQUESTED, offer__approval=Offer.Approval.NONE, ends_date__gte=clock.today(now)
    )
    loans = waiting.select_related("offer__entity", "agent__entity", "entity").order_by("requested_at", "pk")
    return sum(grant_if_free(loan=loan, now=now) for loan in loans)


def move_loan(loan: Loan, to: Loan.State, *, now: datetime, **facts: Any) -> None:
    """Take a loan to another state, if the table of moves lets it: of two who do so at once, one does.

    Raises:
        Conflict: `loan_moved`.
    """
    here = Loan.objects.filter(pk=loan.pk, state=loan.state, state__in=rules.loan_sources_of(to))
    if not here.update(state=to, **facts):
        raise Conflict(
            _("Ce prêt a changé entre-temps."), code="loan_moved", advice=_("Rechargez la page pour voir où il en est.")
        )
    loan.state = to
    for name, value in facts.items():
        setattr(loan, name, value)


@transaction.atomic
def replace_assets(*, actor: User | None, asset: Asset, now: datetime) -> int:
    """An asset that was kept for loans cannot be lent any more: keep others in its place where one is free.

    Returns how many loans still lack one; their pages say so.
    """
    left = 0
    kept = Item.objects.filter(asset=asset, state=Item.State.RESERVED, ends_date__gte=clock.today(now))
    for item in kept.select_related("loan__agent__entity", "loan__offer__entity", "part__offer__entity", "asset"):
        if not _replace(actor, item, now):
            left += 1
    return left


def _replace(actor: User | None, item: Item, now: datetime) -> bool:
    if item.part is None:
        return False
    days = (item.starts_date, item.ends_date)
    free = booking.free_assets(item.part, *days, today=clock.today(now), agent=item.loan.agent)
    for other in free[:ATTEMPTS]:
        try:
            with transaction.atomic():
                new = booking.swap(item=item, asset=other, now=now)
        except Conflict:
            continue
        prepare_anew(item.loan)
        data = {"before": item.asset_id, "after": new.asset_id}
        audit.record(actor=actor, action="loans.asset_replaced", target=item.loan, now=now, data=data)
        return True
    return False


@transaction.atomic
def swap_item(*, actor: User, item: Item, asset: Asset, now: datetime) -> Item:
    """The technician chooses another asset than the one that is kept.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: see `booking.swap`; or the asset cannot serve as this part (`not_this_part`).
    """
    require(permissions.can_manage(actor, item.loan.entity))
    part = item.part
    if part is not None and not booking.assets_for(part).filter(pk=asset.pk).exists():
        raise Conflict(_("Ce matériel ne convient pas\u202f: il faut «\u202f%(part)s\u202f».") % {"part": part},
                       code="not_this_part")  # fmt: skip
    new = booking.swap(item=item, asset=asset, now=now)
    prepare_anew(item.loan)
    data = {"before": item.asset_id, "after": new.asset_id}
    audit.record(actor=actor, action="loans.asset_replaced", target=item.loan, now=now, data=data)
    return new


def _book(loan: Loan, wanted: list[Asset], now: datetime) -> list[Item]:
    """Choose and keep. Another clerk may take what was chosen a moment before: then the choice is made again."""
    problem: Conflict | None = None
    for _attempt in range(ATTEMPTS):
        chosen = _choose(loan, wanted, now)
        try:
            return booking.reserve_all(loan=loan, chosen=chosen, now=now)
        except Conflict as taken:
            if any(asset in wanted for _part, asset in chosen) and taken.code != booking.TAKEN:
                raise
            problem = taken
    raise problem or Conflict()


def _choose(loan: Loan, wanted: Sequence[Asset], now: datetime) -> Chosen:
    """The assets for each part of the loan: those that are wanted, then the best of the free ones."""
    options = set(loan.options.values_list("pk", flat=True))
    parts = [part for part in loan.offer.parts.all() if not part.is_optional or part.pk in options]
    left = list(wanted)
    _require_of_lender(loan, left)
    chosen: Chosen = []
    for part in parts:
        mine = [asset for asset in left if fits(part, asset)][: part.quantity]
        left = [asset for asset in left if asset not in mine]
        mine += _best(loan, part, part.quantity - len(mine), {asset.pk for _part, asset in chosen} | _pks(wanted), now)
        if len(mine) < part.quantity and not part.is_optional:
            raise Conflict(
                _("Plus rien de libre sur ces jours\u202f: %(parts)s.") % {"parts": part.label},
                code="nothing_free",
                advice=_("Proposez d’autres dates, ou attendez qu’un matériel revienne."),
            )
        chosen += [(part, asset) for asset in mine]
    for asset in left:  # what the offer has in option, though it was not asked for
        serves = next((each for each in loan.offer.parts.all() if fits(each, asset)), None)
        if serves is None:
            raise Conflict(_("%(asset)s n’entre pas dans ce prêt.") % {"asset": asset}, code="not_this_part")
        chosen.append((serves, asset))
    return chosen


def _require_of_lender(loan: Loan, wanted: Iterable[Asset]) -> None:
    """Who sees the stock of two authorities does not lend the one's for the other."""
    for asset in wanted:
        if not covers(loan.offer.entity.path, asset.entity.path):
            raise Conflict(_("%(asset)s n’entre pas dans ce prêt.") % {"asset": asset}, code="not_this_part")


def _pks(assets: Iterable[Asset]) -> set[int]:
    return {asset.pk for asset in assets}


def _best(loan: Loan, part: Part, count: int, but: set[int], now: datetime) -> list[Asset]:
    if count <= 0:
        return []
    free = booking.free_assets(part, loan.starts_date, loan.ends_date, today=clock.today(now), agent=loan.agent)
    return list(free.exclude(pk__in=but)[:count])


def fits(part: Part, asset: Asset) -> bool:
    """Whether an asset is of the kind, and the model if one is named, of a part."""
    return asset.kind == part.kind and part.model_id in (None, asset.model_id)


def _tell(loan: Loan, *, granted: bool, actor: User | None, now: datetime) -> None:
    actor_id = actor.pk if actor is not None else None
    events.publish(LoanDecided(loan_id=loan.pk, granted=granted, actor_id=actor_id, at=now))
