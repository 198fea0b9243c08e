"""Who may do what here. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no

READERS = (Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES, Role.AUDITOR)
"""They see what the agents of their perimeter have and lack."""
WATCHERS = (*STAFF_ROLES, Role.AUDITOR)
"""They see profiles, scenarios, the age of the parc and its replacement."""

NOT_READER = no("not_reader", _("L’équipement des agents se lit par service\u202f: vous n’en suivez aucun."))
NOT_WATCHER = no(
    "not_watcher",
    _("Cette page est réservée à l’équipe informatique."),
    _("Adressez-vous à l’assistance informatique."),
)
OWN_OUTFIT = no(
    "own_outfit",
    _("Vous ne pouvez pas vous équiper vous-même."),
    _("Demandez-le à un collègue de l’équipe informatique."),
)


def can_read(actor: User) -> Decision:
    """Read what agents have and lack, of one's perimeter."""
    return YES if has_role(actor, *READERS) else NOT_READER


def can_watch(actor: User) -> Decision:
    """Read profiles, scenarios and the age of the parc, of one's perimeter."""
    return YES if has_role(actor, *WATCHERS) else NOT_WATCHER


def can_manage(actor: User, entity: Entity) -> Decision:
    """Change the profiles and scenarios of an entity, choose profiles for its agents."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_set_policy(actor: User, entity: Entity) -> Decision:
    """Say how long things are kept, what they cost and what too old means."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT


def can_equip(actor: User, agent: Agent) -> Decision:
    """Give an agent all they need in one go. Nobody to oneself (requirement 20)."""
    if agent.user_id is not None and agent.user_id == actor.pk:
        return OWN_OUTFIT
    return YES if is_staff(actor, agent.entity) else NOT_STAFF
