"""Who may import and export. Visibility (404) comes first, from `queries`."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision

WATCHERS = (*STAFF_ROLES, Role.AUDITOR)
"""Who sees runs and may take the parc out as files."""


def can_see(actor: User) -> Decision:
    """Open the list of imports, and the exports."""
    return YES if has_role(actor, *WATCHERS) else NOT_STAFF


def can_import_somewhere(actor: User) -> Decision:
    """Bring a file at all."""
    return YES if is_staff(actor) else NOT_STAFF


def can_import(actor: User, root: Entity) -> Decision:
    """Bring lines for `root` and what is below it, decide on them, undo them."""
    return YES if is_staff(actor, root) else NOT_STAFF


def can_connect_somewhere(actor: User) -> Decision:
    """Set up a connection to GLPI at all."""
    return YES if has_role(actor, Role.HEAD_OF_IT) else NOT_HEAD_OF_IT


def can_connect(actor: User, root: Entity) -> Decision:
    """Set up a connection that speaks for `root`: its address and its tokens."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=root) else NOT_HEAD_OF_IT
