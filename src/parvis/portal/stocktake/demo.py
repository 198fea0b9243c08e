"""Stock-takes of the fictional authority: one done, one to settle, one under way. Deterministic, demo mode only."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.parc.models import Asset, Site
from parvis.portal.stocktake import rules, services
from parvis.portal.stocktake.models import Difference, Expected, Sighting, Stocktake

SEED = 20261122
TECHNICIAN = "yann.kerbrat@rivemarine.example"
DONE, SETTLING, OPEN = "Médiathèque des Capucins", "Annexe des Finances", "Centre technique métropolitain"


@transaction.atomic
def build(now: datetime) -> bool:
    """Three stock-takes; False if they are there already."""
    technician = User.objects.filter(email=TECHNICIAN).first()
    sites = {site.name: site for site in Site.objects.filter(name__in=[DONE, SETTLING, OPEN]).select_related("entity")}
    if technician is None or Stocktake.objects.exists():
        return False
    chance = random.Random(SEED)
    if DONE in sites:
        done = _open(technician, sites[DONE], "Inventaire de printemps", now - timedelta(days=200))
        _see(chance, technician, done, now - timedelta(days=199), share=1.0)
        services.finish_count(actor=technician, stocktake=done, now=now - timedelta(days=199))
        done.differences.update(outcome=Difference.Outcome.IGNORED, settled_by=technician, settled_at=now)
        services.close_stocktake(actor=technician, stocktake=done, now=now - timedelta(days=198))
    if SETTLING in sites:
        settling = _open(technician, sites[SETTLING], "Inventaire d’automne", now - timedelta(days=6))
        _see(chance, technician, settling, now - timedelta(days=5), share=0.93)
        _strangers(technician, settling, now - timedelta(days=5))
        services.finish_count(actor=technician, stocktake=settling, now=now - timedelta(days=5))
    if OPEN in sites:
        under_way = _open(technician, sites[OPEN], "Inventaire d’automne", now - timedelta(hours=3))
        _see(chance, technician, under_way, now - timedelta(hours=2), share=0.4)
    return True


def _open(technician: User, site: Site, name: str, now: datetime) -> Stocktake:
    stocktake = Stocktake.objects.create(entity=site.entity, site=site, name=name, opened_at=now, opened_by=technician)
    ids = Asset.objects.filter(site=site, state__in=rules.COUNTED_STATES).order_by("pk").values_list("pk", flat=True)
    Expected.objects.bulk_create([Expected(stocktake=stocktake, asset_id=pk) for pk in ids], batch_size=500)
    return stocktake


def _see(chance: random.Random, technician: User, stocktake: Stocktake, now: datetime, *, share: float) -> None:
    expected = stocktake.expected.select_related("asset").order_by("pk")
    Sighting.objects.bulk_create(
        [
            _sighting(chance, technician, stocktake, each.asset, each.asset.room, now + timedelta(seconds=12 * rank))
            for rank, each in enumerate(expected)
            if chance.random() < share
        ],
        batch_size=500,
    )


def _strangers(technician: User, stocktake: Stocktake, now: datetime) -> None:
    chance = random.Random(SEED + 1)
    others = Asset.objects.filter(entity__path__startswith=stocktake.entity.path[:7], kind=Asset.Kind.SCREEN)
    elsewhere = list(others.exclude(site=stocktake.site).order_by("pk")[:3])
    rows = [_sighting(chance, technician, stocktake, asset, "A 102", now) for asset in elsewhere]
    unknown = _sighting(chance, technician, stocktake, None, "A 104", now)
    unknown.code = "FIN-2014-0087"
    Sighting.objects.bulk_create([*rows, unknown])


def _sighting(
    chance: random.Random, technician: User, stocktake: Stocktake, asset: Asset | None, room: str, at: datetime
) -> Sighting:
    return Sighting(
        stocktake=stocktake,
        client_id=UUID(int=chance.getrandbits(128)),
        asset=asset,
        code=asset.tag or asset.name if asset else "",
        room=room,
        seen_at=at,
        received_at=at,
        user=technician,
    )
