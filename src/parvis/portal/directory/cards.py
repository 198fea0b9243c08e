"""The agent card's sections: those of rooms above are registered by `config`, so that this room imports none."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.template.loader import render_to_string

from parvis.portal.directory.models import Agent

Section = tuple[str, Callable[[HttpRequest, Agent], dict[str, object]]]
"""A template, and what it needs to show this agent to this request's user."""

_sections: list[Section] = []


def register(template: str, context: Callable[[HttpRequest, Agent], dict[str, object]]) -> None:
    """Add a section at the end of the card; the same one twice is once."""
    if (template, context) not in _sections:
        _sections.append((template, context))


def sections(request: HttpRequest, agent: Agent) -> list[str]:
    """The sections, rendered. Each decides itself what the user may see of the agent."""
    return [
        render_to_string(template, {"agent": agent, **context(request, agent)}, request)
        for template, context in _sections
    ]
