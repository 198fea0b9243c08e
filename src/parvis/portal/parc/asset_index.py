"""All assets' facets in memory, in step with the database, so that a list of 100,000 is counted while one waits.

The rows on a page are always read from the database, by what the user may see; from here come counts and which rows
to read. What changed is seen by the newest `updated_at` and `checked_at`, the number of assets and the assignments:
those rows are read again (`OVERLAP` back, for transactions that began earlier and ended later). An installation small
enough to be read whole (`READ_WHOLE`) is, each time.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, Max, Q
from django.db.models.functions import Cast

from parvis.portal.parc import facet_rules
from parvis.portal.parc.columnar import Few, Many, everything
from parvis.portal.parc.models import Asset, Assignment

READ_WHOLE = 2_000
"""Up to so many assets nothing is kept between two requests: reading them takes milliseconds."""

OVERLAP = timedelta(minutes=2)
CHANGED_AT_MOST = 5_000
"""More changes than this and all is read again."""

READ_AGAIN_SECONDS = 900
"""However little seems to have changed."""

CHECKS_SECONDS = 15
"""Checks end every second: their results alone are not read again sooner."""

KINDS = tuple(Asset.Kind.values)
STATES = tuple(Asset.State.values)
REACHABILITIES = tuple(Asset.Reachability.values)

_COLUMNS = ("pk", "kind", "state", "reachability", "site_id", "entity_id", "model_id", "name", "search")
_DATES = {
    "warranty": Cast("warranty_end_date", CharField()),
    "bought": Cast("purchase_date", CharField()),
}
Row = tuple[Any, ...]


@dataclass(frozen=True)
class AssetIndex:
    """One state of the columns. Rows are in the order of their keys; `by_name` has them in the order of names."""

    keys: list[int]
    rows: list[Row]
    with_agent: frozenset[int]
    by_name: list[int]
    stretches: dict[tuple[str, date], Few] = field(default_factory=dict, compare=False)
    """Warranty and age, by day: made once."""

    @property
    def size(self) -> int:
        """How many assets."""
        return len(self.keys)

    @cached_property
    def all(self) -> int:
        """Every row."""
        return everything(self.size)

    @cached_property
    def _columns(self) -> list[Sequence[Any]]:
        return list(zip(*self.rows, strict=True)) or [()] * (len(_COLUMNS) + len(_DATES))

    @cached_property
    def kind(self) -> Few:
        """What it is."""
        return Few.of(self._columns[1], {value: value for value in KINDS}, KINDS)

    @cached_property
    def family(self) -> Few:
        """What it is, roughly."""
        return self.kind.grouped(facet_rules.FAMILY_OF, tuple(facet_rules.FAMILIES))

    @cached_property
    def state(self) -> Few:
        """Where it is in its life."""
        return Few.of(self._columns[2], {value: value for value in STATES}, STATES)

    @cached_property
    def reachability(self) -> Few:
        """What the last check found."""
        return Few.of(self._columns[3], {value: value for value in REACHABILITIES}, REACHABILITIES)

    @cached_property
    def site(self) -> Many:
        """Where it is."""
        return Many([key or 0 for key in self._columns[4]])

    @cached_property
    def entity(self) -> Many:
        """Whose it is."""
        return Many(list(self._columns[5]))

    @cached_property
    def model(self) -> Many:
        """The maker's model."""
        return Many([key or 0 for key in self._columns[6]])

    @cached_property
    def texts(self) -> list[str]:
        """What search looks in (`queries.search_assets` does the same)."""
        return list(map(_MADE_OF["texts"], self.rows))

    @cached_property
    def assigned(self) -> Few:
        """Whether somebody has it."""
        return Few.of(
            (key in self.with_agent for key in self.keys), {True: "yes", False: "no"}, tuple(facet_rules.ASSIGNED)
        )

    def dates(self, name: str) -> Sequence[str | None]:
        """`warranty` or `bought` of each row, as text."""
        return self._columns[len(_COLUMNS) + list(_DATES).index(name)]

    def warranty(self, today: date) -> Few:
        """What is left of the warranty."""
        return self._stretches("warranty", facet_rules.warranty_of, tuple(facet_rules.WARRANTIES), today)

    def age(self, today: date) -> Few:
        """How long ago it was bought."""
        return self._stretches("bought", facet_rules.age_of, tuple(facet_rules.AGES), today)

    def _stretches(self, name: str, of: Callable[[str | None, date], str], values: tuple[str, ...], today: date) -> Few:
        key = (name, today)
        if key not in self.stretches:
            column = self.dates(name)
            self.stretches[key] = Few.of(column, {day: of(day, today) for day in set(column)}, values)
        return self.stretches[key]

    def with_rows(self, changed: dict[int, Row], added: list[Row], with_agent: frozenset[int] | None) -> AssetIndex:
        """The same with some rows changed (by place) and others added at the end; columns made so far are kept."""
        rows = [*self.rows, *added]
        renamed = bool(added)
        for place, row in changed.items():
            renamed = renamed or rows[place][7] != row[7]
            rows[place] = row
        by_name = self.by_name
        if renamed:
            names = [row[7] for row in rows]
            by_name = sorted([*by_name, *range(self.size, len(rows))], key=names.__getitem__)
        found = AssetIndex(
            [*self.keys, *(row[0] for row in added)],
            rows,
            self.with_agent if with_agent is None else with_agent,
            by_name,
        )
        if with_agent is None and not added and "assigned" in self.__dict__:
            found.__dict__["assigned"] = self.assigned
        places = [*changed, *range(self.size, len(rows))]
        for name, made in self.__dict__.items():
            if name in _MADE_OF:
                found.__dict__[name] = _patched(made, _MADE_OF[name], rows, places)
        for (name, today), made in self.stretches.items():
            of = facet_rules.warranty_of if name == "warranty" else facet_rules.age_of
            column = len(_COLUMNS) + list(_DATES).index(name)
            found.stretches[name, today] = made.patched((place, of(rows[place][column], today)) for place in places)
        return found

    def place(self, key: int) -> int | None:
        """The row of an asset; None if it is not there."""
        row = bisect_left(self.keys, key)
        return row if row < len(self.keys) and self.keys[row] == key else None

    def flags(self, keys: Iterable[int]) -> bytearray:
        """The set of these assets, as flags."""
        found = bytearray(self.size)
        for key in keys:
            row = self.place(key)
            if row is not None:
                found[row] = 0xFF
        return found


_MADE_OF: dict[str, Callable[[Row], Any]] = {
    "kind": lambda row: row[1],
    "family": lambda row: facet_rules.FAMILY_OF[row[1]],
    "state": lambda row: row[2],
    "reachability": lambda row: row[3],
    "site": lambda row: row[4] or 0,
    "entity": lambda row: row[5],
    "model": lambda row: row[6] or 0,
    "texts": lambda row: row[8] or row[7].lower(),
}
"""Columns that are made when first asked for, and of what of a row."""


def _patched(made: Any, of: Callable[[Row], Any], rows: Sequence[Row], places: Sequence[int]) -> Any:
    """A column with these places made again; the last of them may be new."""
    values = ((place, of(rows[place])) for place in places)
    if isinstance(made, Few):
        return made.patched(values)
    keys = [*(made.keys if isinstance(made, Many) else made), *([0] * (len(rows) - _length(made)))]
    for place, value in values:
        keys[place] = value
    return Many(keys) if isinstance(made, Many) else keys


def _length(made: Any) -> int:
    return len(made.keys if isinstance(made, Many) else made)


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far the database is."""

    assets: int
    updated_at: datetime | None
    checked_at: datetime | None
    assignments: int
    last_assignment: int | None

    @property
    def small(self) -> bool:
        return self.assets <= READ_WHOLE

    def same_but_checks(self, other: _Mark) -> bool:
        return replace(self, checked_at=other.checked_at) == other


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the last request left for the next."""

    database: str
    whole_at: float
    """When all was read (monotonic seconds)."""
    fresh_at: float
    mark: _Mark
    index: AssetIndex


_lock = threading.Lock()
_kept: _Kept | None = None


def current() -> AssetIndex:
    """The columns as the database has them now (what checks found: at most `CHECKS_SECONDS` ago)."""
    global _kept
    mark, now, database = _mark(), time.monotonic(), str(connection.settings_dict["NAME"])
    if mark.small:
        return _whole()
    with _lock:
        kept = _kept
        if kept is None or kept.database != database or now - kept.whole_at > READ_AGAIN_SECONDS:
            found, whole_at = None, now
        elif kept.mark == mark or (kept.mark.same_but_checks(mark) and now - kept.fresh_at < CHECKS_SECONDS):
            return kept.index
        else:
            found, whole_at = _changed(kept.index, kept.mark, mark), kept.whole_at
        if found is None:
            found, whole_at = _whole(), now
        _kept = _Kept(database, whole_at, now, mark, found)
        return found


def _mark() -> _Mark:
    # One aggregate a query: together they would read the whole table instead of the end of an index.
    newest = Asset.objects.aggregate(last=Max("updated_at"))["last"]
    checked = Asset.objects.aggregate(last=Max("checked_at"))["last"]
    given = Assignment.objects.aggregate(last=Max("pk"))["last"]
    return _Mark(_count(Asset), newest, checked, _count(Assignment), given)


def _count(model: Any) -> int:
    return int(model.objects.aggregate(rows=Count("pk"))["rows"])


def _read(condition: Q) -> list[Row]:
    rows = Asset.objects.filter(condition).annotate(**_DATES).order_by("pk").values_list(*_COLUMNS, *_DATES)
    return list(rows.iterator(chunk_size=10_000))


def _with_agent() -> frozenset[int]:
    return frozenset(Assignment.objects.filter(agent__is_active=True).order_by().values_list("asset_id", flat=True))


def _whole() -> AssetIndex:
    rows = _read(Q())
    names = [row[7] for row in rows]
    return AssetIndex([row[0] for row in rows], rows, _with_agent(), sorted(range(len(rows)), key=names.__getitem__))


def _changed(index: AssetIndex, before: _Mark, mark: _Mark) -> AssetIndex | None:
    """The index with what changed since read again; None if all has to be."""
    if before.updated_at is None:
        return None
    since = Q(updated_at__gte=before.updated_at - OVERLAP)
    if before.checked_at is not None:
        since |= Q(checked_at__gte=before.checked_at - OVERLAP)
    elif mark.checked_at is not None:
        since |= Q(checked_at__isnull=False)
    fresh = _read(since) if Asset.objects.filter(since)[: CHANGED_AT_MOST + 1].count() <= CHANGED_AT_MOST else None
    if fresh is None:
        return None
    changed: dict[int, Row] = {}
    added: list[Row] = []
    for row in fresh:
        place = index.place(row[0])
        if place is None:
            added.append(row)
        else:
            changed[place] = row
    if added and index.keys and added[0][0] < index.keys[-1]:
        return None  # a key in the middle: a transaction that ended late
    if index.size + len(added) != mark.assets:
        return None  # some were deleted
    same_people = (before.assignments, before.last_assignment) == (mark.assignments, mark.last_assignment)
    return index.with_rows(changed, added, None if same_people else _with_agent())
