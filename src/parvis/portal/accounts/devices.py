"""A browser told in plain words from its User-Agent header: “Firefox sur Windows”. A hint for people, not a proof."""

from __future__ import annotations

from django.utils.translation import gettext as _

# First match wins: Edge and Opera also say Chrome, Chrome also says Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
HAND_HELD = frozenset({"iPhone", "iPad", "Android"})


def describe(user_agent: str) -> str:
    """Browser and system; “Navigateur inconnu” when neither is recognised."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s sur %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Navigateur inconnu")


def is_hand_held(user_agent: str) -> bool:
    """A phone or a tablet."""
    return _first(SYSTEMS, user_agent) in HAND_HELD


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in table if mark in user_agent), "")
