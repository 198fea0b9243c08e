"""Texts and rules of telework, which bind every agent of an entity: who reads them, who writes them.

Visibility (404) comes first, from the queries; these decide the rest (403).
"""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.queries import VIEWING_ROLES


def can_watch(actor: User) -> Decision:
    """See texts, acceptances and rules of one's perimeter: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_set(actor: User, entity: Entity | None = None) -> Decision:
    """Write texts and rules of `entity` (of any, if not given): the head of IT.

    A technician reads them.
    """
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT
