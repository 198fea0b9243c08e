"""Column titles are words, not the names of fields."""

from __future__ import annotations

from collections.abc import Iterator

import django_tables2 as tables
from django.urls import get_resolver
from django.utils import translation

SAME_IN_BOTH = {"agent", "agents", "antivirus", "page", "port", "site", "source", "version", "service", "type"}
"""French words that are also names of columns."""


def all_tables(base: type[tables.Table]) -> Iterator[type[tables.Table]]:
    """Every table of the product."""
    for each in base.__subclasses__():
        yield each
        yield from all_tables(each)


def title(table: type[tables.Table], name: str, column: tables.Column) -> str:
    """What stands above it: its own words, or those of the model's field."""
    if column.verbose_name is not None:
        return str(column.verbose_name)
    model = table._meta.model
    return str(model._meta.get_field(name).verbose_name) if model else name


def test_no_column_shows_the_name_of_its_field() -> None:
    _ = get_resolver().url_patterns  # every room's views are read
    bare, count = [], 0
    with translation.override("fr"):
        for table in all_tables(tables.Table):
            if not table.__module__.startswith("parvis."):
                continue
            for name, column in table.base_columns.items():
                count += 1
                words = title(table, name, column).strip().lower()
                if words.replace(" ", "_") == name and words not in SAME_IN_BOTH:
                    bare.append(f"{table.__module__}.{table.__name__}: {name}")
    assert count > 100
    assert not bare
