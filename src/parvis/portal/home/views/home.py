"""What every agent opens: home, favourites, search, state of the services."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory import colleagues
from parvis.portal.directory import queries as directory
from parvis.portal.home import cards, queries
from parvis.portal.home.desktop_card import desktop_card, ready
from parvis.portal.home.models import Announcement, Service, Tile
from parvis.portal.home.services import tiles as services
from parvis.portal.home.views.asked import signed_in, step_of
from parvis.portal.kernel import clock
from parvis.portal.meetings import cards as meeting_cards
from parvis.portal.parc import queries as parc
from parvis.portal.presence import cards as presence_cards
from parvis.portal.telework import path as telework
from parvis.portal.trust import queries as trust
from parvis.portal.ui import navigation, search

FOUND_SHOWN = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of the morning."""
    user, now = signed_in(request), clock.now()
    viewer = queries.viewer_of(user)
    announcements = queries.announcements_seen_by(viewer, now)
    urgent = [each for each in announcements if each.level == Announcement.Level.URGENT]
    today, desktops = clock.today(now), desktop_card(user)
    context = {
        "today": today,
        "desktop": desktops,
        "ready": ready(user, desktops, trust.trust_of(request).effects.screen, today),
        "presence": presence_cards.today_of(user),
        "meetings": meeting_cards.today_of(user),
        "telework_path": telework.card_of(user),
        "cards": cards.shown(request, user),
        "urgent": urgent,
        "calm": [each for each in announcements if each not in urgent],
        "troubles": queries.troubles_seen_by(viewer),
        "page_has_search": True,
        **_tiles(request, user, queries.tiles_seen_by(viewer)),
    }
    return render(request, "home/home.html", context)


@require_POST
def favourite(request: HttpRequest, tile_id: int) -> HttpResponse:
    """Star or unstar a tile; htmx gets the tiles anew, others the page."""
    services.set_favourite(actor=signed_in(request), tile_id=tile_id, favourite=request.POST.get("favourite") == "1")
    if "HX-Request" not in request.headers:
        return redirect("home:home")
    user = signed_in(request)
    return render(request, "home/tiles.html", _tiles(request, user, queries.tiles_seen_by(queries.viewer_of(user))))


@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """One's favourites, to be put in order."""
    user = signed_in(request)
    tiles = _tiles(request, user, queries.tiles_seen_by(queries.viewer_of(user)))["favourites"]
    return render(request, "home/favourites.html", {"favourites": tiles})


@require_POST
def move_favourite(request: HttpRequest, tile_id: int) -> HttpResponse:
    """One place up or down."""
    services.move_favourite(actor=signed_in(request), tile_id=tile_id, step=step_of(request))
    return redirect("home:favourites")


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Tiles, pages, and for those who see them agents and computers."""
    user = signed_in(request)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    context: dict[str, object] = {"asked": asked, "page_has_search": True}
    if asked:
        tiles = queries.matching(queries.tiles_seen_by(queries.viewer_of(user)), asked)
        _lock(request, tiles)
        agents = directory.search_agents(colleagues.found_by(user), asked)
        computers = parc.computers_visible_to(user).filter(search.matching(asked, ("name", "address")))
        context |= {
            "tiles": tiles,
            "pages": _pages(user, asked),
            "agents": list(agents.order_by("last_name", "first_name", "pk")[:FOUND_SHOWN]),
            "computers": list(computers.order_by("name", "pk")[:FOUND_SHOWN]),
        }
        context["nothing"] = not any(context[name] for name in ("tiles", "pages", "agents", "computers"))
    return render(request, "home/search.html", context)


@require_safe
def service_states(request: HttpRequest) -> HttpResponse:
    """How each service is, for every agent."""
    viewer = queries.viewer_of(signed_in(request))
    services = queries.services_seen_by(viewer)[:500]
    by_name = sorted(services, key=lambda service: search.fold(service.name))
    troubled_first = sorted(by_name, key=lambda service: service.state == Service.State.OPERATIONAL)
    return render(request, "home/services.html", {"services": troubled_first})


def _lock(request: HttpRequest, tiles: list[Tile]) -> None:
    trusted = trust.trust_of(request)
    for tile in tiles:
        tile.locked = not trust.heading_is_open(trusted, tile.category)  # type: ignore[attr-defined]


def _tiles(request: HttpRequest, user: User, tiles: list[Tile]) -> dict[str, Any]:
    _lock(request, tiles)
    wanted = queries.favourites_of(user)
    by_id = {tile.pk: tile for tile in tiles}
    for tile in tiles:
        tile.search_text = queries.search_text(tile)  # type: ignore[attr-defined]
    return {
        "favourites": [by_id[pk] for pk in wanted if pk in by_id],
        "favourite_ids": set(wanted),
        "categories": queries.by_category(tiles),
    }


def _pages(user: User, asked: str) -> list[navigation.Item]:
    words = [search.fold(word) for word in search.words(asked)]
    items = navigation.items_for(user, "") + navigation.items_for(user, "", navigation.ACCOUNT)
    links = [link for item in items for link in (item.children or (item,))]
    return [link for link in links if all(word in search.fold(str(link.label)) for word in words)]
