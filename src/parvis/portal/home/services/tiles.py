"""Tiles: made, changed, ordered, published, deleted by the IT team; favourites by everyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.home import queries, rules
from parvis.portal.home.icons import ICONS
from parvis.portal.home.models import Favourite, Hosting, Service, Tile
from parvis.portal.home.services.published import EVERYONE, AudienceChoice, check_audience, check_owner
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound

STEP = 10
"""Between two positions, so that a tile can be put between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileContent:
    """All that a person decides of a tile, but its order and whether it is published."""

    entity: Entity
    title: str
    url: str
    category: str
    description: str = ""
    icon: str = "apps"
    colour: str = "blue"
    hosting: str = Hosting.LOCAL
    opens_new_tab: bool = True
    for_teleworkers: bool = False
    service: Service | None = None
    audience: AudienceChoice = EVERYONE


@transaction.atomic
def create_tile(*, actor: User, content: TileContent, now: datetime) -> Tile:
    """A tile at the end of the list, not published yet.

    Raises:
        NotFound: the entity or the service is outside the actor's perimeter.
        Invalid: the address, the icon, the colour or the audience.
        Conflict: the entity has a tile of this title.
    """
    _check(actor, content)
    last = Tile.objects.filter(entity=content.entity).aggregate(last=Max("position"))["last"] or 0
    tile = Tile(position=last + STEP)
    _write(tile, content)
    audit.record(actor=actor, action="home.tile_created", target=tile, now=now, data={"url": tile.url})
    return tile


@transaction.atomic
def change_tile(*, actor: User, tile: Tile, content: TileContent, now: datetime) -> Tile:
    """Change what the tile says, where it leads, who sees it.

    Raises:
        As `create_tile`.
    """
    check_owner(actor, tile.entity)
    _check(actor, content)
    before = tile.url
    _write(tile, content)
    audit.record(
        actor=actor, action="home.tile_changed", target=tile, now=now, data={"url": tile.url, "url_before": before}
    )
    return tile


@transaction.atomic
def publish_tiles(*, actor: User, tiles: QuerySet[Tile], published: bool, now: datetime) -> int:
    """Show or hide tiles; how many changed. Those outside the actor's perimeter are left out."""
    mine = queries.tiles_managed_by(actor).filter(pk__in=tiles.values("pk")).exclude(is_published=published)
    changed = list(mine)
    Tile.objects.filter(pk__in=[tile.pk for tile in changed]).update(is_published=published)
    for tile in changed:
        action = "home.tile_published" if published else "home.tile_hidden"
        audit.record(actor=actor, action=action, target=tile, now=now)
    return len(changed)


@transaction.atomic
def delete_tile(*, actor: User, tile: Tile, now: datetime) -> None:
    """Delete a tile, and with it the favourites of those who had it."""
    check_owner(actor, tile.entity)
    audit.record(actor=actor, action="home.tile_deleted", target=tile, now=now, data={"url": tile.url})
    tile.delete()


@transaction.atomic
def move_tile(*, actor: User, tile: Tile, step: int, now: datetime) -> None:
    """One place up (-1) or down (1) among the tiles of its entity and heading."""
    check_owner(actor, tile.entity)
    beside = Tile.objects.filter(entity=tile.entity, category=tile.category).order_by("position", "title", "pk")
    order = list(beside.values_list("pk", flat=True))
    positions = sorted(beside.values_list("position", flat=True))
    if len(set(positions)) != len(positions):
        positions = [positions[0] + n for n in range(len(positions))]
    new_order = rules.moved(order, tile.pk, step)
    if new_order == order:
        return
    for position, pk in zip(positions, new_order, strict=True):
        Tile.objects.filter(pk=pk).update(position=position)
    audit.record(actor=actor, action="home.tile_moved", target=tile, now=now, data={"step": step})


def set_favourite(*, actor: User, tile_id: int, favourite: bool) -> None:
    """Put a tile among one's favourites, at the end, or take it out; twice is once.

    Raises:
        NotFound: the actor does not see this tile.
    """
    if not favourite:
        Favourite.objects.filter(user=actor, tile_id=tile_id).delete()
        return
    if tile_id not in {tile.pk for tile in queries.tiles_seen_by(queries.viewer_of(actor))}:
        raise NotFound
    last = Favourite.objects.filter(user=actor).aggregate(last=Max("position"))["last"] or 0
    Favourite.objects.get_or_create(user=actor, tile_id=tile_id, defaults={"position": last + 1})


@transaction.atomic
def move_favourite(*, actor: User, tile_id: int, step: int) -> None:
    """One place up (-1) or down (1) among one's favourites."""
    mine = queries.favourites_of(actor)
    if tile_id not in mine:
        raise NotFound
    order = rules.moved(mine, tile_id, step)
    for position, pk in enumerate(order, start=1):
        Favourite.objects.filter(user=actor, tile_id=pk).update(position=position)


def _check(actor: User, content: TileContent) -> None:
    check_owner(actor, content.entity)
    check_audience(content.entity, content.audience)
    if content.service is not None:
        check_owner(actor, content.service.entity)
    try:
        rules.check_address(content.url)
    except rules.AddressInvalid:
        raise Invalid(
            code="address",
            fields={"url": [_("Cette adresse doit commencer par https://, http:// ou mailto:, sans espace.")]},
        ) from None
    if content.icon not in ICONS:
        raise Invalid(code="icon", fields={"icon": [_("Cette icône n’existe pas.")]})
    if content.colour not in rules.COLOURS:
        raise Invalid(code="colour", fields={"colour": [_("Cette couleur n’existe pas.")]})


def _write(tile: Tile, content: TileContent) -> None:
    for name in (
        "entity", "title", "category", "description", "icon", "colour", "hosting", "opens_new_tab",
        "for_teleworkers", "service",
    ):  # fmt: skip
        setattr(tile, name, getattr(content, name))
    tile.url = rules.check_address(content.url)
    tile.for_everyone = content.audience.for_everyone
    tile.roles_concerned = sorted(content.audience.roles)
    try:
        with transaction.atomic():
            tile.save()
            tile.services_concerned.set(content.audience.services)
    except IntegrityError:
        raise Conflict(_("Cette entité a déjà une tuile de ce titre."), code="title_taken") from None
