"""Which asset is kept for whom on which days. Two clerks never get the same asset for the same day.

The guard: whoever books an asset first writes its `PoolAsset.turn`, which holds that row until their transaction
ends, and looks for other bookings only then. A second clerk waits there, and sees what the first has written. (On
SQLite transactions that write follow one another anyway; PostgreSQL reads at READ COMMITTED, where each statement
sees what is committed when it begins.)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from parvis.portal.directory.models import Agent
from parvis.portal.directory.rules import lineage
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans.models import Item, Loan, Offer, Part, PoolAsset
from parvis.portal.parc.models import Asset, Assignment

TAKEN = "asset_taken"
NEVER_ITSELF = -1


def holding(starts: date, ends: date, today: date) -> Q:
    """The condition on `Item`: it keeps its asset from others on one of these days (both included).

    What is out and should be back already is kept until it is back, whatever the day: nobody knows when that is.
    """
    reserved = Q(state=Item.State.RESERVED, starts_date__lte=ends, ends_date__gte=starts)
    out = Q(state=Item.State.OUT) & (Q(ends_date__gte=starts) | Q(ends_date__lt=today))
    return reserved | out


def usable() -> Q:
    """The condition on `Asset`: it is in the pool and in stock, or away on a loan from which it will come back."""
    out = Item.objects.filter(asset=OuterRef("pk"), state=Item.State.OUT)
    return Q(pool__isnull=False) & (Q(state=Asset.State.STOCK) | Q(Exists(out), state=Asset.State.DEPLOYED))


def pool_of(offer: Offer) -> QuerySet[Asset]:
    """The usable assets of the entity that lends, and of all below it."""
    return Asset.objects.filter(usable(), entity__path__startswith=offer.entity.path)


def assets_for(part: Part) -> QuerySet[Asset]:
    """The usable assets that may serve as this part, free or not."""
    assets = pool_of(part.offer).filter(kind=part.kind)
    return assets.filter(model_id=part.model_id) if part.model_id is not None else assets


def free_assets(
    part: Part, starts: date, ends: date, *, today: date | None = None, agent: Agent | None = None
) -> QuerySet[Asset]:
    """The assets free for the part from `starts` to `ends`, the best first.

    Best: ready, on a site where the agent works, of the agent's department or near it, lent least often. What waits
    to be put back in order may be booked for later, not for today. `today`: Paris's day if not given.
    """
    today = today or clock.today()
    held = Item.objects.filter(holding(starts, ends, today), asset=OuterRef("pk"))
    free = assets_for(part).filter(~Exists(held))
    if starts <= today:
        free = free.filter(pool__needs_wipe=False)
    return _best_first(free, agent)


def _best_first(assets: QuerySet[Asset], agent: Agent | None) -> QuerySet[Asset]:
    lent = Item.objects.filter(asset=OuterRef("pk"), out_at__isnull=False).order_by()
    times = Subquery(lent.values("asset").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    site: Case | Value = Value(0)
    near: Case | Value = Value(0)
    if agent is not None:
        mine = Assignment.objects.filter(agent=agent, asset__site__isnull=False)
        site = _rank(When(site__in=list(mine.values_list("asset__site_id", flat=True).distinct()[:20]), then=Value(0)))
        near = _rank(When(entity__path__in=lineage(agent.entity.path)[1:], then=Value(0)))
    return (
        assets.annotate(times_lent=Coalesce(times, 0), _site=site, _near=near)
        .select_related("entity", "site", "model", "pool")
        .order_by("pool__needs_wipe", "_site", "_near", "times_lent", "pk")
    )


def _rank(first: When) -> Case:
    return Case(first, default=Value(1), output_field=IntegerField())


@transaction.atomic
def reserve(*, loan: Loan, part: Part | None, asset: Asset, starts: date, ends: date, now: datetime) -> Item:
    """Keep an asset for a loan, on these days. Whoever calls has decided that the loan is granted.

    Raises:
        Conflict: not in the pool or not usable (`not_lendable`), or taken on one of these days (`asset_taken`).
        Invalid: the last day is before the first.
    """
    _check_days(starts, ends)
    _take_turn(asset)
    if not Asset.objects.filter(usable(), pk=asset.pk).exists():
        raise Conflict(
            _("%(asset)s ne peut pas être prêté\u202f: il n’est pas en stock, ou n’est plus dans le prêt.")
            % {"asset": asset},
            code="not_lendable",
        )
    _require_free(asset, starts, ends, clock.today(now))
    item, _made = Item.objects.update_or_create(
        loan=loan,
        asset=asset,
        defaults={"part": part, "starts_date": starts, "ends_date": ends, "state": Item.State.RESERVED},
    )
    return item


@transaction.atomic
def reserve_all(*, loan: Loan, chosen: Iterable[tuple[Part | None, Asset]], now: datetime) -> list[Item]:
    """`reserve` for all the loan's assets, or none; in one order, so that two clerks never wait in a ring.

    Raises:
        Conflict: see `reserve`; then nothing is booked.
    """
    return [
        reserve(loan=loan, part=part, asset=asset, starts=loan.starts_date, ends=loan.ends_date, now=now)
        for part, asset in sorted(chosen, key=lambda each: each[1].pk)
    ]


@transaction.atomic
def release(*, item: Item, now: datetime) -> bool:
    """Give an asset that was kept, and not handed over, back to others; whether it was still kept."""
    kept = Item.objects.filter(pk=item.pk, state=Item.State.RESERVED)
    if not kept.update(state=Item.State.RELEASED, back_at=now):
        return False
    item.state, item.back_at = Item.State.RELEASED, now
    return True


def release_all(*, loan: Loan, now: datetime) -> int:
    """`release` for all that a loan keeps; how many."""
    return loan.items.filter(state=Item.State.RESERVED).update(state=Item.State.RELEASED, back_at=now)


@transaction.atomic
def extend(*, item: Item, ends: date, now: datetime | None = None) -> None:
    """Keep an asset until `ends`, later or sooner than now.

    Raises:
        Conflict: somebody else has it on one of the days between (`asset_taken`), or the loan has ended meanwhile.
        Invalid: the last day is before the first.
    """
    _check_days(item.starts_date, ends)
    _take_turn(item.asset)
    today = clock.today(now)
    # Its own days are its own, also when it is late: only others' count.
    _require_free(item.asset, item.starts_date, ends, today, but=item.pk)
    if not Item.objects.filter(pk=item.pk, state__in=(Item.State.RESERVED, Item.State.OUT)).update(ends_date=ends):
        raise Conflict(_("Ce prêt est terminé."), code="loan_over")
    item.ends_date = ends


@transaction.atomic
def swap(*, item: Item, asset: Asset, now: datetime) -> Item:
    """Keep another asset in place of one that was not handed over yet.

    Raises:
        Conflict: see `reserve`; or the first one has been handed over meanwhile (`loan_over`).
    """
    loan, part, days = item.loan, item.part, (item.starts_date, item.ends_date)
    if not release(item=item, now=now):
        raise Conflict(_("Ce matériel a déjà été remis."), code="loan_over")
    return reserve(loan=loan, part=part, asset=asset, starts=days[0], ends=days[1], now=now)


def _check_days(starts: date, ends: date) -> None:
    if ends < starts:
        raise Invalid(fields={"ends_date": [_("Le dernier jour ne peut pas être avant le premier.")]})


def _take_turn(asset: Asset) -> None:
    """Hold the asset's row until the transaction ends: see the module's docstring."""
    if not PoolAsset.objects.filter(asset=asset).update(turn=F("turn") + 1):
        raise Conflict(_("%(asset)s n’est plus dans le prêt.") % {"asset": asset}, code="not_lendable")


def _require_free(asset: Asset, starts: date, ends: date, today: date, but: int = NEVER_ITSELF) -> None:
    if Item.objects.filter(holding(starts, ends, today), asset=asset).exclude(pk=but).exists():
        raise Conflict(
            _("%(asset)s est déjà pris sur ces jours.") % {"asset": asset},
            code=TAKEN,
            advice=_("Choisissez d’autres dates, ou un autre matériel."),
        )
