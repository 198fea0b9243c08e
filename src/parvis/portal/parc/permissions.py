"""Who may do what in the parc. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.parc.models import Asset, Computer
from parvis.portal.parc.queries import VIEWING_ROLES


def can_manage(actor: User, entity: Entity) -> Decision:
    """Create, edit, assign and delete the computers and sites of `entity`."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_watch(actor: User, entity: Entity) -> Decision:
    """Read what is kept around the assets of `entity`: purchase, documents, maintenance, history."""
    return YES if has_role(actor, *VIEWING_ROLES, entity=entity) else NOT_STAFF


_SENSITIVE = frozenset({Computer.Kind.SERVER, Computer.Kind.ADMIN})


def can_change_kind(actor: User, asset: Asset, kind: str) -> Decision:
    """A server or an administration machine becomes an ordinary PC, open to telework, by the head of IT only."""
    if asset.kind not in _SENSITIVE or kind in _SENSITIVE:
        return YES
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=asset.entity) else NOT_HEAD_OF_IT


def can_wake_up(actor: User, computer: Computer) -> Decision:
    """The IT team, and whoever works on it. (`remote_desktop` adds those who hold a right on it.)"""
    if computer.agents.filter(user_id=actor.pk, is_active=True).exists() or is_staff(actor, computer.entity):
        return YES
    return no("not_your_computer", _("Cet ordinateur ne vous est pas affecté."))
