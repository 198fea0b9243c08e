"""Sections of an asset's page and of a site's: rooms above have theirs registered by `config`: none is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest
from django.template.loader import render_to_string

from parvis.portal.parc.models import Asset, Computer, Site

Context = Callable[[HttpRequest, Asset], dict[str, object] | None]
"""What a section's template needs for this request's user; None: nothing for them."""

ComputerContext = Callable[[HttpRequest, Computer], dict[str, object] | None]

SiteContext = Callable[[HttpRequest, Site], dict[str, object] | None]

_sections: list[tuple[str, Context, bool]] = []
_of_sites: list[tuple[str, SiteContext]] = []


def register(template: str, context: Context) -> None:
    """Add a section to the page of every asset, at its end; the same one twice is once.

    The template finds `asset`, and the same object as `computer` where it is one (then it is a `Computer`).
    """
    _add(template, context, False)


def register_for_computers(template: str, context: ComputerContext) -> None:
    """The same, for computers only: `context` gets a `Computer`."""
    _add(template, cast(Context, context), True)


def register_for_sites(template: str, context: SiteContext) -> None:
    """Add a section to the page of every site, at its end; the same one twice is once. The template finds `site`."""
    if (template, context) not in _of_sites:
        _of_sites.append((template, context))


def _add(template: str, context: Context, computers_only: bool) -> None:
    if (template, context, computers_only) not in _sections:
        _sections.append((template, context, computers_only))


def sections(request: HttpRequest, asset: Asset) -> list[str]:
    """The sections, rendered. Each decides itself what the user may see of the asset."""
    named: dict[str, object] = {"asset": asset, "computer": asset if isinstance(asset, Computer) else None}
    shown = (
        (template, context(request, asset))
        for template, context, computers_only in _sections
        if isinstance(asset, Computer) or not computers_only
    )
    return [render_to_string(template, {**named, **found}, request) for template, found in shown if found is not None]


def site_sections(request: HttpRequest, site: Site) -> list[str]:
    """The sections of a site, rendered. Each decides itself what the user may see of it."""
    shown = ((template, context(request, site)) for template, context in _of_sites)
    return [
        render_to_string(template, {"site": site, **found}, request) for template, found in shown if found is not None
    ]
