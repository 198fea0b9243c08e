"""Reads of the directory. The perimeter is decided here and used by every room.

A user sees themselves, and what their roles cover: an entity and all below it. What
lies outside does not exist for them (404). A superuser sees everything.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory import rules
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.ui.search import matching

Someone = User | AnonymousUser

STAFF_ROLES = (Role.TECHNICIAN, Role.HEAD_OF_IT)
"""The IT team: they run the parc and the remote desktops of their perimeter."""

VIEWING_ROLES = (Role.HEAD_OF_DEPARTMENT, Role.TECHNICIAN, Role.HEAD_OF_IT, Role.AUDITOR)
"""Roles that show the agents of an entity. An elected member's does not."""

EVERYTHING = ("",)
"""The perimeter of a superuser: the prefix of every path."""


def perimeter(user: Someone, *roles: Role) -> tuple[str, ...]:
    """Path prefixes of the entities where `user` has one of `roles` (any role if none is named).

    Give it to `within`. Empty: nothing. One query.
    """
    if not user.is_authenticated or not user.is_active:
        return ()
    if user.is_superuser:
        return EVERYTHING
    grants = RoleGrant.objects.filter(user_id=user.pk)
    if roles:
        grants = grants.filter(role__in=roles)
    return rules.outermost(grants.values_list("entity__path", flat=True))


def within(prefixes: tuple[str, ...], path: str = "entity__path") -> Q:
    """The condition "in this perimeter" on the lookup `path`; an empty perimeter matches nothing."""
    if "" in prefixes:
        return Q()
    condition = Q(pk__in=[])
    for prefix in prefixes:
        condition |= Q(**{f"{path}__startswith": prefix})
    return condition


def has_role(user: Someone, *roles: Role, entity: Entity | None = None) -> bool:
    """Whether `user` has one of `roles` (any if none is named), on `entity` if given. A superuser has all."""
    prefixes = perimeter(user, *roles)
    if entity is None:
        return bool(prefixes)
    return any(rules.covers(prefix, entity.path) for prefix in prefixes)


def is_staff(user: Someone, entity: Entity | None = None) -> bool:
    """Whether `user` is of the IT team (of `entity` if given)."""
    return has_role(user, *STAFF_ROLES, entity=entity)


def agent_of(user: Someone) -> Agent | None:
    """The agent this account belongs to, still in post; with their entity."""
    if not user.is_authenticated:
        return None
    return Agent.objects.select_related("entity").filter(user_id=user.pk, is_active=True).first()


def entities_visible_to(user: Someone) -> QuerySet[Entity]:
    """The entities of the user's perimeter, and their own service."""
    condition = within(perimeter(user, *VIEWING_ROLES), "path")
    if user.is_authenticated and user.is_active:
        condition = condition if condition == Q() else condition | Q(agents__user_id=user.pk)
    return Entity.objects.filter(pk__in=Entity.objects.filter(condition).order_by().values("pk"))


def agents_visible_to(user: Someone) -> QuerySet[Agent]:
    """The agents of the user's perimeter, and themselves; with entity and account."""
    condition = within(perimeter(user, *VIEWING_ROLES))
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(user_id=user.pk)
    return Agent.objects.filter(condition).select_related("entity", "user")


def search_agents(agents: QuerySet[Agent], words: str) -> QuerySet[Agent]:
    """Those where each word is found in name, e-mail or job; accents and case do not count."""
    return agents.filter(matching(words, (), ("search",)))


def accounts_administered_by(user: User) -> Q | None:
    """The condition on `User` for the accounts the IT team may administer; None: `user` is not of it.

    Accounts of agents in the perimeter, without those whose roles reach beyond it, and for a technician without
    those of a head of IT: else an account would be a way up.
    """
    if user.is_superuser:
        return Q()
    team = perimeter(user, *STAFF_ROLES)
    if not team:
        return None
    heads = perimeter(user, Role.HEAD_OF_IT)
    beyond = RoleGrant.objects.filter(~within(team) | Q(role=Role.HEAD_OF_IT) & ~within(heads))
    return within(team, "agent__entity__path") & ~Q(pk__in=beyond.values("user_id"))


def grants_of(user: User) -> QuerySet[RoleGrant]:
    """The roles of an account, with their entities."""
    return RoleGrant.objects.filter(user=user).select_related("entity").order_by("role", "entity__path")


def tree_visible_to(user: Someone) -> list[dict[str, Any]]:
    """The entities in tree order, each `{entity, depth, agents}`: agents in post, direct ones only."""
    entities = (
        entities_visible_to(user)
        .annotate(agent_count=Count("agents", filter=Q(agents__is_active=True)))
        .order_by("path")
    )
    rows: list[dict[str, Any]] = []
    open_paths: list[str] = []
    for entity in entities:
        while open_paths and not rules.covers(open_paths[-1], entity.path):
            open_paths.pop()
        rows.append({"entity": entity, "depth": len(open_paths), "agents": entity.agent_count})
        open_paths.append(entity.path)
    return rows
