"""The programs of a computer: what came, what went, in few queries whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from parvis.portal.inventory.content import Program
from parvis.portal.inventory.models import Installation, Software
from parvis.portal.inventory.programs import Installed, normal_all

T = TypeVar("T")
BATCH = 500
Name = tuple[str, str]
"""A name and its publisher."""


def record_programs(asset_id: int, programs: Iterable[Program], *, partial: bool) -> tuple[int, int]:
    """Write the programs of an asset; how many came and went. `partial`: what is absent has not gone.

    A report without any program says nothing of programs: nothing goes. One query when nothing changed, six more
    for each 500 that did.
    """
    reported = {(each.name, each.publisher, each.version): each for each in normal_all(programs)}
    if not reported:
        return 0, 0
    rows = Installation.objects.filter(asset_id=asset_id).order_by()
    there = {
        (name, publisher, version): pk
        for pk, name, publisher, version in rows.values_list("pk", "software__name", "software__publisher", "version")
    }
    came = [each for key, each in reported.items() if key not in there]
    gone = [] if partial else [pk for key, pk in there.items() if key not in reported]
    for pks in _batches(gone):
        Installation.objects.filter(pk__in=pks).delete()
    _add(asset_id, came)
    return len(came), len(gone)


def _add(asset_id: int, came: Sequence[Installed]) -> None:
    if not came:
        return
    ids = software_ids({(each.name, each.publisher) for each in came})
    Installation.objects.bulk_create(
        [
            Installation(
                asset_id=asset_id,
                software_id=ids[each.name, each.publisher],
                version=each.version,
                installed_date=each.installed_date,
            )
            for each in came
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def software_ids(names: Collection[Name]) -> dict[Name, int]:
    """The keys of these programs; those that are not known yet are added."""
    found = _ids(names)
    missing = sorted(set(names) - set(found))
    if missing:
        # In one order, so that two reports that add the same programs wait for each other instead of dying together.
        Software.objects.bulk_create(
            [Software(name=name, publisher=publisher) for name, publisher in missing],
            ignore_conflicts=True,
            batch_size=BATCH,
        )
        found |= _ids(missing)
    return found


def _ids(names: Collection[Name]) -> dict[Name, int]:
    found: dict[Name, int] = {}
    for some in _batches(sorted({name for name, _publisher in names})):
        rows = Software.objects.filter(name__in=some).order_by().values_list("pk", "name", "publisher")
        found |= {(name, publisher): pk for pk, name, publisher in rows if (name, publisher) in names}
    return found


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
