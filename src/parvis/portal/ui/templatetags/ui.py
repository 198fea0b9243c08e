"""Tags every template may use, without loading: icons, assets, dates, sizes, badges, forms, navigation."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms import BaseForm
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parvis.portal.kernel import clock
from parvis.portal.ui import formats, manifest, navigation
from parvis.portal.ui.facets import Option

register = template.Library()
logger = logging.getLogger(__name__)

COLORS = frozenset({"green", "yellow", "orange", "red", "blue", "azure", "purple", "secondary"})


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An outline icon of Tabler by name, for decoration: `{% icon "device-desktop" "icon-lg" %}`."""
    return _icon(name, css, *_sprite(int(time.monotonic())))


@lru_cache(maxsize=1)
def _sprite(_second: int) -> tuple[str, str]:
    """Where the icons are, and which: looked at once a second, for a page has a hundred of them."""
    return static("ui/build/icons.svg"), manifest.icons_version()


@lru_cache(maxsize=1000)
def _icon(name: str, css: str, sprite: str, version: str) -> SafeString:
    return format_html(
        '<svg class="icon {}" width="24" height="24" aria-hidden="true" focusable="false">'
        '<use href="{}?v={}#tabler-{}"></use></svg>',
        css,
        sprite,
        version,
        name,
    )


@register.simple_tag
def asset(name: str) -> SafeString:
    """The tags of an entry of the front end: `{% asset "app" %}`; `theme` blocks so that no page flashes."""
    try:
        entry = manifest.entry(name)
    except manifest.NotBuilt as missing:
        logger.error("asset %s: %s", name, missing)
        return SafeString("")
    fonts = format_html_join(
        "\n",
        '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin>',
        ((static(font),) for font in entry.fonts),
    )
    styles = format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(css),) for css in entry.styles))
    if name == "theme":
        return format_html('<script src="{}"></script>', static(entry.script))
    imports = format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', ((static(each),) for each in entry.imports)
    )
    script = format_html('<script type="module" src="{}"></script>', static(entry.script))
    return format_html_join("\n", "{}", ((part,) for part in (fonts, styles, imports, script) if part))


@register.simple_tag
def day(value: date | None) -> str:
    """`lundi 23 novembre 2026`; nothing for None."""
    return formats.day(value) if value else ""


@register.simple_tag
def instant(value: datetime | None) -> str:
    """A `<time>` that reads `lundi 23 novembre 2026 à 14:32`; nothing for None."""
    return _time(value, formats.instant(value)) if value else ""


@register.simple_tag
def since(value: datetime | None) -> str:
    """A `<time>` that reads `08:40`, `hier à 08:40` or the whole instant, for after « depuis »."""
    return _time(value, formats.since(value, clock.now())) if value else ""


@register.simple_tag
def ago(value: datetime | None) -> str:
    """A `<time>` that reads `il y a 5 minutes` and holds the whole instant in its title."""
    if not value:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(timespec="seconds"),
        formats.instant(value),
        formats.ago(value, clock.now()),
    )


@register.simple_tag(name="bytes")
def bytes_(value: int | None) -> str:
    """`1,5 Mo`; nothing for None."""
    return formats.size(value) if value is not None else ""


@register.simple_tag
def euros(value: Decimal | int | None) -> str:
    """`1 234,50 €`; nothing for None."""
    return formats.euros(value) if value is not None else ""


@register.simple_tag
def state_badge(label: object, color: str, icon_name: str = "") -> SafeString:
    """A state: its colour as a dot or an icon, its name in the text's own colour, so that it stays readable."""
    chosen = color if color in COLORS else "secondary"
    mark = icon(icon_name) if icon_name else SafeString('<span class="state-dot" aria-hidden="true"></span>')
    return format_html('<span class="state state-{}">{}{}</span>', chosen, mark, label)


@register.simple_tag
def facet_options(facet: str, options: Sequence[Option]) -> SafeString:
    """The choices of a facet as list items; in Python, for a page has a hundred of them."""
    check = icon("check")
    return format_html_join(
        "",
        '<li><a id="facet-{}-{}" href="{}" hx-get="{}" hx-target="#listing" hx-swap="outerHTML"{}>{}<span>{}</span>'
        '<span class="listing-facet-count">{}</span></a></li>',
        (
            (
                facet,
                option.value,
                option.url,
                option.url,
                SafeString(' aria-current="true"') if option.selected else "",
                check if option.selected else "",
                option.label,
                intcomma(option.count),
            )
            for option in options
        ),
    )


@register.inclusion_tag("ui/form_fields.html")
def form_fields(form: BaseForm) -> dict[str, object]:
    """Errors at the top linked to their fields, then the fields in Tabler's style."""
    return {"form": form}


@register.simple_tag(takes_context=True)
def menu(context: RequestContext, where: str = navigation.MAIN) -> list[navigation.Item]:
    """The entries the signed-in user sees in the `main` or the `account` menu."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return []
    return navigation.items_for(user, request.path, where)


@register.simple_tag
def search_url() -> str:
    """Where the search field of the top bar leads; empty if no room answers searches."""
    return navigation.search_url()


def _time(value: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), text)
