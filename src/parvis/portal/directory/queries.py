"""Reads of the directory. The perimeter is decided here and used by every room.

A user sees themselves, and what their roles cover: an entity and all below it. What
lies outside does not exist for them (404). A superuser sees everything. (What every
agent finds of a colleague, the professional card, is `colleagues`'.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField, Count, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory import lookup, rules
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.directory.once import held_roles, once
from parvis.portal.kernel import prepared
from parvis.portal.ui.search import fold
from parvis.portal.ui.search import words as words_of

Someone = User | AnonymousUser

STAFF_ROLES = (Role.TECHNICIAN, Role.HEAD_OF_IT)
"""The IT team: they run the parc and the remote desktops of their perimeter."""

VIEWING_ROLES = (Role.HEAD_OF_DEPARTMENT, Role.TECHNICIAN, Role.HEAD_OF_IT, Role.AUDITOR)
"""Roles that show the agents of an entity. An elected member's does not."""

WORD_OF_A_SERVICE = 3
"""Letters a word needs to be looked for in the names of services."""

EVERYTHING = ("",)
"""The perimeter of a superuser: the prefix of every path."""


def perimeter(user: Someone, *roles: Role) -> tuple[str, ...]:
    """Path prefixes of the entities where `user` has one of `roles` (any role if none is named).

    Give it to `within`. Empty: nothing. One query, or none within a page that has asked (`once`).
    """
    if not user.is_authenticated or not user.is_active:
        return ()
    if user.is_superuser:
        return EVERYTHING
    return rules.outermost(path for role, path in held_roles(user) if not roles or role in roles)


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
    return once("agent", user.pk, lambda: _AGENT.first(user=user.pk))


_AGENT: prepared.Read[Agent] = prepared.Read(
    lambda user: Agent.objects.select_related("entity").filter(user_id=user, is_active=True).order_by("pk")[:1],
    user=BigIntegerField(),
)


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


def search_agents(agents: QuerySet[Agent], words: str, *, numbers: bool = False) -> QuerySet[Agent]:
    """Those where each word is found in name, e-mail, job, office, or in the name of a service they belong to.

    Accents, case and order do not count; a phone number may be written as one likes. `numbers`: the beginning of the
    personnel number counts too (it is not for colleagues). One more query, for the names of the services.
    """
    number = rules.typed_number(words.strip())
    if number is not None:
        # As one piece: the pairs of a phone number mean nothing apart.
        condition = Q(search__contains=number)
        return agents.filter(condition | Q(personnel_number__istartswith=words.strip()) if numbers else condition)
    typed = words_of(words)
    services = _services_named([fold(word) for word in typed])
    condition = Q()
    for word in typed:
        one = Q(search__contains=fold(word))
        if services[fold(word)]:
            one |= Q(entity__in=services[fold(word)])
        condition &= one | Q(personnel_number__istartswith=word) if numbers else one
    return agents.filter(condition)


def _services_named(words: list[str]) -> dict[str, list[int]]:
    """For each word, the entities below a root with it in their name, and all below them.

    Short words name too many. Ids: a condition on paths would join, and people search would read every row.
    """
    found: dict[str, list[int]] = {word: [] for word in words}
    long = [word for word in words if len(word) >= WORD_OF_A_SERVICE]
    if long:
        entities = list(Entity.objects.exclude(parent=None).order_by("path").values_list("pk", "path", "name"))
        for word in long:
            named = rules.outermost(path for _pk, path, name in entities if word in fold(name))
            found[word] = [pk for pk, path, _name in entities if path.startswith(named)] if named else []
    return found


def entity_by_siret(siret: str) -> Entity | None:
    """The open entity that has this SIRET, main or not; spaces do not count. ProConnect says who somebody works for."""
    number = "".join(siret.split())
    return Entity.objects.filter(sirets__siret=number, closed_date=None).first() if number else None


def entities_called(text: str) -> QuerySet[Any, Any]:
    """The ids of the entities that have this code, other name, SIRET or name: several, or none."""
    return (
        Entity.objects.filter(
            Q(code__iexact=text) | Q(aliases__name__iexact=text) | Q(sirets__siret=text) | Q(name__iexact=text)
        )
        .order_by()
        .values("pk")
    )


def entity_for(text: str, *, root: Entity | None = None) -> Entity | None:
    """The entity a source means, within its root: see `lookup.EntityIndex`, which answers many times for one reading.

    Raises:
        AmbiguousEntity: several answer to the text.
    """
    return lookup.EntityIndex(root).find(text)


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


def reaches_beyond(user: User, entity: Entity) -> bool:
    """Whether the account can do more than `entity` and all below it: a superuser's, or one with roles elsewhere.

    Who runs a directory or an identity provider of one commune does not thereby decide on such an account.
    """
    beyond = RoleGrant.objects.filter(user=user).exclude(entity__path__startswith=entity.path)
    return user.is_superuser or beyond.exists()


def grants_of(user: User) -> QuerySet[RoleGrant]:
    """The roles of an account that hold today, with their entities and who gave them."""
    return RoleGrant.objects.filter(user=user).select_related("entity", "granted_by").order_by("role", "entity__path")


def grants_visible_to(user: Someone) -> QuerySet[RoleGrant]:
    """The roles held on entities of the user's perimeter that hold today; with user, agent, entity, who gave them."""
    grants = RoleGrant.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return grants.select_related("user__agent__entity", "entity", "granted_by")


def heads_of(entity: Entity) -> list[Agent]:
    """The heads of department named on this very entity, in post; by name."""
    held = RoleGrant.objects.filter(entity=entity, role=Role.HEAD_OF_DEPARTMENT, user__is_active=True)
    return list(Agent.objects.filter(user__in=held.values("user_id"), is_active=True).select_related("entity"))


def covering_heads_of_it(entity: Entity) -> QuerySet[RoleGrant]:
    """The grants, without end and of accounts that work, that make somebody head of IT of `entity`."""
    return RoleGrant.objects.filter(
        role=Role.HEAD_OF_IT, entity__path__in=rules.lineage(entity.path), user__is_active=True, ends_date=None
    )


def open_entities(entities: QuerySet[Entity]) -> QuerySet[Entity]:
    """Without those that are closed: where something may be put."""
    return entities.filter(closed_date=None)


@dataclass(slots=True)
class Branch:
    """An entity in the tree: agents in post there, and there and below; what is under it."""

    entity: Entity
    depth: int
    agents: int
    total: int = 0
    heads: list[str] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)


def tree_visible_to(user: Someone, *, closed: bool = False) -> list[Branch]:
    """The tops of what the user sees of the tree, with all below them. Three queries, whatever the size."""
    entities = entities_visible_to(user).select_related("merged_into").order_by("path")
    entities = entities if closed else open_entities(entities)
    counted = entities.annotate(agent_count=Count("agents", filter=Q(agents__is_active=True)))
    heads = _heads_by_entity()
    tops: list[Branch] = []
    above: list[Branch] = []
    for entity in counted:
        while above and not rules.covers(above[-1].entity.path, entity.path):
            above.pop()
        branch = Branch(entity, len(above), entity.agent_count, heads=heads.get(entity.pk, []))
        for each in (*above, branch):
            each.total += branch.agents
        (above[-1].children if above else tops).append(branch)
        above.append(branch)
    return tops


def _heads_by_entity() -> dict[int, list[str]]:
    held = RoleGrant.objects.filter(role=Role.HEAD_OF_DEPARTMENT, user__is_active=True, user__agent__is_active=True)
    found: dict[int, list[str]] = {}
    for entity_id, first, last in held.values_list("entity_id", "user__first_name", "user__last_name"):
        found.setdefault(entity_id, []).append(f"{first} {last}")
    return found
