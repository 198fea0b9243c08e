"""Who may do what with sources. Visibility (404) comes first, from `queries`."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, has_role
from parvis.portal.kernel.authz import YES, Decision

WATCHERS = (*STAFF_ROLES, Role.AUDITOR)
"""Who sees sources and their runs."""


def can_see_sources(actor: User) -> Decision:
    """Open the list of sources."""
    return YES if has_role(actor, *WATCHERS) else NOT_STAFF


def can_manage(actor: User, root: Entity) -> Decision:
    """Set up a source that speaks for `root`, run it, decide on its runs and merges."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=root) else NOT_HEAD_OF_IT


def can_manage_somewhere(actor: User) -> Decision:
    """Set up a source at all."""
    return YES if has_role(actor, Role.HEAD_OF_IT) else NOT_HEAD_OF_IT
