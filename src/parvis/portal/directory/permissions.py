"""Who may do what in the directory. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.accounts.permissions import can_administer
from parvis.portal.directory import queries
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.kernel.errors import Conflict

NOT_STAFF = no(
    "not_staff",
    _("Cette action est réservée à l’équipe informatique de ce service."),
    _("Adressez-vous à l’assistance informatique."),
)
NOT_HEAD_OF_IT = no(
    "not_head_of_it",
    _("Cette action est réservée au responsable informatique de ce service."),
    _("Adressez-vous à votre responsable informatique."),
)


def can_manage_agents(actor: User, entity: Entity) -> Decision:
    """Create agents in `entity`, edit and move those who are there."""
    return YES if queries.is_staff(actor, entity) else NOT_STAFF


def can_manage_entities(actor: User, parent: Entity | None) -> Decision:
    """Create entities under `parent` and edit them; a root (None) takes a superuser."""
    if parent is None:
        return YES if actor.is_superuser else NOT_HEAD_OF_IT
    return YES if queries.has_role(actor, Role.HEAD_OF_IT, entity=parent) else NOT_HEAD_OF_IT


def can_manage_account(actor: User, agent: Agent) -> Decision:
    """Open, disable and re-open the agent's account. See `queries.accounts_administered_by`."""
    if agent.user is None:
        return can_manage_agents(actor, agent.entity)
    administered = queries.accounts_administered_by(actor)
    if administered is None:
        return NOT_STAFF
    if not User.objects.filter(administered, pk=agent.user.pk).exists():
        return no("account_out_of_reach", _("Ce compte a des rôles que vous ne pouvez pas administrer."))
    return can_administer(actor, agent.user)


def can_grant_role(actor: User, agent: Agent, entity: Entity) -> Decision:
    """Give the agent's account a role on `entity`. Nobody gives one to oneself."""
    if agent.user_id is None:
        return no("no_account", _("Cet agent n’a pas encore de compte."), _("Ouvrez d’abord son compte."))
    if agent.user_id == actor.pk:
        return no(
            "own_role",
            _("Vous ne pouvez pas vous attribuer un rôle à vous-même."),
            _("Demandez-le à un autre responsable informatique."),
        )
    return YES if queries.has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT


def can_revoke_role(actor: User, grant: RoleGrant) -> Decision:
    """Take a role back: one's own too (that is a step down)."""
    return YES if queries.has_role(actor, Role.HEAD_OF_IT, entity=grant.entity) else NOT_HEAD_OF_IT


def require_open(entity: Entity) -> None:
    """Something is to be put there.

    Raises:
        Conflict: the entity is closed (`entity_closed`).
    """
    if entity.closed_date is not None:
        raise Conflict(gettext("«\u202f%(entity)s\u202f» est fermée.") % {"entity": entity}, code="entity_closed")
