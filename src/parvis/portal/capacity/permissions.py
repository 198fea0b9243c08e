"""Who may look at the installation's capacity, and who says what a gateway carries."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, has_role
from parvis.portal.kernel.authz import YES, Decision

WATCHERS = (*STAFF_ROLES, Role.AUDITOR)


def can_watch(actor: User) -> Decision:
    """Counts of the whole installation, no person in them: every IT team and the auditors, as for the gateways."""
    return YES if has_role(actor, *WATCHERS) else NOT_STAFF


def can_set(actor: User) -> Decision:
    """A gateway serves everybody: the head of IT of the whole authority says what it carries."""
    roots = Entity.objects.filter(parent=None)
    return YES if any(has_role(actor, Role.HEAD_OF_IT, entity=root) for root in roots) else NOT_HEAD_OF_IT
