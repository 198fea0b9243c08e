"""The menus: rooms' pages registered by `config`, so that this room imports none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

Text = str | Promise
Predicate = Callable[[Any], bool]

MAIN = "main"
ACCOUNT = "account"


def everyone(_user: Any) -> bool:
    """Any signed-in user."""
    return True


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one word of the main menu."""

    key: str
    label: Text
    icon: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in a menu. `group` is a group's key, or empty for an entry of its own."""

    label: Text
    url_name: str
    icon: str
    group: str = ""
    predicate: Predicate = everyone
    where: str = MAIN
    badge: Callable[[Any], int] | None = None
    """How many things wait there for this user; nothing is shown for 0. Called for who sees the entry, on every page:
    one cheap query at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """What the template shows: a link, or a word with links under it."""

    label: Text
    icon: str
    url: str = ""
    active: bool = False
    badge: int = 0
    children: tuple[Item, ...] = field(default=())


_groups: dict[str, Group] = {}
_entries: list[Entry] = []
_search: list[str] = []


def register_group(group: Group) -> None:
    """Declare a group; the order of the first entries is the order of the menu."""
    _groups[group.key] = group


def register(*entries: Entry) -> None:
    """Add entries, in the order they are shown; the same one twice is once."""
    _entries.extend(entry for entry in entries if entry not in _entries)


def register_search(url_name: str) -> None:
    """The page that answers the top bar's search (`?q=`)."""
    _search[:] = [url_name]


def entries() -> tuple[Entry, ...]:
    """All that is registered, for the tests and the site map."""
    return tuple(_entries)


def search_url() -> str:
    """Address of the search page, or empty."""
    return _url(_search[0]) if _search else ""


def items_for(user: Any, path: str, where: str = MAIN) -> list[Item]:
    """The menu of this user; the entry whose address is the longest beginning of `path` is active."""
    shown = [(entry, url) for entry in _entries if entry.where == where and (url := _url(entry.url_name))]
    shown = [(entry, url) for entry, url in shown if entry.predicate(user)]
    current = max((url for _, url in shown if _leads_to(url, path)), key=len, default="")
    items: list[Item] = []
    places: dict[str, int] = {}
    for entry, url in shown:
        waiting = entry.badge(user) if entry.badge is not None else 0
        item = Item(entry.label, entry.icon, url, url == current, waiting)
        group = _groups.get(entry.group)
        if group is None:
            items.append(item)
        elif entry.group in places:
            at = places[entry.group]
            items[at] = replace(
                items[at],
                children=(*items[at].children, item),
                active=items[at].active or item.active,
                badge=items[at].badge + item.badge,
            )
        else:
            places[entry.group] = len(items)
            items.append(Item(group.label, group.icon, active=item.active, badge=item.badge, children=(item,)))
    # A group of one is that one.
    return [item.children[0] if len(item.children) == 1 else item for item in items]


def _leads_to(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url if url.endswith("/") else f"{url}/"))


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
