"""What the rooms below hold of an agent: the account and its tokens, the roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.accounts import tokens
from parvis.portal.accounts.models import Token, User
from parvis.portal.directory import lockout
from parvis.portal.directory.models import Agent, Role, RoleGrant
from parvis.portal.directory.role_services import remove_grant, revoke_role
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.movements import rules
from parvis.portal.movements.models import Kind, Movement, StepKind
from parvis.portal.movements.registry import Item


def account(agent: Agent, movement: Movement) -> Iterator[Item]:
    """The account: to open for who arrives, closed for who leaves; and the tokens of programs."""
    if movement.kind == Kind.JOINER:
        yield Item(
            key="account",
            kind=StepKind.OPENS,
            title=_("Ouvrir le compte"),
            why=_("L’agent reçoit un message pour choisir son mot de passe."),
            link="" if agent.user_id else reverse("directory:open_account", args=[agent.pk]),
            done=agent.user is not None and agent.user.is_active,
        )
    if movement.kind != Kind.LEAVER or agent.user is None:
        return
    yield Item(
        key="account",
        kind=StepKind.COMES_BACK,
        title=_("Compte et connexions"),
        why=_("Se ferment d’eux-mêmes au départ, sessions à distance comprises."),
        link=reverse("directory:agent_leaves", args=[agent.pk]) if agent.is_active else "",
        done=not agent.user.is_active,
    )
    yield from _tokens(agent, agent.user)


def _tokens(agent: Agent, user: User) -> Iterator[Item]:
    standing = tokens.of_user(user).count()
    if not standing and not Token.objects.filter(user=user, revoked_at__isnull=False).exists():
        return
    yield Item(
        key="tokens",
        kind=StepKind.COMES_BACK,
        title=_("Jetons de programmes"),
        why=ngettext(
            "%(n)d programme agit au nom de l’agent et s’arrêtera à son départ.",
            "%(n)d programmes agissent au nom de l’agent et s’arrêteront à son départ.",
            standing,
        )
        % {"n": standing}
        if standing
        else _("Les programmes qui agissaient au nom de l’agent n’ont plus d’accès."),
        done=not standing,
    )


def roles(agent: Agent, movement: Movement) -> Iterator[Item]:
    """The roles: those of before a move are kept or removed; those of a leaver end, and somebody takes over."""
    if agent.user is None:
        return
    if movement.kind == Kind.MOVER:
        yield from _roles_to_decide(agent.user, movement)
    if movement.kind == Kind.LEAVER:
        yield from _roles_to_hand_over(agent.user)
        if not agent.is_active:
            yield from _roles_gone(agent.user, movement)


def _roles_to_decide(user: User, movement: Movement) -> Iterator[Item]:
    new = movement.to_entity.path if movement.to_entity else ""
    for grant in RoleGrant.objects.filter(user=user).select_related("entity"):
        if new and covers(grant.entity.path, new) and covers(grant.entity.path, _path_before(movement)):
            continue  # it held for both: the move changes nothing
        yield Item(
            key=f"role:{grant.pk}",
            kind=StepKind.COMES_BACK,
            title=_("Rôle %(role)s · %(entity)s") % {"role": grant.get_role_display(), "entity": grant.entity},
            why=_("Sans décision, ce rôle est retiré à cette date."),
            owner_role=Role.HEAD_OF_IT,
            owner_entity_id=grant.entity_id,
            ends_date=movement.effective_date + rules.KEPT_AFTER_MOVE,
            due_date=movement.effective_date + rules.KEPT_AFTER_MOVE,
        )


def _path_before(movement: Movement) -> str:
    return movement.from_entity.path if movement.from_entity else ""


def _roles_to_hand_over(user: User) -> Iterator[Item]:
    for grant in RoleGrant.objects.filter(user=user).select_related("entity"):
        yield _hand_over(Role(grant.role), grant.entity_id, str(grant.entity))


def _roles_gone(user: User, movement: Movement) -> Iterator[Item]:
    # The departure has taken the roles in the same transaction: the audit trail says which.
    gone = AuditRecord.objects.filter(
        target_type=User._meta.label_lower, target_id=str(user.pk), action="directory.role_revoked"
    )
    for line in gone.filter(at__gte=movement.opened_at)[:20]:
        yield _hand_over(Role(line.data["role"]), line.data["entity"], line.data["entity_name"])


def _hand_over(role: Role, entity_id: int, entity: str) -> Item:
    return Item(
        key=f"successor:{role}:{entity_id}",
        kind=StepKind.MOVES,
        title=_("Qui reprend le rôle %(role)s · %(entity)s") % {"role": role.label, "entity": entity},
        why=_("Le rôle de l’agent s’arrête à son départ."),
        owner_role=Role.HEAD_OF_IT,
        owner_entity_id=entity_id,
        link=reverse("directory:entity", args=[entity_id]),
    )


def let_go_of_role(agent: Agent, key: str, actor: User | None, now: datetime) -> None:
    """Take a role back: by a person with their own right to do so, or because its last day is past.

    Raises:
        NotAllowed: the person may not.
        Conflict: the last head of IT of an entity stays until there is another.
    """
    found = RoleGrant.objects.select_related("entity", "user").filter(pk=int(key.partition(":")[2]))
    grant = found.first()
    if grant is None or grant.user_id != agent.user_id:
        return
    if actor is None:
        lockout.keep_head_of_it(None, grant)
        remove_grant(None, grant, now, reason="expired")
    else:
        revoke_role(actor=actor, grant=grant, now=now)
