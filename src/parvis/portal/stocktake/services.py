"""What is done with a stock-take: opened, counted, compared, settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import asset_services, permissions, scanning
from parvis.portal.parc.models import Asset, AssetEvent, Site
from parvis.portal.stocktake import queries, rules
from parvis.portal.stocktake.models import Difference, Expected, Sighting, Stocktake

MAX_BATCH = 500
"""Sightings in one sending."""


@dataclass(frozen=True, slots=True)
class SightingIn:
    """One sighting, as a phone sends it."""

    client_id: UUID
    code: str
    """What was scanned or typed; empty when the asset was picked in the list."""
    asset_id: int | None
    room: str
    seen_at: datetime


@transaction.atomic
def open_stocktake(*, actor: User, site: Site, name: str, now: datetime) -> Stocktake:
    """Begin to count a site: what is expected there is noted now.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Conflict: a count of this site is under way (`stocktake_under_way`).
    """
    require(permissions.can_manage(actor, site.entity))
    try:
        with transaction.atomic():
            stocktake = Stocktake.objects.create(
                entity=site.entity, site=site, name=name.strip()[:120] or site.name, opened_at=now, opened_by=actor
            )
    except IntegrityError:
        raise Conflict(
            _("Un inventaire de ce site est déjà en cours."),
            code="stocktake_under_way",
            advice=_("Continuez celui qui est ouvert, ou terminez-le d’abord."),
        ) from None
    ids = queries.to_count(stocktake, actor).order_by("pk").values_list("pk", flat=True)
    Expected.objects.bulk_create([Expected(stocktake=stocktake, asset_id=pk) for pk in ids], batch_size=500)
    audit.record(actor=actor, action="stocktake.opened", target=stocktake, now=now, data={"expected": len(ids)})
    return stocktake


@transaction.atomic
def record_sightings(
    *, actor: User, stocktake: Stocktake, sightings: Sequence[SightingIn], now: datetime
) -> dict[UUID, Asset | None]:
    """Note what was seen; which asset each is (None: the code is nobody's). Sent twice, noted once.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Invalid: more than `MAX_BATCH` at once.
        Conflict: the count is over (`count_over`).
    """
    require(permissions.can_manage(actor, stocktake.entity))
    if len(sightings) > MAX_BATCH:
        raise Invalid(_("Envoyez %(max)s lectures au plus à la fois.") % {"max": MAX_BATCH})
    if not Stocktake.objects.select_for_update().filter(pk=stocktake.pk, state=Stocktake.State.OPEN).exists():
        raise Conflict(
            _("Le comptage de ce site est terminé."),
            code="count_over",
            advice=_("Rouvrez le comptage pour y ajouter ce que vous avez lu."),
        )
    recognised = _recognise(actor, sightings)
    rows = [
        Sighting(
            stocktake=stocktake,
            client_id=each.client_id,
            asset=recognised[each.client_id],
            code=scanning.normal_code(each.code),
            room=scanning.normal_code(each.room)[:60],
            seen_at=min(each.seen_at, now),
            received_at=now,
            user=actor,
        )
        for each in sightings
        if recognised[each.client_id] is not None or scanning.normal_code(each.code)
    ]
    Sighting.objects.bulk_create(rows, ignore_conflicts=True)
    return recognised


def _recognise(actor: User, sightings: Sequence[SightingIn]) -> dict[UUID, Asset | None]:
    visible = queries.assets_in_perimeter(actor)
    picked = visible.in_bulk([each.asset_id for each in sightings if each.asset_id is not None])
    found: dict[UUID, Asset | None] = {}
    for each in sightings:
        if each.asset_id is not None:
            found[each.client_id] = picked.get(each.asset_id)
            continue
        named = scanning.found_by(visible, each.code)
        found[each.client_id] = named[0] if len(named) == 1 else None
    return found


@transaction.atomic
def finish_count(*, actor: User, stocktake: Stocktake, now: datetime) -> int:
    """The count is done: what differs from the list waits for decisions. How many differences there are.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Conflict: it is not being counted any more.
    """
    require(permissions.can_manage(actor, stocktake.entity))
    _move(stocktake, Stocktake.State.SETTLING, counted_at=now)
    stocktake.differences.filter(outcome="").delete()  # of a count that was taken up again
    _forget_overtaken(stocktake)
    settled = set(stocktake.differences.values_list("asset_id", "code"))
    found = [
        each for each in _compare(stocktake) if (each.asset, each.code if each.asset is None else "") not in settled
    ]
    Difference.objects.bulk_create(
        [
            Difference(
                stocktake=stocktake,
                kind=each.kind,
                asset_id=each.asset,
                code=each.code if each.asset is None else "",
                room=each.room,
            )
            for each in found
        ],
        batch_size=500,
    )
    seen = set(queries.seen_ids(stocktake))
    noted = AssetEvent.objects.filter(asset__in=seen, kind=AssetEvent.Kind.COUNTED, at__gte=stocktake.opened_at)
    told = set(noted.filter(data__stocktake=stocktake.name).values_list("asset_id", flat=True))
    AssetEvent.objects.bulk_create(
        [
            AssetEvent(
                asset_id=pk, at=now, kind=AssetEvent.Kind.COUNTED, actor=actor, data={"stocktake": stocktake.name}
            )
            for pk in sorted(seen - told)  # once, however often the count is taken up again
        ],
        batch_size=500,
    )
    facts = {"seen": len(seen), "differences": len(found)}
    audit.record(actor=actor, action="stocktake.counted", target=stocktake, now=now, data=facts)
    return len(found)


def _forget_overtaken(stocktake: Stocktake) -> None:
    """What was decided of a thing not seen is decided no more once it was seen, in a room forgotten before."""
    stocktake.differences.filter(kind=Difference.Kind.MISSING, asset__in=queries.seen_ids(stocktake)).delete()


def _compare(stocktake: Stocktake) -> list[rules.Found]:
    sightings = Sighting.objects.filter(stocktake=stocktake).order_by("seen_at", "pk")
    seen = [rules.Seen(row.asset_id, row.code, row.room, order) for order, row in enumerate(sightings)]
    assets = Asset.objects.filter(pk__in=queries.seen_ids(stocktake))
    known = {
        asset.pk: rules.Known(asset.site_id == stocktake.site_id, asset.room, asset.state in rules.COUNTED_STATES)
        for asset in assets
    }
    # What has left the site meanwhile, as the list itself says, is not missing.
    still_here = Asset.objects.filter(
        pk__in=stocktake.expected.values("asset_id"), site=stocktake.site, state__in=rules.COUNTED_STATES
    )
    return rules.differences(expected=still_here.values_list("pk", flat=True), seen=seen, known=known)


@transaction.atomic
def reopen_count(*, actor: User, stocktake: Stocktake, now: datetime) -> None:
    """Count again: a room was forgotten. Decisions already taken stay.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Conflict: it is not being settled.
    """
    require(permissions.can_manage(actor, stocktake.entity))
    _move(stocktake, Stocktake.State.OPEN, counted_at=None)
    audit.record(actor=actor, action="stocktake.reopened", target=stocktake, now=now)


@transaction.atomic
def settle(*, actor: User, difference: Difference, outcome: Difference.Outcome, now: datetime) -> None:
    """Decide of a difference; the asset's page says the same from then on.

    Raises:
        NotAllowed: not of the IT team of the site's entity, or of the asset's.
        Conflict: it is decided already, or this outcome is not for this kind.
    """
    stocktake = difference.stocktake
    require(permissions.can_manage(actor, stocktake.entity))
    if outcome.value not in rules.OUTCOMES[difference.kind] or stocktake.state != Stocktake.State.SETTLING:
        raise Conflict(_("Cette décision ne convient pas à cet écart."), code="wrong_outcome")
    waiting = Difference.objects.filter(pk=difference.pk, outcome="")
    if not waiting.update(outcome=outcome, settled_at=now, settled_by=actor):
        raise Conflict(_("Cet écart est déjà réglé."), code="already_settled")
    _apply(actor, difference, outcome, now)
    facts = {"difference": difference.pk, "kind": difference.kind, "outcome": outcome.value}
    audit.record(actor=actor, action="stocktake.settled", target=difference.asset or stocktake, now=now, data=facts)


def _apply(actor: User, difference: Difference, outcome: Difference.Outcome, now: datetime) -> None:
    asset, stocktake = difference.asset, difference.stocktake
    if asset is None:
        return
    reason = _("Inventaire\u202f: %(name)s") % {"name": stocktake.name}
    if outcome == Difference.Outcome.LOST:
        asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.LOST, now=now, reason=reason)
    elif outcome == Difference.Outcome.STOCK and asset.state != Asset.State.STOCK:
        asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.STOCK, now=now, reason=reason)
    elif outcome == Difference.Outcome.MOVED:
        if asset.state not in rules.COUNTED_STATES:
            asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.STOCK, now=now, reason=reason)
        data = asset_services.AssetData(site=stocktake.site, room=difference.room or asset.room)
        asset_services.update_asset(actor=actor, asset=asset, data=data, now=now)


@transaction.atomic
def note_added(*, actor: User, difference: Difference, asset: Asset, now: datetime) -> None:
    """The code nobody knew is this new asset.

    Raises:
        See `settle`.
    """
    settle(actor=actor, difference=difference, outcome=Difference.Outcome.ADDED, now=now)
    asset_services.note(
        asset, AssetEvent.Kind.COUNTED, actor=actor, now=now, data={"stocktake": difference.stocktake.name}
    )


@transaction.atomic
def close_stocktake(*, actor: User, stocktake: Stocktake, now: datetime) -> None:
    """Put an end to it. Phones forget what they took along at their next visit.

    Raises:
        NotAllowed: not of the IT team of the site's entity.
        Conflict: differences are still to be settled (`differences_left`), or it is closed already.
    """
    require(permissions.can_manage(actor, stocktake.entity))
    if stocktake.state == Stocktake.State.SETTLING and stocktake.differences.filter(outcome="").exists():
        raise Conflict(
            _("Il reste des écarts à régler."),
            code="differences_left",
            advice=_("Décidez de chacun\u202f; «\u202fLaisser tel quel\u202f» est une décision."),
        )
    _move(stocktake, Stocktake.State.CLOSED, closed_at=now)
    audit.record(actor=actor, action="stocktake.closed", target=stocktake, now=now)


def _move(stocktake: Stocktake, to: Stocktake.State, **fields: datetime | None) -> None:
    sources = [state for state, moves in rules.MOVES.items() if to.value in moves]
    if not Stocktake.objects.filter(pk=stocktake.pk, state__in=sources).update(state=to, **fields):
        raise Conflict(
            _("Cet inventaire est passé à une autre étape entre-temps."),
            code="stocktake_moved",
            advice=_("Rechargez la page."),
        )
    stocktake.state = to
