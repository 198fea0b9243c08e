"""The IT team's pages about tiles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.home import permissions, queries, tables
from parvis.portal.home.forms import TileForm
from parvis.portal.home.models import Tile
from parvis.portal.home.services import tiles as services
from parvis.portal.home.services.published import require_somewhere
from parvis.portal.home.views.asked import signed_in, step_of
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.ui.listing import BulkAction, ListingView


def _publish(request: HttpRequest, rows: QuerySet[Any]) -> str:
    count = services.publish_tiles(actor=signed_in(request), tiles=rows, published=True, now=clock.now())
    return ngettext("%(n)d tuile publiée.", "%(n)d tuiles publiées.", count) % {"n": count}


def _hide(request: HttpRequest, rows: QuerySet[Any]) -> str:
    count = services.publish_tiles(actor=signed_in(request), tiles=rows, published=False, now=clock.now())
    return ngettext("%(n)d tuile masquée.", "%(n)d tuiles masquées.", count) % {"n": count}


class TileList(ListingView):
    """The tiles of the perimeter."""

    table_class = tables.TileTable
    filterset_class = tables.TileFilter
    template_name = "home/manage/tiles.html"
    title = _("Tuiles")
    lead = _("Les applications proposées aux agents sur leur page d’accueil, et qui les voit.")
    search_fields = ("title", "url", "description")
    export_name = "tuiles"
    empty_icon = "layout-grid"
    empty_title = _("Aucune tuile pour le moment")
    empty_text = _("Créez la première\u202f: la messagerie, par exemple.")
    bulk_actions = (
        BulkAction(
            name="publish",
            label=_("Publier"),
            icon="eye",
            run=_publish,
            question=_("Publier ces tuiles\u202f?"),
            consequence=_("Les agents concernés les verront aussitôt."),
        ),
        BulkAction(
            name="hide",
            label=_("Masquer"),
            icon="eye-off",
            run=_hide,
            question=_("Masquer ces tuiles\u202f?"),
            consequence=_("Plus personne ne les verra, jusqu’à ce que vous les publiiez à nouveau."),
        ),
    )

    def authorize(self) -> authz.Decision:
        """The IT team."""
        return permissions.can_publish_somewhere(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Tile]:
        """In the order of the home page."""
        tiles = queries.tiles_managed_by(signed_in(self.request)).prefetch_related("services_concerned")
        return tiles.order_by("position", "title")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new tile, hidden until published."""
    user = signed_in(request)
    require_somewhere(user)
    form = TileForm(request.POST or None, user=user, initial={"entity": queries.entities_managed_by(user).first()})
    if form.is_valid():
        try:
            tile = services.create_tile(actor=user, content=form.content, now=clock.now())
        except (Invalid, Conflict) as error:
            form.refuse(error)
        else:
            _publish_if_asked(request, user, tile)
            return redirect("home:tiles")
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, tile_id: int) -> HttpResponse:
    """Change a tile."""
    user, tile = signed_in(request), _tile(request, tile_id)
    form = TileForm(request.POST or None, user=user, initial=TileForm.initial_of(tile))
    if form.is_valid():
        try:
            services.change_tile(actor=user, tile=tile, content=form.content, now=clock.now())
        except (Invalid, Conflict) as error:
            form.refuse(error)
        else:
            _publish_if_asked(request, user, tile)
            return redirect("home:tiles")
    return _form_page(request, form, tile)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, tile_id: int) -> HttpResponse:
    """Ask, then delete."""
    tile = _tile(request, tile_id)
    if request.method == "POST" and request.POST.get("confirmed") == "1":
        services.delete_tile(actor=signed_in(request), tile=tile, now=clock.now())
        messages.success(request, gettext("La tuile «\u202f%(tile)s\u202f» est supprimée.") % {"tile": tile})
        return redirect("home:tiles")
    context = {
        "question": gettext("Supprimer la tuile «\u202f%(tile)s\u202f»\u202f?") % {"tile": tile},
        "consequence": gettext("Elle disparaît aussi des favoris des agents. Pour la retirer un moment, masquez-la."),
        "yes": gettext("Supprimer"),
        "danger": True,
        "back_url": reverse("home:tile", args=[tile.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_safe
def order(request: HttpRequest) -> HttpResponse:
    """The tiles under their headings, to be put in order."""
    user = signed_in(request)
    require_somewhere(user)
    tiles = queries.tiles_managed_by(user).order_by("position", "title", "pk")[:500]
    by_entity: dict[str, list[Tile]] = {}
    for tile in tiles:
        by_entity.setdefault(tile.entity.name, []).append(tile)
    entities = [(name, queries.by_category(members)) for name, members in by_entity.items()]
    return render(request, "home/manage/order.html", {"entities": entities})


@require_POST
def move(request: HttpRequest, tile_id: int) -> HttpResponse:
    """One place up or down."""
    tile = _tile(request, tile_id)
    services.move_tile(actor=signed_in(request), tile=tile, step=step_of(request), now=clock.now())
    return redirect(f"{reverse('home:order_tiles')}#tuile-{tile.pk}")


def _tile(request: HttpRequest, tile_id: int) -> Tile:
    tile = queries.tiles_managed_by(signed_in(request)).filter(pk=tile_id).first()
    if tile is None:
        raise NotFound
    return tile


def _publish_if_asked(request: HttpRequest, user: User, tile: Tile) -> None:
    publish = request.POST.get("then") == "publish"
    if publish and not tile.is_published:
        services.publish_tiles(actor=user, tiles=Tile.objects.filter(pk=tile.pk), published=True, now=clock.now())
    if publish or tile.is_published:
        messages.success(request, gettext("La tuile «\u202f%(tile)s\u202f» est publiée.") % {"tile": tile})
    else:
        messages.success(request, gettext("La tuile «\u202f%(tile)s\u202f» est enregistrée, masquée.") % {"tile": tile})


def _form_page(request: HttpRequest, form: TileForm, tile: Tile | None) -> HttpResponse:
    mine = queries.tiles_managed_by(signed_in(request))
    categories = mine.order_by("category").values_list("category", flat=True).distinct()[:100]
    status = 422 if form.is_bound else 200
    context = {"form": form, "tile": tile, "categories": categories}
    return render(request, "home/manage/tile.html", context, status=status)
