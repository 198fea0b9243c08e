"""Facets of a list: what it can be narrowed by, and how many rows each choice would leave."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

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
    toggled = _Toggle(name, query, path)
    options = [
        Option(value, words, count, value in selected, toggled.url(value))
        for value, words, count in choices
        if count or value in selected
    ]
    first = options[:shown]
    rest = options[shown:]
    first += [option for option in rest if option.selected]
    return Facet(name, label, first, [option for option in rest if not option.selected])


class _Toggle:
    """Addresses of the list with one value of a facet added or taken away: what does not change is written once."""

    def __init__(self, name: str, query: QueryDict, path: str) -> None:
        self.name, self.path = name, path
        self.values = query.getlist(name)
        left_out = {name, "page", "format"}
        self.rest = urlencode(
            [(key, value) for key, values in query.lists() if key not in left_out for value in values]
        )

    def url(self, value: str) -> str:
        """With `value` added, or without it where it is there."""
        values = [each for each in self.values if each != value]
        if value not in self.values:
            values.append(value)
        query = "&".join(part for part in (self.rest, urlencode([(self.name, each) for each in values])) if part)
        return f"{self.path}?{query}" if query else self.path
