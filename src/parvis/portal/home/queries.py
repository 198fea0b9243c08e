"""Reads of the home page: what this user sees, and what this team publishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Case, Exists, IntegerField, Q, QuerySet, Value, When

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory.models import Agent, Entity, RoleGrant
from parvis.portal.directory.once import held_roles
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.home import rules
from parvis.portal.home.models import Announcement, Favourite, Service, Tile
from parvis.portal.kernel import clock
from parvis.portal.telework import queries as telework
from parvis.portal.ui import search

P = TypeVar("P", Tile, Announcement)

ANNOUNCEMENTS_SHOWN = 5
TILES_READ = 1000
"""More published tiles than this in one line of entities are not read."""


def viewer_of(user: Someone) -> rules.Viewer:
    """The user as the audience rules see them. Two queries, one when the page has read their roles."""
    if not user.is_authenticated or not user.is_active:
        return rules.Viewer(())
    agent = directory.agent_of(user)
    held = frozenset(held_roles(user))
    places = {path for _, path in held} | ({agent.entity.path} if agent is not None else set())
    return rules.Viewer(tuple(sorted(places)), held, user.is_superuser, agent.pk if agent is not None else None)


def viewer_as(agent: Agent) -> rules.Viewer:
    """The same for an agent who may not have an account yet: for the preview."""
    grants = RoleGrant.objects.filter(user__agent=agent).values_list("role", "entity__path")
    held = frozenset((role, path) for role, path in grants)
    return rules.Viewer(tuple(sorted({path for _, path in held} | {agent.entity.path})), held, agent_id=agent.pk)


def tiles_seen_by(viewer: rules.Viewer) -> list[Tile]:
    """The published tiles of this viewer, in order. Two queries.

    Those for teleworkers are asked for with the others: they come with the opening of telework and go with its end.
    """
    published = Tile.objects.filter(_open_to(viewer), is_published=True)
    tiles = _near(published, viewer).select_related("service")
    return _seen(viewer, tiles[:TILES_READ])


def announcements_seen_by(viewer: rules.Viewer, now: datetime) -> list[Announcement]:
    """The announcements of the moment, the urgent ones first, then the newest; at most five."""
    running = Announcement.objects.filter(starts_at__lte=now).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
    rank = Case(
        When(level=Announcement.Level.URGENT, then=Value(0)),
        When(level=Announcement.Level.WARNING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ordered = _near(running, viewer).order_by(rank, "-starts_at", "-pk")
    return _seen(viewer, ordered[:200])[:ANNOUNCEMENTS_SHOWN]


def services_seen_by(viewer: rules.Viewer) -> QuerySet[Service]:
    """The services of the viewer's entities and of those above them, the troubled ones first."""
    rank = Case(
        When(state=Service.State.OUTAGE, then=Value(0)),
        When(state=Service.State.DEGRADED, then=Value(1)),
        When(state=Service.State.MAINTENANCE, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return Service.objects.filter(_owned_above(viewer)).select_related("entity").order_by(rank, "name", "pk")


def troubles_seen_by(viewer: rules.Viewer) -> list[Service]:
    """The services that are not as they should be."""
    return list(services_seen_by(viewer).exclude(state=Service.State.OPERATIONAL)[:20])


def favourites_of(user: User) -> list[int]:
    """The ids of the user's favourite tiles, in their order (seen or not)."""
    return list(Favourite.objects.filter(user=user).values_list("tile_id", flat=True))


@dataclass(frozen=True, slots=True)
class Category:
    """Tiles under one heading."""

    name: str
    tiles: tuple[Tile, ...]


def by_category(tiles: Iterable[Tile]) -> list[Category]:
    """Tiles under their headings; a heading comes where its first tile does."""
    groups: dict[str, list[Tile]] = {}
    for tile in tiles:
        groups.setdefault(tile.category, []).append(tile)
    return [Category(name, tuple(members)) for name, members in groups.items()]


def search_text(tile: Tile) -> str:
    """What a search looks in, folded: title, description, heading."""
    return search.fold(f"{tile.title} {tile.description} {tile.category}")


def matching(tiles: Iterable[Tile], asked: str) -> list[Tile]:
    """The tiles where every word is found; accents and case do not count."""
    words = [search.fold(word) for word in search.words(asked)]
    return [tile for tile in tiles if all(word in search_text(tile) for word in words)]


def tiles_managed_by(user: Someone) -> QuerySet[Tile]:
    """The tiles the user's team publishes."""
    return Tile.objects.filter(_managed(user)).select_related("entity", "service")


def announcements_managed_by(user: Someone) -> QuerySet[Announcement]:
    """The announcements the user's team publishes."""
    return Announcement.objects.filter(_managed(user)).select_related("entity")


def services_managed_by(user: Someone) -> QuerySet[Service]:
    """The services the user's team runs."""
    return Service.objects.filter(_managed(user)).select_related("entity")


def entities_managed_by(user: Someone) -> QuerySet[Entity]:
    """The entities in whose name the user may publish."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path")).order_by("path")


def agents_who_see(audience: rules.Audience, *, for_teleworkers: bool = False) -> QuerySet[Agent]:
    """The agents in post who are in the audience: `rules.sees` written as one query.

    `for_teleworkers`: of those, only the ones whose telework is open.
    """
    agents = _in_audience(audience)
    if for_teleworkers:
        agents = agents.filter(pk__in=telework.open_requests(clock.today()).values("agent_id"))
    return agents


def _in_audience(audience: rules.Audience) -> QuerySet[Agent]:
    everyone_there = Q(entity__path__startswith=audience.owner)
    held_there = RoleGrant.objects.filter(entity__path__startswith=audience.owner)
    active = Agent.objects.filter(is_active=True)
    if audience.everyone:
        return active.filter(everyone_there | Q(user_id__in=held_there.values("user_id")))
    condition = Q(pk__in=[])
    for path in audience.services:
        if path.startswith(audience.owner):
            in_service = RoleGrant.objects.filter(entity__path__startswith=path)
            condition |= Q(entity__path__startswith=path) | Q(user_id__in=in_service.values("user_id"))
    holders = held_there.filter(role__in=list(audience.roles))
    return active.filter(condition | Q(user_id__in=holders.values("user_id")))


def _managed(user: Someone) -> Q:
    return within(perimeter(user, *STAFF_ROLES))


def _owned_above(viewer: rules.Viewer) -> Q:
    if viewer.all_seeing:
        return Q()
    paths = {path for place in viewer.places for path in rules.ancestors(place)}
    return Q(entity__path__in=sorted(paths))


def _open_to(viewer: rules.Viewer) -> Q:
    """The condition on `Tile`: not for teleworkers only, or the viewer's telework is open today."""
    if viewer.all_seeing:
        return Q()
    for_all = Q(for_teleworkers=False)
    if viewer.agent_id is None:
        return for_all
    return for_all | Q(Exists(telework.open_requests(clock.today()).filter(agent_id=viewer.agent_id)))


def _near(rows: QuerySet[P], viewer: rules.Viewer) -> QuerySet[P]:
    return rows.filter(_owned_above(viewer)).select_related("entity").prefetch_related("services_concerned")


def _seen(viewer: rules.Viewer, rows: QuerySet[P]) -> list[P]:
    return [row for row in rows if rules.sees(viewer, row.audience)]
