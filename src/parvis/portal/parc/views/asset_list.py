"""The list of all assets, and of computers alone: facets counted in memory, rows read from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from django.core.paginator import Page
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import is_staff
from parvis.portal.directory.rules import lineage, outermost
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Text
from parvis.portal.parc import asset_filters, asset_index, facet_rules, queries, record_queries
from parvis.portal.parc.asset_filters import Selection
from parvis.portal.parc.asset_index import AssetIndex
from parvis.portal.parc.columnar import Few, Mask, flags_of, others
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, AssetModel, Site
from parvis.portal.parc.views.asset_table import USUAL, USUAL_OF_COMPUTERS, AssetTable
from parvis.portal.parc.views.bulk_edit import EDIT, STOCK
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.ui.bulk import BulkAction
from parvis.portal.ui.facets import Facet, facet
from parvis.portal.ui.listing import ListingPaginator, ListingView

LABELS: Mapping[str, Text] = {
    "family": _("Famille"),
    "kind": _("Type"),
    "state": _("Situation"),
    "entity": _("Service"),
    "site": _("Site"),
    "model": _("Modèle"),
    "warranty": _("Garantie"),
    "age": _("Âge"),
    "assigned": _("Affectation"),
    "reachability": _("Sur le réseau"),
}
KEYED_SHOWN = 40
"""Sites and models offered, the most frequent first; the others are found by the search."""

SORTED_IN_MEMORY = {"name", "kind", "state", "reachability", "site", "entity", "model"}
"""The other columns are sorted by the database."""

OPEN_LEVELS = 2
"""Of the tree of entities."""

Choices = list[tuple[str, Text, int]]


class PagePaginator(ListingPaginator):
    """A page whose rows were chosen already, out of `total`."""

    def __init__(self, rows: Any, per_page: int, *, total: int, **kwargs: Any) -> None:
        super().__init__(rows, per_page, **kwargs)
        self._total = total

    @property
    def count(self) -> int:
        """All that answer."""
        return self._total

    def page(self, number: int | str) -> Any:
        """The rows as they were given."""
        return Page(self.object_list, self.validate_number(number), self)


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a request, as rows of the index."""

    index: AssetIndex
    base: Mask
    """What the user may see and the search finds."""
    full: Mask
    """And all facets leave."""
    without: dict[str, Mask]
    """Per facet that narrows: what all others leave."""
    entities: dict[int, tuple[str, str]]
    """Path and name of each."""
    inside: frozenset[int] | None
    """The entities of the user's perimeter; None: all."""

    def among(self, name: str) -> Mask:
        """What a facet counts among."""
        return self.without.get(name, self.full)

    @property
    def count(self) -> int:
        """How many answer."""
        return flags_of(self.full, self.index.size).count(b"\xff")

    def positions(self, *, backwards: bool = False) -> Iterator[int]:
        """The rows that answer, by name."""
        inside = flags_of(self.full, self.index.size)
        by_name = self.index.by_name
        order = reversed(by_name) if backwards else by_name
        return (place for place in order if inside[place])


class AssetList(ListingView):
    """The assets of the user's perimeter."""

    table_class = AssetTable
    template_name = "parc/assets.html"
    title = _("Matériels")
    lead = _("Tout le parc de votre périmètre.")
    search_fields = ("name",)
    search_label = _("Nom, numéro, modèle, agent, site, adresse")
    export_name = "materiels"
    list_name = "parc.assets"
    usual_columns: Sequence[str] = USUAL
    workbook = True
    empty_icon = "devices"
    empty_title = _("Aucun matériel")
    empty_text = _("Ajoutez un premier matériel, ou importez votre parc.")
    bulk_actions: Sequence[BulkAction] = (EDIT, STOCK)
    kinds: ClassVar[tuple[str, ...]] = ()
    """What the list is about; empty: everything."""

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Asset]:
        """With all that the cells show."""
        visible = record_queries.watched_assets(self.request.user).select_related("supplier", "contract")
        return (visible.filter(kind__in=self.kinds) if self.kinds else visible).prefetch_related("agents")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add assets."""
        return {"manages": is_staff(signed_in(self.request))}

    @cached_property
    def selection(self) -> Selection:
        """What is asked for."""
        return Selection.of(self.request.GET.getlist, self.asked)

    @property
    def narrowed(self) -> bool:
        """Whether a search or a facet is on."""
        return bool(self.asked or self.selection.chosen)

    @cached_property
    def rows(self) -> QuerySet[Asset]:
        """What answers, as the database finds it: for files and for what is done to many."""
        rows = self.get_queryset().filter(asset_filters.condition(self.selection, clock.today()))
        return queries.search_assets(rows, self.asked)

    # The page

    @cached_property
    def found(self) -> Found:
        """What answers, as the index finds it."""
        index = asset_index.current()
        entities = {key: (path, name) for key, path, name in Entity.objects.values_list("pk", "path", "name")}
        paths = {key: path for key, (path, _name) in entities.items()}
        inside = asset_filters.inside(signed_in(self.request), paths)
        base = index.all if inside is None else index.entity.having(inside)
        if self.kinds:
            base &= index.kind.having(self.kinds)
        if self.asked:
            base &= asset_filters.searched(index, self.asked)
        full, without = others(asset_filters.masks(index, self.selection, paths, clock.today()), base)
        return Found(index, base, full, without, entities, inside)

    def paged_table(self) -> Any:
        """One page of rows, chosen by the index and read from the database as the user may see them."""
        order = [
            name for name in self.request.GET.getlist("sort")[:1] if name.lstrip("-") in self.table_class.base_columns
        ]
        if order and order[0].lstrip("-") not in SORTED_IN_MEMORY:
            return super().paged_table()
        total, per_page = self.found.count, self.page_size
        pages = ListingPaginator(range(total), per_page)
        first = (pages.validate_number(self.request.GET.get("page", 1)) - 1) * per_page
        positions = islice(self._sorted(order[0] if order else "name"), first, first + per_page)
        keys = [self.found.index.keys[place] for place in positions]
        rows = self.get_queryset().in_bulk(keys)
        table = self.table_class([], order_by=order or None, request=self.request)
        table.data.data = [rows[key] for key in keys if key in rows]
        table.paginate(
            paginator_class=PagePaginator, page=self.request.GET.get("page", 1), per_page=per_page, total=total
        )
        return table

    def _sorted(self, order: str) -> Iterable[int]:
        name, backwards = order.lstrip("-"), order.startswith("-")
        if name == "name":
            return self.found.positions(backwards=backwards)
        return sorted(self.found.positions(), key=self._ranks(name).__getitem__, reverse=backwards)

    def _ranks(self, name: str) -> Sequence[int]:
        index = self.found.index
        if name in {"kind", "state", "reachability"}:
            return getattr(index, name).codes  # type: ignore[no-any-return]
        labels = self._labels(name, set(getattr(index, name).keys))
        ranks = {key: rank for rank, key in enumerate(sorted(labels, key=lambda key: labels[key].lower()), 1)}
        return [ranks.get(key, len(ranks) + 1) for key in getattr(index, name).keys]

    def _labels(self, name: str, keys: Iterable[int]) -> dict[int, str]:
        if name == "entity":
            return {key: label for key, (_path, label) in self.found.entities.items()}
        if name == "site":
            return dict(Site.objects.filter(pk__in=keys).order_by().values_list("pk", "name"))
        makes = AssetModel.objects.filter(pk__in=keys).order_by().values_list("pk", "manufacturer", "name")
        return {key: f"{maker} {model}".strip() for key, maker, model in makes}

    # The facets

    def facets(self) -> list[Facet]:
        """With how many rows each choice would leave."""
        query, path = self.request.GET, self.request.path
        return [
            facet(
                name,
                LABELS[name],
                self._choices(name),
                selected=self.selection.chosen.get(name, frozenset()),
                query=query,
                path=path,
            )
            for name in asset_filters.FACETS
            if not (self.kinds and name == "family")
        ]

    def _choices(self, name: str) -> Choices:
        found, today = self.found, clock.today()
        index, among = found.index, found.among(name)
        few: Mapping[str, Callable[[], Few]] = {
            "family": lambda: index.family,
            "kind": lambda: index.kind,
            "state": lambda: index.state,
            "reachability": lambda: index.reachability,
            "assigned": lambda: index.assigned,
            "warranty": lambda: index.warranty(today),
            "age": lambda: index.age(today),
        }
        if name in few:
            counts = few[name]().counts(among)
            return [(value, label, counts.get(value, 0)) for value, label in _words(name)]
        if name == "entity":
            return list(self._entity_choices(index.entity.counts(among)))
        counted = (index.site if name == "site" else index.model).counts(among)
        return self._keyed_choices(name, counted)

    def _keyed_choices(self, name: str, counted: Mapping[int, int]) -> Choices:
        often = sorted(counted, key=lambda key: (-counted[key], key))[:KEYED_SHOWN]
        keys = [*often, *(key for key in self.selection.keys(name) if key not in often)]
        labels = self._visible_labels(name, keys)
        without = gettext("Sans site") if name == "site" else gettext("Sans modèle")
        return [
            (str(key) if key else asset_filters.NONE, labels[key] if key else without, counted.get(key, 0))
            for key in keys
            if not key or key in labels
        ]

    def _visible_labels(self, name: str, keys: Sequence[int]) -> dict[int, str]:
        # A key typed in the address tells no name: only what rows of this list show, or the user may see.
        if name == "model":
            present = self.found.index.model.counts(self.found.base)
            return self._labels(name, [key for key in keys if key in present])
        rows = queries.sites_visible_to(self.request.user).filter(pk__in=keys).order_by()
        return dict(rows.values_list("pk", "name"))

    def _entity_choices(self, counted: Mapping[int, int]) -> Iterator[tuple[str, Text, int]]:
        """The tree of the perimeter, opened where one has chosen: two levels, and what is under a choice."""
        found, chosen = self.found, self.selection.keys("entity")
        inside = found.inside
        by_path = {path: (key, name) for key, (path, name) in found.entities.items() if inside is None or key in inside}
        totals: dict[str, int] = {}
        for key, count in counted.items():
            for path in lineage(found.entities[key][0]) if key in found.entities else ():
                totals[path] = totals.get(path, 0) + count
        shown = sorted(path for path in totals if path in by_path)
        tops = outermost(shown)
        opened = tuple(found.entities[key][0] for key in chosen if key in found.entities)
        for path in shown:
            key, name = by_path[path]
            parent, depth = path[: path[:-1].rfind(".") + 1], _depth(path, tops)
            if depth < OPEN_LEVELS or parent in opened or key in chosen:
                yield str(key), "\u2003" * min(depth, 3) + name, totals[path]


def _depth(path: str, tops: Sequence[str]) -> int:
    """How far under the outermost one that covers it."""
    above = max((top for top in tops if path.startswith(top)), key=len, default=path)
    return path.count(".") - above.count(".")


def _words(name: str) -> list[tuple[str, Text]]:
    if name == "family":
        return [(key, label) for key, (label, _kinds) in facet_rules.FAMILIES.items()]
    enums = {"kind": Asset.Kind, "state": Asset.State, "reachability": Asset.Reachability}
    if name in enums:
        return list(enums[name].choices)
    stretches = {
        "warranty": facet_rules.WARRANTIES, "age": facet_rules.AGES, "assigned": facet_rules.ASSIGNED,
    }  # fmt: skip
    return list(stretches[name].items())


class ComputerList(AssetList):
    """The computers alone, and what answers on the network."""

    title = _("Ordinateurs")
    lead = _("Le parc de votre périmètre, et ce qui répond sur le réseau.")
    search_label = _("Nom, agent, adresse, adresse MAC")
    export_name = "ordinateurs"
    list_name = "parc.computers"
    usual_columns = USUAL_OF_COMPUTERS
    kinds = tuple(kind.value for kind in COMPUTER_KINDS)
    empty_title = _("Aucun ordinateur")
    empty_text = _("Ajoutez un premier ordinateur, ou importez votre parc.")
