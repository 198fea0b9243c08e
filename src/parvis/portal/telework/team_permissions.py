"""What the IT team decides by itself: letting granted telework in; texts and rules that bind a whole entity.

Visibility (404) comes first, from the queries; these decide the rest (403).
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework.models import Request

OWN_OPENING = no(
    "own_request",
    _("Vous ne pouvez pas ouvrir votre propre télétravail."),
    _("Demandez-le à un collègue de la DSI."),
)


def can_open(actor: User, request: Request) -> Decision:
    """Let a granted request in: the IT team of the agent's entity; it gives rights, so nobody for themselves."""
    if request.agent.user_id == actor.pk:
        return OWN_OPENING
    return YES if is_staff(actor, request.agent.entity) else NOT_STAFF


def can_watch(actor: User) -> Decision:
    """See texts, acceptances and rules of one's perimeter: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_set(actor: User, entity: Entity | None = None) -> Decision:
    """Write texts and rules of `entity` (of any, if not given): the head of IT.

    A technician reads them.
    """
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT
