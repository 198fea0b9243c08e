"""How many of each part are free, day by day: read once, then asked as often as one likes.

A day is a bit: an asset's diary is a number whose bit `n` says that it is taken `n` days from today. A span is free
if its bits are all zero, so that looking for the first free days of a year is cheap. Days are Paris's, both ends
included; no hour is ever counted, so that nights of 23 or 25 hours change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from parvis.portal.loans.models import Item, Offer, Part
from parvis.portal.loans.services.booking import holding, usable
from parvis.portal.parc.models import Asset

HORIZON = 1500
"""Days looked at: the longest loan (1,100), begun at the latest (`rules.MOST_AHEAD`)."""
ALL_TAKEN = (1 << HORIZON) - 1


def span_mask(first: int, last: int) -> int:
    """The bits of the days `first` to `last` (counted from today) that are in the horizon; 0 if none is."""
    first, last = max(first, 0), min(last, HORIZON - 1)
    return ((1 << (last - first + 1)) - 1) << first if first <= last else 0


@dataclass(frozen=True, slots=True)
class Stock:
    """The assets that may serve as a part: the diary of each."""

    part: Part
    diaries: Sequence[int]

    @property
    def total(self) -> int:
        """How many there are, free or not."""
        return len(self.diaries)

    def free(self, mask: int) -> int:
        """How many are free on all these days."""
        return sum(not diary & mask for diary in self.diaries)


@dataclass(frozen=True, slots=True)
class Availability:
    """What an offer can lend, and when."""

    offer: Offer
    today: date
    stocks: Sequence[Stock]

    @property
    def required(self) -> list[Stock]:
        """Without the optional parts."""
        return [stock for stock in self.stocks if not stock.part.is_optional]

    def short(self, starts: date, ends: date) -> list[Stock]:
        """The required parts of which there are not enough for a loan on these days."""
        mask = self._mask(starts, ends)
        return [stock for stock in self.required if stock.free(mask) < self._needed(stock)]

    def kits(self, starts: date, ends: date) -> int:
        """How many such loans can begin and end on these days; 0 for an offer without required part."""
        mask = self._mask(starts, ends)
        return min((stock.free(mask) // self._needed(stock) for stock in self.required), default=0)

    def binding(self, starts: date, ends: date) -> Stock | None:
        """The part there is least of, for what a loan takes."""
        mask = self._mask(starts, ends)
        return min(self.required, key=lambda each: each.free(mask) / self._needed(each), default=None)

    def first_free(self, starts: date, days: int, *, within: int = 366) -> date | None:
        """The first day, from `starts` on, that begins `days` free days; None: none in the next `within` days."""
        for late in range(within):
            day = starts + timedelta(days=late)
            if self.kits(day, day + timedelta(days=days - 1)):
                return day
        return None

    def longest_from(self, starts: date, most: int) -> int:
        """How many days, at most `most`, can be had from this very day."""
        longest = 0
        for days in range(1, most + 1):
            if not self.kits(starts, starts + timedelta(days=days - 1)):
                break
            longest = days
        return longest

    def _needed(self, stock: Stock) -> int:
        """Parts of the same kind and model draw on the same assets: what they take together."""
        same = (each.part for each in self.required)
        return sum(p.quantity for p in same if (p.kind, p.model_id) == (stock.part.kind, stock.part.model_id))

    def _mask(self, starts: date, ends: date) -> int:
        return span_mask((starts - self.today).days, (ends - self.today).days)


def of_offer(offer: Offer, today: date) -> Availability:
    """See `of_offers`."""
    return of_offers([offer], today)[offer.pk]


def of_offers(offers: Iterable[Offer], today: date) -> Mapping[int, Availability]:
    """For each offer (with `entity`), by its key. Three queries, whatever their number."""
    offers = list(offers)
    parts: dict[int, list[Part]] = defaultdict(list)
    for part in Part.objects.filter(offer__in=offers).order_by("pk"):
        parts[part.offer_id].append(part)
    kinds = {part.kind for several in parts.values() for part in several}
    places = Q(pk__in=[])
    for path in {offer.entity.path for offer in offers}:
        places |= Q(entity__path__startswith=path)
    found = Asset.objects.filter(usable(), places, kind__in=kinds).order_by("pk")
    assets = list(found.values_list("pk", "kind", "model_id", "entity__path", "pool__needs_wipe"))
    taken = _taken({pk for pk, *_rest in assets}, today)
    made = {}
    for offer in offers:
        stocks = [
            Stock(
                part,
                [
                    taken[pk] | int(needs_wipe)  # not ready: not for today, the first bit
                    for pk, kind, model_id, path, needs_wipe in assets
                    if kind == part.kind and part.model_id in (None, model_id) and path.startswith(offer.entity.path)
                ],
            )
            for part in parts[offer.pk]
        ]
        made[offer.pk] = Availability(offer, today, stocks)
    return made


def _taken(asset_ids: set[int], today: date) -> defaultdict[int, int]:
    diaries: defaultdict[int, int] = defaultdict(int)
    last = today + timedelta(days=HORIZON - 1)
    items = Item.objects.filter(holding(today, last, today), loan__isnull=False, asset__pool__isnull=False)
    for asset_id, state, starts, ends in items.values_list("asset_id", "state", "starts_date", "ends_date"):
        if asset_id not in asset_ids:
            continue
        if state == Item.State.OUT and ends < today:
            diaries[asset_id] = ALL_TAKEN
            continue
        first = 0 if state == Item.State.OUT else (starts - today).days
        diaries[asset_id] |= span_mask(first, (ends - today).days)
    return diaries
