"""Every address of the portal, from the URLconf: for tests that must not forget one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

EXAMPLES = {"int": "1", "str": "x", "slug": "x", "path": "x"}
UUID = "00000000-0000-4000-8000-000000000000"
EXAMPLES |= {"uuid": UUID, "uuidstr": UUID}


@dataclass(frozen=True)
class Route:
    """An address, one example of it, and what its view asks of who comes."""

    name: str
    pattern: str
    example: str
    public: bool
    second_factor: bool


def every_route(urlconf: str | None = None) -> list[Route]:
    """In the order of the URLconf."""
    return list(_walk(get_resolver(urlconf).url_patterns, "", ""))


def _walk(patterns: list[Any], before: str, namespace: str) -> Iterator[Route]:
    for entry in patterns:
        text = before + _text(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, text, inner)
        elif isinstance(entry, URLPattern):
            view = entry.callback
            yield Route(
                name=f"{namespace}{entry.name}" if entry.name else "",
                pattern=text,
                example="/" + _example(text),
                public=not getattr(view, "login_required", True),
                second_factor=getattr(view, "second_factor_required", True),
            )


def _text(pattern: Any) -> str:
    assert isinstance(pattern, RoutePattern | RegexPattern)
    text = str(pattern)
    return text.lstrip("^").rstrip("$") if isinstance(pattern, RegexPattern) else text


def _example(text: str) -> str:
    text = re.sub(r"\(\?P<\w+>([^()|]*)\|[^()]*\)", r"\1", text)  # the first of several words
    text = re.sub(r"\(\?P<\w+>\\d\+\)", "1", text)
    text = re.sub(r"\(\?P<\w+>[^()]*\)", "x", text)
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES.get(found[1] or "str", "x"), text)
