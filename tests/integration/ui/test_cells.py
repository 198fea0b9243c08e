"""The rows of a list: the same as django-tables2 writes, without its work for every cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import django_tables2 as tables
import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django_tables2.utils import signature

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.ui.listing import ListingTable

pytestmark = pytest.mark.django_db

AS_DJANGO_TABLES = Template(
    '{% for row in table.paginated_rows %}{% for column, cell in row.items %}<td role="cell"'
    ' class="{{ column.attrs.td.class|default:"" }}" data-label="{{ column.header }}"><span>'
    '{% if cell == "" %}—{% else %}{{ cell }}{% endif %}</span></td>{% endfor %}\n{% endfor %}'
)


class EveryKindOfColumn(ListingTable):
    last_name = tables.Column(verbose_name="Nom & prénom", linkify=lambda record: f"/agents/{record.pk}?a=1&b=2")
    named = tables.Column(accessor="pk", linkify=("home:search", {}), attrs={"td": {"class": "text-nowrap"}})
    job_title = tables.Column(default="sans <fonction>")
    kind = tables.Column(accessor="entity__kind", attrs={"cell": {"class": "b a"}})
    entity = tables.Column()
    left = tables.Column(accessor="user__email")
    alone = tables.Column(empty_values=())
    all = tables.Column(accessor="entity")
    is_active = tables.BooleanColumn()
    day = tables.DateColumn(accessor="day", format="d/m/Y")
    day_as_is = tables.Column(accessor="day")
    number = tables.Column(accessor="number")
    nothing = tables.Column(accessor="nowhere__at__all")
    template = tables.TemplateColumn("<b>{{ record.last_name }} {{ value }}</b>", accessor="number")
    empty = tables.Column(accessor="void", empty_values=())
    written = tables.Column(accessor="last_name")
    hidden = tables.Column(accessor="pk", visible=False)

    def render_alone(self) -> str:
        return "<i>seul</i>"

    def render_all(self, value: Any, record: Any, column: Any, bound_column: Any, bound_row: Any, table: Any) -> str:
        return f"{value} {record.pk} {column.empty_values} {bound_column.name} {type(table).__name__}"

    def render_written(self, **given: Any) -> str:
        return " ".join(sorted(given))


@pytest.fixture
def table(agents: list[Agent]) -> Callable[[int], EveryKindOfColumn]:
    places = [Entity(pk=pk, name=f"L’<{kind}>", kind=kind) for pk, kind in enumerate(Entity.Kind.values, 1000)]
    for number, agent in enumerate(agents):
        agent.last_name += ' "<script>'
        agent.job_title = "" if number % 2 else "Été"
        agent.entity = places[number % len(places)]
        agent.__dict__ |= {"day": date(2026, 11, 1 + number % 28), "number": 1234567 + number, "void": ""}

    def make(rows: int) -> EveryKindOfColumn:
        made = EveryKindOfColumn(agents[:rows], request=RequestFactory().get("/liste/"))
        made.paginate(per_page=rows)
        return made

    return make


def test_what_is_written_is_what_django_tables_writes(table: Callable[[int], EveryKindOfColumn]) -> None:
    expected = AS_DJANGO_TABLES.render(Context({"table": table(12)})).splitlines()
    written = [line.cells for line in table(12).lines()]
    assert written == expected
    assert "Nom 000 &quot;&lt;script&gt;" in written[0]
    assert "sans &lt;fonction&gt;" in written[1]


@pytest.mark.parametrize("rows", [2, 60])
def test_what_is_the_same_for_a_column_is_found_out_once(
    table: Callable[[int], EveryKindOfColumn], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(function: Any) -> Any:
        asked.append("")
        return signature(function)

    monkeypatch.setattr("parvis.portal.ui.cells.signature", counted)
    monkeypatch.setattr("django_tables2.rows.BoundRow.get_cell", pytest.fail)
    made = table(rows)
    assert len(list(made.lines())) == rows
    assert len(asked) <= len(made.columns)
