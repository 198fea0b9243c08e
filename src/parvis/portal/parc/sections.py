"""Sections of a computer's page: those of rooms above are registered by `config`, so that this room imports none."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.template.loader import render_to_string

from parvis.portal.parc.models import Computer

Context = Callable[[HttpRequest, Computer], dict[str, object] | None]
"""What a section's template needs for this request's user; None: nothing for them."""

_sections: list[tuple[str, Context]] = []


def register(template: str, context: Context) -> None:
    """Add a section at the end of the page; the same one twice is once."""
    if (template, context) not in _sections:
        _sections.append((template, context))


def sections(request: HttpRequest, computer: Computer) -> list[str]:
    """The sections, rendered. Each decides itself what the user may see of the computer."""
    shown = ((template, context(request, computer)) for template, context in _sections)
    return [
        render_to_string(template, {"computer": computer, **found}, request)
        for template, found in shown
        if found is not None
    ]
