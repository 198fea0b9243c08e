"""The assets a report may be about: inside the entity of its token and below, and those it reported for before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Count, Q, QuerySet

from parvis.portal.directory.models import BODIES, Entity
from parvis.portal.directory.rules import PATH_STEP
from parvis.portal.inventory import rules
from parvis.portal.inventory.models import Identity, ProbeToken
from parvis.portal.inventory.rules import Key, Known, Weighing
from parvis.portal.parc.models import COMPUTER_KINDS, Asset

STEP = PATH_STEP + 1
"""Characters of a path for each level."""
MOST = 50
"""Assets weighed for one report: a value that hundreds share (a cloned probe's) finds no more."""

SAME_FAMILY: dict[str, tuple[str, ...]] = {
    **{str(kind): tuple(str(each) for each in COMPUTER_KINDS) for kind in COMPUTER_KINDS},
    "phone": ("phone", "tablet"),
    "printer": ("printer",),
    "network": ("network",),
}
"""What a report about one kind may be about."""


def assets_of_token(token: ProbeToken, kind: str) -> QuerySet[Asset]:
    """Where a report of this token may be matched: its entity and below, and what it reported that was moved since."""
    here = Q(entity__path__startswith=token.entity.path) | Q(inventory__token=token)
    families = SAME_FAMILY.get(kind)
    return Asset.objects.filter(here, kind__in=families) if families else Asset.objects.filter(here)


def weighed(token: ProbeToken, keys: Collection[Key], kind: str, *, maker: str = "") -> list[Weighing]:
    """The assets that share something with the report, best first. Ten queries at most.

    `maker`: who made the reported machine, for assets whose own maker nobody said.
    """
    within = assets_of_token(token, kind)
    holders = _holders(keys)
    found = _by_identity(within, keys) | _by_column(within, keys)
    weighings = [rules.weigh(keys, each, holders=holders) for each in _known(found, token, maker)]
    if max((each.score for each in weighings), default=0) < rules.APPLY_FROM:
        # What files and people wrote in their own way: not indexed, so only looked for when the rest says too little.
        more = _by_writing(within, keys) - found
        weighings += [rules.weigh(keys, each, holders=holders) for each in _known(more, token, maker)]
    return rules.ranked(weighings)


def _by_identity(within: QuerySet[Asset], keys: Collection[Key]) -> set[int]:
    rows = Identity.objects.filter(_any(keys), asset__in=within.values("pk")).order_by().values("asset_id")
    # Those with most in common: hundreds of clones share one value, the right one shares several.
    best = rows.annotate(common=Count("pk")).order_by("-common", "asset_id")
    return set(best.values_list("asset_id", flat=True)[:MOST])


def _by_column(within: QuerySet[Asset], keys: Collection[Key]) -> set[int]:
    """What files and people wrote on the asset itself, before any report."""
    condition = Q(pk__in=[])
    for kind, value in keys:
        if kind in ("serial", "board"):
            condition |= Q(serial__in=[value, value.lower(), f"S{value}"])
        elif kind == "name":
            condition |= Q(name__in=[value, value.lower(), value.capitalize()])
    return set(within.filter(condition).order_by().values_list("pk", flat=True)[:MOST])


def _by_writing(within: QuerySet[Asset], keys: Collection[Key]) -> set[int]:
    """Cards, and names and serials in any case."""
    condition = Q(mac_address__in=[value for kind, value in keys if kind == "mac"])
    for kind, value in keys:
        if kind in ("serial", "name"):
            condition |= Q(**{f"{kind}__iexact": value})
    return set(within.filter(condition).order_by().values_list("pk", flat=True)[:MOST])


def _known(ids: Iterable[int], token: ProbeToken, maker: str) -> list[Known]:
    if not (ids := list(ids)):
        return []
    keys: dict[int, set[Key]] = defaultdict(set)
    confirmed: dict[int, set[Key]] = defaultdict(set)
    for row in Identity.objects.filter(asset_id__in=ids):
        key: Key = (row.kind, row.value)  # type: ignore[assignment]
        keys[row.asset_id].add(key)
        if row.confirmed:
            confirmed[row.asset_id].add(key)
    assets = list(Asset.objects.filter(pk__in=ids).select_related("entity", "model"))
    bodies = body_paths([token.entity.path, *(asset.entity.path for asset in assets)])
    return [
        Known(
            asset.pk,
            frozenset(keys[asset.pk] | written_on(asset, keys[asset.pk], maker=maker)),
            frozenset(confirmed[asset.pk]),
            same_body=bodies[asset.entity.path] == bodies[token.entity.path],
        )
        for asset in assets
    ]


def written_on(asset: Asset, reported: Collection[Key] = (), *, maker: str = "") -> set[Key]:
    """The identities in the asset's own columns. A serial that is its board's is no other serial."""
    maker = asset.model.manufacturer if asset.model else maker
    serial = rules.normal_identity("serial", asset.serial, manufacturer=maker)
    said: set[Key] = {
        ("mac", rules.normal_identity("mac", asset.mac_address)),
        ("name", rules.normal_identity("name", asset.name)),
    }
    if ("board", serial) not in reported:
        said.add(("serial", serial))
    return {key for key in said if key[1]}


def body_paths(paths: Collection[str]) -> dict[str, str]:
    """For each path, the path of the legal body it is in (the nearest above, or itself). One query."""
    above = {path: [path[:end] for end in range(STEP, len(path) + 1, STEP)] for path in paths}
    prefixes = {each for several in above.values() for each in several}
    bodies = set(Entity.objects.filter(path__in=prefixes, kind__in=BODIES).values_list("path", flat=True))
    return {path: next((each for each in reversed(several) if each in bodies), path) for path, several in above.items()}


def _holders(keys: Collection[Key]) -> dict[Key, int]:
    """How many assets hold each value, wherever they are: a dock goes everywhere."""
    shareable = [key for key in keys if key[0] in rules.SHAREABLE]
    counted = Identity.objects.filter(_any(shareable)).order_by().values_list("kind", "value")
    return {(kind, value): count for kind, value, count in counted.annotate(count=Count("pk"))}


def _any(keys: Collection[Key]) -> Q:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, value in keys:
        by_kind[kind].append(value)
    condition = Q(pk__in=[])
    for each, values in sorted(by_kind.items()):
        condition |= Q(kind=each, value__in=sorted(values))
    return condition
