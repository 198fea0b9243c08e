"""The sections of an agent's card and of an entity's page that belong to rooms above.

`config` registers them, so that this room imports none. Each section is a `<section class="card mb-3" id="…"
aria-labelledby="…">` whose `<h2 class="card-title">` is its name; it is shown to those whose perimeter has the agent
(or entity), and decides itself what more its user may see. One with nothing to show renders nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from parvis.portal.directory.models import Agent, Entity

T = TypeVar("T")
Context = Callable[[HttpRequest, T], dict[str, object]]

_TITLE = re.compile(r'<h2 class="card-title" id="([\w-]+)">(.*?)</h2>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A rendered section; `anchor` and `title` are those of its heading, for the links at the top of the page."""

    html: SafeString
    anchor: str
    title: str


class Sections(Generic[T]):
    """Sections in the order they were registered."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._registered: list[tuple[str, Context[T]]] = []

    def register(self, template: str, context: Context[T]) -> None:
        """Add a section at the end; the same one twice is once. `context(request, object)` says what it shows."""
        if (template, context) not in self._registered:
            self._registered.append((template, context))

    def shown(self, request: HttpRequest, about: T) -> list[Shown]:
        """The sections that have something to show."""
        rendered = (
            render_to_string(template, {self._name: about, **context(request, about)}, request).strip()
            for template, context in self._registered
        )
        return [_shown(html) for html in rendered if html]


def _shown(html: str) -> Shown:
    heading = _TITLE.search(html)
    anchor, title = (heading[1], strip_tags(heading[2]).strip()) if heading else ("", "")
    return Shown(mark_safe(html), anchor, title)  # noqa: S308 (rendered by a template, which escapes)


_of_agents: Sections[Agent] = Sections("agent")
_of_entities: Sections[Entity] = Sections("entity")

register = _of_agents.register
sections = _of_agents.shown
register_entity = _of_entities.register
entity_sections = _of_entities.shown
