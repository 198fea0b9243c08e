"""What a list of assets is asked for: parsed from an address, as a condition for the database, as sets of the index.

The two forms mean the same (`tests/integration/parc/test_asset_list.py` compares them on random parcs).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import Someone, perimeter
from parvis.portal.parc import facet_rules, queries
from parvis.portal.parc.asset_index import KINDS, REACHABILITIES, STATES, AssetIndex
from parvis.portal.parc.columnar import Mask, mask_of, with_words
from parvis.portal.parc.models import Asset
from parvis.portal.ui.search import words

NONE = "none"
"""Chosen for « no site », « no model »."""

WORDS: Mapping[str, frozenset[str]] = {
    "family": frozenset(facet_rules.FAMILIES),
    "kind": frozenset(KINDS),
    "state": frozenset(STATES),
    "warranty": frozenset(facet_rules.WARRANTIES),
    "assigned": frozenset(facet_rules.ASSIGNED),
    "age": frozenset(facet_rules.AGES),
    "reachability": frozenset(REACHABILITIES),
}
"""Facets whose values are known words."""

KEYS = ("site", "entity", "model")
"""Facets whose values are keys of rows."""

FACETS = ("family", "kind", "state", "entity", "site", "model", "warranty", "age", "assigned", "reachability")
"""All, in the order they are shown."""

MOST_VALUES = 200
GONE = frozenset({Asset.State.DISPOSED.value})
"""Left out unless asked for by name."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked: per facet the chosen values (keys as text), and the words searched for."""

    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    search: str = ""

    @classmethod
    def of(cls, lists: Callable[[str], Iterable[object]], search: str = "") -> Selection:
        """From the lists of an address; what is no value of a facet is left out."""
        chosen = {}
        for name in FACETS:
            asked = [str(value) for value in lists(name)][:MOST_VALUES]
            values = frozenset(value for value in asked if _is_value(name, value))
            if values:
                chosen[name] = values
        return cls(chosen, search)

    def keys(self, name: str) -> frozenset[int]:
        """The chosen keys of a facet; 0 for none."""
        return frozenset(0 if value == NONE else int(value) for value in self.chosen.get(name, ()))


def _is_value(name: str, value: str) -> bool:
    if name in WORDS:
        return value in WORDS[name]
    return (value == NONE and name != "entity") or (value.isascii() and value.isdigit() and len(value) <= 15)


# For the database


def condition(selection: Selection, today: date) -> Q:
    """The condition on `Asset` (the search apart: `queries.search_assets`)."""
    found = Q()
    for name, values in selection.chosen.items():
        found &= _CONDITIONS[name](selection, values, today)
    return found if "state" in selection.chosen else found & ~Q(state__in=GONE)


def _keys(name: str) -> Callable[[Selection, frozenset[str], date], Q]:
    def of(selection: Selection, values: frozenset[str], today: date) -> Q:
        keys = selection.keys(name)
        without = Q(**{f"{name}__isnull": True}) if 0 in keys else Q()
        return without | Q(**{f"{name}__in": keys - {0}}) if keys - {0} else without

    return of


def _entities(selection: Selection, values: frozenset[str], today: date) -> Q:
    found = Q(pk__in=[])
    for path in Entity.objects.filter(pk__in=selection.keys("entity")).values_list("path", flat=True):
        found |= Q(entity__path__startswith=path)
    return found


def _assigned(selection: Selection, values: frozenset[str], today: date) -> Q:
    if len(values) == len(facet_rules.ASSIGNED):
        return Q()
    return Q(queries.is_assigned()) if "yes" in values else ~Q(queries.is_assigned())


def _stretches(
    column: str, bounds: Callable[[str, date], tuple[date | None, date | None]]
) -> Callable[[Selection, frozenset[str], date], Q]:
    def of(selection: Selection, values: frozenset[str], today: date) -> Q:
        found = Q(pk__in=[])
        for value in values:
            if value == "unknown":
                found |= Q(**{f"{column}__isnull": True})
                continue
            first, last = bounds(value, today)
            stretch = Q(**{f"{column}__isnull": False})
            if first:
                stretch &= Q(**{f"{column}__gte": first})
            if last:
                stretch &= Q(**{f"{column}__lte": last})
            found |= stretch
        return found

    return of


_CONDITIONS: Mapping[str, Callable[[Selection, frozenset[str], date], Q]] = {
    "family": lambda _s, values, _t: Q(kind__in=[kind for key in values for kind in facet_rules.FAMILIES[key][1]]),
    "kind": lambda _s, values, _t: Q(kind__in=values),
    "state": lambda _s, values, _t: Q(state__in=values),
    "reachability": lambda _s, values, _t: Q(reachability__in=values),
    "site": _keys("site"),
    "model": _keys("model"),
    "entity": _entities,
    "assigned": _assigned,
    "warranty": _stretches("warranty_end_date", facet_rules.warranty_bounds),
    "age": _stretches("purchase_date", facet_rules.age_bounds),
}


# For the index


def inside(user: Someone, paths: Mapping[int, str]) -> frozenset[int] | None:
    """The entities whose assets the user watches (None: all), for the index; see `record_queries.watched_assets`.

    `paths`: of all entities.
    """
    prefixes = perimeter(user, *queries.VIEWING_ROLES)
    if "" in prefixes:
        return None
    return frozenset(key for key, path in paths.items() if path.startswith(prefixes))


def masks(index: AssetIndex, selection: Selection, paths: Mapping[int, str], today: date) -> dict[str, Mask]:
    """For each facet that narrows, its rows. The states left out by default narrow too."""
    few = {
        "family": index.family,
        "kind": index.kind,
        "state": index.state,
        "reachability": index.reachability,
        "assigned": index.assigned,
    }
    found: dict[str, Mask] = {}
    for name, values in selection.chosen.items():
        if name in few:
            found[name] = few[name].having(values)
        elif name == "warranty":
            found[name] = index.warranty(today).having(values)
        elif name == "age":
            found[name] = index.age(today).having(values)
        elif name == "entity":
            found[name] = index.entity.having(below(selection.keys(name), paths))
        else:
            found[name] = (index.site if name == "site" else index.model).having(selection.keys(name))
    if "state" not in found:
        found["state"] = index.state.having(frozenset(STATES) - GONE)
    return found


def below(keys: Collection[int], paths: Mapping[int, str]) -> frozenset[int]:
    """These entities and all under them."""
    tops = tuple(paths[key] for key in keys if key in paths)
    return frozenset(key for key, path in paths.items() if path.startswith(tops)) if tops else frozenset()


def searched(index: AssetIndex, text: str) -> Mask:
    """The rows where each word is in what is kept of the asset, or in the name of who has it."""
    found = index.all
    for word in words(text):
        theirs = queries.assigned_to_people_named(word).values_list("asset_id", flat=True)
        rows = mask_of(bytes(index.flags(theirs)))
        for spelling in queries.spellings(word):
            rows |= with_words(index.texts, spelling)
        found &= rows
    return found
