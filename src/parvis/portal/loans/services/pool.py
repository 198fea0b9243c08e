"""What may be lent: assets put into the pool, from stock, and taken out of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from parvis.portal.accounts.models import User
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, perimeter
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.loans.models import Item, PoolAsset
from parvis.portal.loans.rules import HOLDING
from parvis.portal.parc.models import Asset, Assignment


@transaction.atomic
def add_to_pool(*, actor: User, assets: Iterable[Asset], now: datetime) -> int:
    """Make these lendable; how many were added. Left alone: what is not in stock, is somebody's, or is in it already.

    Raises:
        NotAllowed: not of the IT team of one of their entities; then none is added.
    """
    assets = list(assets)
    _require_team(actor, [asset.entity.path for asset in assets])
    pks = [asset.pk for asset in assets if asset.state == Asset.State.STOCK]
    busy = set(Assignment.objects.filter(asset__in=pks).values_list("asset_id", flat=True))
    busy |= set(PoolAsset.objects.filter(asset__in=pks).values_list("asset_id", flat=True))
    added = [asset for asset in assets if asset.pk in pks and asset.pk not in busy]
    # Two at once add it once.
    PoolAsset.objects.bulk_create([PoolAsset(asset=asset, added_at=now) for asset in added], ignore_conflicts=True)
    audit.record_many(actor=actor, action="loans.pool_added", targets=[(asset, {}) for asset in added], now=now)
    return len(added)


@transaction.atomic
def remove_from_pool(*, actor: User, pooled: Iterable[PoolAsset], now: datetime) -> int:
    """Make these not lendable any more; how many were taken out. Left alone: what is out, or kept for a loan.

    Raises:
        NotAllowed: not of the IT team of one of their entities; then none is taken out.
    """
    pooled = list(pooled)
    _require_team(actor, [each.asset.entity.path for each in pooled])
    removed = []
    for each in sorted(pooled, key=lambda one: one.asset_id):
        # Its turn first: nobody can keep it for a loan between this look and its end.
        if not PoolAsset.objects.filter(pk=each.pk).update(turn=F("turn") + 1):
            continue
        if Item.objects.filter(asset_id=each.asset_id, state__in=HOLDING).exists():
            continue
        PoolAsset.objects.filter(pk=each.pk).delete()
        removed.append(each.asset)
    audit.record_many(actor=actor, action="loans.pool_removed", targets=[(asset, {}) for asset in removed], now=now)
    return len(removed)


def _require_team(actor: User, paths: Iterable[str]) -> None:
    prefixes = perimeter(actor, *STAFF_ROLES)
    covered = all(any(covers(prefix, path) for prefix in prefixes) for path in paths)
    if not covered:
        require(NOT_STAFF)
