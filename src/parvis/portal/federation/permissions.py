"""Who may set up providers. Visibility (404) comes first, from `queries`."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel.authz import YES, Decision


def can_see_providers(actor: User) -> Decision:
    """The list: for heads of IT."""
    return YES if has_role(actor, Role.HEAD_OF_IT) else NOT_HEAD_OF_IT


def can_manage(actor: User, entity: Entity) -> Decision:
    """Set up, change, enable, test and remove the providers of an entity."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT
