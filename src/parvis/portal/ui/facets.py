"""Facets of a list: what it can be narrowed by, and how many rows each choice would leave."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.http import QueryDict

from parvis.portal.kernel.errors import Text

SHOWN = 8
"""Options of a facet shown at once: the rest unfolds."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice."""

    value: str
    label: Text
    count: int
    selected: bool
    url: str
    """The list with this choice added, or taken away where it is selected."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing to narrow by."""

    name: str
    label: Text
    options: list[Option]
    rest: list[Option]
    """Further options, folded away."""

    @property
    def active(self) -> bool:
        """Whether it narrows now."""
        return any(option.selected for option in (*self.options, *self.rest))


def facet(
    name: str,
    label: Text,
    choices: Iterable[tuple[str, Text, int]],
    *,
    selected: Collection[str],
    query: QueryDict,
    path: str,
    shown: int = SHOWN,
) -> Facet:
    """Of `choices` (value, words, count), in their order; those without a row are left out unless selected."""
    options = [
        Option(value, words, count, value in selected, _toggled(query, path, name, value))
        for value, words, count in choices
        if count or value in selected
    ]
    first = options[:shown]
    rest = options[shown:]
    first += [option for option in rest if option.selected]
    return Facet(name, label, first, [option for option in rest if not option.selected])


def _toggled(query: QueryDict, path: str, name: str, value: str) -> str:
    changed = query.copy()
    for key in ("page", "format"):
        changed.pop(key, None)
    values = changed.getlist(name)
    changed.setlist(name, [each for each in values if each != value] if value in values else [*values, value])
    if not changed.getlist(name):
        del changed[name]
    return f"{path}?{changed.urlencode()}" if changed else path
