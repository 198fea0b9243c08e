"""The rows of a list, with what all cells of a column share found out once a table.

For each cell django-tables2 looks its column up among all, inspects the signature of what renders it, computes the
attributes and the header again, and Django looks a choice's words up among all the choices, translated again: two
thirds of the time of a page of fifty rows. What is written is the same (`tests/integration/ui/test_cells.py`), but
that a column's `attrs` may not be functions of the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django_tables2.columns.linkcolumn import BaseLinkColumn
from django_tables2.columns.manytomanycolumn import ManyToManyColumn
from django_tables2.rows import BoundRow
from django_tables2.utils import Accessor, signature

_NOTHING = "—"
_CLOSING = SafeString("</span></td>")


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the template writes it."""

    record: Any
    cells: SafeString


def lines(table: Any) -> Iterator[Line]:
    """The rows of the table's page, all their cells written."""
    columns = [_Column(bound, table) for bound in table.columns]
    for row in table.paginated_rows:
        yield Line(row.record, SafeString("".join([column.cell(row) for column in columns])))


class _Column:
    """One column: what its cells share, and the cell of any row."""

    def __init__(self, bound: Any, table: Any) -> None:
        self.bound, self.table = bound, table
        css = bound.attrs["td"].get("class") or ""
        self.opening = format_html('<td role="cell" class="{}" data-label="{}"><span>', css, bound.header)
        self.path, _, self.name = bound.accessor.rpartition(Accessor.SEPARATOR)
        self.accessor, self.penultimate = Accessor(bound.accessor), Accessor(self.path)
        self.empty_values, self.default = bound.column.empty_values, bound.default
        self.words: dict[tuple[type, Any], Any] = {}
        self.with_choices: dict[type, bool] = {}

    def cell(self, row: BoundRow) -> SafeString:
        """The whole `<td>`."""
        if isinstance(self.bound.column, BaseLinkColumn | ManyToManyColumn):
            content = row.get_cell(self.bound.name)
        else:
            value = self._value(row.record)
            content = self.default if value in self.empty_values else self._content(row, value)
        if content == "":
            content = _NOTHING
        elif not isinstance(content, str):
            content = str(localize(template_localtime(content)))
        return self.opening + conditional_escape(content) + _CLOSING

    def _content(self, row: BoundRow, value: Any) -> Any:
        given = {
            "value": value,
            "record": row.record,
            "column": self.bound.column,
            "bound_column": self.bound,
            "bound_row": row,
            "table": self.table,
        }
        takes, takes_all = self._render_takes
        content = self.bound.render(**(given if takes_all else {name: given[name] for name in takes if name in given}))
        return self.bound.link(content, **given) if self.bound.link else content

    @cached_property
    def _render_takes(self) -> tuple[tuple[str, ...], bool]:
        names, keywords = signature(self.bound.render)
        return names, bool(keywords)

    def _value(self, record: Any) -> Any:
        """What the accessor finds; for a field with choices its words. None where the way there breaks off."""
        owner = self.penultimate.resolve(record, quiet=True) if self.path else record
        if isinstance(owner, Model) and self._has_choices(record, owner):
            return self._words(owner)
        return self.accessor.resolve(record, quiet=True)

    def _has_choices(self, record: Any, owner: Model) -> bool:
        if (found := self.with_choices.get(type(record))) is None:
            try:
                field = self.accessor.get_field(record)
            except FieldDoesNotExist:
                field = None
            shown = hasattr(owner, f"get_{self.name}_display")
            found = self.with_choices[type(record)] = bool(shown and getattr(field, "choices", ()))
        return found

    def _words(self, owner: Model) -> Any:
        key = (type(owner), getattr(owner, self.name))
        if key not in self.words:
            self.words[key] = getattr(owner, f"get_{self.name}_display")()
        return self.words[key]
