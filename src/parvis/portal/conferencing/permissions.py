"""Who may do what with the tools. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.queries import VIEWING_ROLES


def can_manage(actor: User, entity: Entity | None = None) -> Decision:
    """Declare, change and withdraw the tools of `entity` (of any, if not given): they hold secrets. Heads of IT."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT


def can_check(actor: User, entity: Entity) -> Decision:
    """Ask a tool whether it answers, offer it to agents or not: the IT team."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_watch(actor: User) -> Decision:
    """See how the tools are: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF
