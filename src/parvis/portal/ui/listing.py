"""Lists: search, filters, sort, pages, CSV, bulk actions, in one view on django-tables2 and django-filter.

Example, a room's whole list page::

    class ComputerTable(ListingTable):
        name = tables.Column(linkify=True, verbose_name=_("Nom"))
        state = StateColumn(verbose_name=_("État"), order_by=("reachability",))   # any django-tables2 column

        class Meta:
            model = Computer
            fields = ("name", "state", "entity", "last_seen_at")

    class ComputerList(ListingView):
        table_class, filterset_class = ComputerTable, ComputerFilter     # the FilterSet is optional
        title, lead = _("Ordinateurs"), _("Le parc de votre périmètre.")
        search_fields = ("name", "address")          # words in any order; `search_folded_fields`: accents ignored
        export_name = "ordinateurs"                  # offers ordinateurs-2026-11-23.csv, every filtered row, audited
        bulk_actions = (BulkAction(name="close", label=_("Fermer"), icon="lock", run=close_all, question=_("…")),)
        empty_title, empty_text = _("Aucun ordinateur"), _("Importez votre parc pour commencer.")

        def get_queryset(self):                      # with select_related: one query a page, plus one count
            return queries.computers_visible_to(self.request.user).select_related("entity", "site")

`authorize()` returns the `authz.Decision` to see the page; `page_actions.html` blocks and other words go in a
template that extends `ui/listing/page.html` (`template_name`), with `extra_context()`. Cells keep their text for
the CSV (`value_<column>` to say otherwise; a column with `exclude_from_export=True` stays out, one with
`visible=False` is in the CSV only). The order always
ends with the primary key, so that no row shows twice or never between two pages.

`list_name` offers named views of the list (one's own, or shared with a team: `saved_views`) and a choice of columns
(`usual_columns` until one chose); `facets()` a column of choices with counts; `workbook` an XLSX beside the CSV.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language, gettext_lazy, override
from django.views import View
from django_tables2.rows import BoundRow

from parvis.portal.kernel import audit, authz, clock
from parvis.portal.ui import bulk, cells, csv, list_choices, search, xlsx
from parvis.portal.ui.bulk import BulkAction
from parvis.portal.ui.facets import Facet

__all__ = ["BulkAction", "ListingTable", "ListingView"]

Text = str | Promise
EXPORT_CHUNK = 1000
"""Rows read and written at once."""


class ListingTable(tables.Table):
    """A table whose rows become cards on a phone."""

    class Meta:
        template_name = "ui/table.html"
        attrs: ClassVar[dict[str, str]] = {"class": "table listing-table"}

    def lines(self) -> Iterator[cells.Line]:
        """The rows of the page, as the template writes them."""
        return cells.lines(self)


class ListingPaginator(Paginator[Any]):
    """A page too far is the last page; the count is one query without joins that serve only the cells."""

    def validate_number(self, number: object) -> int:
        """The number of an existing page, whatever was asked."""
        try:
            asked = int(str(number))
        except ValueError:
            return 1
        return min(max(asked, 1), self.num_pages)


class ListingView(ABC, View):
    """See the module's docstring."""

    table_class: type[Any]
    filterset_class: type[django_filters.FilterSet] | None = None
    template_name = "ui/listing/page.html"
    title: Text = ""
    lead: Text = ""
    page_size = 50
    search_fields: Sequence[str] = ()
    search_folded_fields: Sequence[str] = ()
    search_label: Text = gettext_lazy("Rechercher")
    export_name = ""
    bulk_actions: Sequence[BulkAction] = ()
    list_name = ""
    usual_columns: Sequence[str] = ()
    workbook = False
    empty_icon = "list-check"
    empty_title: Text = gettext_lazy("Rien pour le moment")
    empty_text: Text = ""

    request: HttpRequest

    # What a room says

    def authorize(self) -> authz.Decision:
        """May the user see this list at all? What is in it is up to `get_queryset`."""
        return authz.YES

    @abstractmethod
    def get_queryset(self) -> QuerySet[Any]:
        """The rows the user may see, with what the cells need (`select_related`), in the default order."""

    def extra_context(self) -> dict[str, object]:
        """More words for a template of the room's own."""
        return {}

    def table_kwargs(self) -> dict[str, object]:
        """Arguments for the table, such as `exclude`."""
        return {}

    def facets(self) -> Sequence[Facet]:
        """What the list can be narrowed by, with counts; see `facets.facet`."""
        return ()

    # What is asked

    @cached_property
    def filterset(self) -> Any:
        """The bound filters, or None."""
        if self.filterset_class is None:
            return None
        return self.filterset_class(self.request.GET, queryset=self.get_queryset(), request=self.request)

    @cached_property
    def asked(self) -> str:
        """The words searched for."""
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:100] if self._searchable else ""

    @property
    def narrowed(self) -> bool:
        """Whether a search or a filter is on."""
        names = self.filterset.form.fields if self.filterset is not None else ()
        return bool(self.asked) or any(any(self.request.GET.getlist(name)) for name in _with_ranges(names))

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All rows that answer search and filters, in no settled order yet."""
        rows = self.filterset.qs if self.filterset is not None else self.get_queryset()
        if self.asked:
            rows = rows.filter(search.matching(self.asked, self.search_fields, self.search_folded_fields))
        return rows

    def ordered_table(self) -> Any:
        """The table in the asked order, ties broken by the primary key; not paged."""
        table = self.table_class(
            self.rows,
            order_by=self.request.GET.getlist("sort")[:3] or None,
            request=self.request,
            **self.table_kwargs(),
        )
        table.data.data = _ties_broken(table.data.data)
        return table

    def paged_table(self) -> Any:
        """The table with one page of rows in it."""
        table = self.ordered_table()
        table.paginate(paginator_class=ListingPaginator, page=self.request.GET.get("page", 1), per_page=self.page_size)
        return table

    @cached_property
    def choices(self) -> list_choices.Choices | None:
        """The named views and the columns, where the list has a `list_name`."""
        return list_choices.Choices(self.request, self.list_name, self.usual_columns) if self.list_name else None

    # Answers

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse first."""
        authz.require(self.authorize())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, its table alone for htmx, or a file (`?format=csv`, `?format=xlsx`)."""
        if self.export_name and request.GET.get("format") == "csv":
            return self._export()
        if self.export_name and self.workbook and request.GET.get("format") == "xlsx":
            return self._export_workbook()
        restoring = "HX-History-Restore-Request" in request.headers
        fragment = request.headers.get("HX-Target") == "listing" and not restoring
        template = "ui/listing/fragment.html" if fragment else self.template_name
        response = render(request, template, self._context())
        if fragment:
            response["HX-Push-Url"] = self.address()
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A bulk action: asks for confirmation first, then does it and comes back to the same list.

        Or a choice of columns, a view to keep or to forget.
        """
        if self.choices is not None and "list_choice" in request.POST:
            return self.choices.answer(self.ordered_table(), self.address())
        return bulk.answer(request, actions=self.actions, rows=self.rows, back_url=self.address())

    @property
    def actions(self) -> list[BulkAction]:
        """The bulk actions this user may do."""
        return [action for action in self.bulk_actions if action.allowed(self.request.user)]

    @property
    def kept_choices(self) -> list[tuple[str, str]]:
        """What the facets narrow by and how it is sorted, sent again with a search."""
        names = [*(facet.name for facet in self._facets), "sort", "columns"]
        return [(name, value) for name in names for value in self.request.GET.getlist(name)]

    @cached_property
    def _facets(self) -> Sequence[Facet]:
        return self.facets()

    def address(self, **changes: str) -> str:
        """This list with its search, filters and sort, without the empty ones; `changes` replace or add."""
        query = self.request.GET.copy()
        query.pop("format", None)
        for key, value in changes.items():
            query[key] = value
        for key in [key for key, values in query.lists() if not any(values)]:
            del query[key]
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def _context(self) -> dict[str, object]:
        table = self.paged_table()
        if self.choices is not None:
            self.choices.show(table)
        count = table.paginator.count
        return {
            "view": self,
            "table": table,
            "count": count,
            "nothing_yet": not count and not self.narrowed,
            "page_numbers": list(table.paginator.get_elided_page_range(table.page.number, on_each_side=2, on_ends=1)),
            "elided": Paginator.ELLIPSIS,
            "export_url": self.address(format="csv", page="") if self.export_name else "",
            "workbook_url": self.address(format="xlsx", page="")
            if self.export_name and self.workbook and count <= xlsx.MOST_ROWS
            else "",
            "facets": self._facets,
            "choices": self.choices,
            "searchable": self._searchable,
            "page_has_search": self._searchable,
            "kept_sort": () if self._facets else self.request.GET.getlist("sort"),
            **self.extra_context(),
        }

    @property
    def _searchable(self) -> bool:
        return bool(self.search_fields or self.search_folded_fields)

    def _export(self) -> HttpResponseBase:
        table, columns = self._exported(self.rows.count())
        response = StreamingHttpResponse(
            _csv_chunks(table, columns, get_language()), content_type="text/csv; charset=utf-8"
        )
        return self._as_file(response, "csv")

    def _export_workbook(self) -> HttpResponseBase:
        """The same cells as a workbook.

        Raises:
            Invalid: more rows than a workbook is made of while one waits.
        """
        count = self.rows.count()
        xlsx.require_few(count)
        table, columns = self._exported(count)
        rows = ([BoundRow(record, table=table).get_cell_value(column.name) for column in columns]
                 for record in table.data.data.iterator(chunk_size=EXPORT_CHUNK))  # fmt: skip
        content = xlsx.workbook(str(self.title), [column.header for column in columns], rows)
        return self._as_file(HttpResponse(content, content_type=xlsx.MEDIA_TYPE), "xlsx")

    def _exported(self, count: int) -> tuple[Any, list[Any]]:
        asked = self.request.GET.urlencode()[:500]
        facts = {"list": self.export_name, "query": asked, "rows": count}
        audit.record(actor=self.request.user, action="ui.list_exported", now=clock.now(), data=facts)
        table = self.ordered_table()
        return table, [column for column in table.columns.iterall() if not column.column.exclude_from_export]

    def _as_file(self, response: HttpResponseBase, extension: str) -> HttpResponseBase:
        name = f"{self.export_name}-{clock.today()}.{extension}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response


def _ties_broken(rows: QuerySet[Any]) -> QuerySet[Any]:
    model: type[Model] = rows.model
    order = [*(rows.query.order_by or model._meta.ordering or ())]
    names = {str(item).lstrip("-") for item in order}
    return rows if names & {"pk", model._meta.pk.name} else rows.order_by(*order, "pk")


def _with_ranges(names: Any) -> Iterator[str]:
    # django-filter sends a range as two fields.
    for name in names:
        yield from (name, f"{name}_min", f"{name}_max", f"{name}_after", f"{name}_before")


def _csv_chunks(table: Any, columns: list[Any], language: str | None) -> Iterator[str]:
    """The file in pieces of `EXPORT_CHUNK` rows: read as they are sent, never all in memory."""
    with override(language):
        heading = "".join(csv.lines([column.header for column in columns], ()))
    yield heading
    # Closed with the response, also when the browser goes away half-way.
    with closing(table.data.data.iterator(chunk_size=EXPORT_CHUNK)) as records:
        while piece := list(islice(records, EXPORT_CHUNK)):
            # Other requests may use this thread between two pieces: the language is set for each.
            with override(language):
                rows = (BoundRow(record, table=table) for record in piece)
                text = csv.body([row.get_cell_value(column.name) for column in columns] for row in rows)
            yield text
