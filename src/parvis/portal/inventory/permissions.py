"""Who may do what with what probes report. Visibility (404) comes first, from `queries`; these decide 403."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.inventory.models import Report
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import VIEWING_ROLES


def can_watch(actor: User) -> Decision:
    """See the inside of computers, software and licences of one's perimeter: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_settle(actor: User, report: Report) -> Decision:
    """Say which asset a report is about: the IT team of its address's entity."""
    return YES if is_staff(actor, report.token.entity) else NOT_STAFF


def can_manage(actor: User, asset: Asset) -> Decision:
    """Settle differences, screens and anomalies of an asset: the IT team of its entity."""
    return YES if is_staff(actor, asset.entity) else NOT_STAFF


def can_see_inside(actor: User, asset: Asset) -> Decision:
    """What its probe says of a computer: the IT team and auditors of its entity, not the agent who works on it."""
    return YES if has_role(actor, *VIEWING_ROLES, entity=asset.entity) else NOT_STAFF


def can_see_last_user(actor: User, asset: Asset) -> bool:
    """Whose session was last seen is personal: for the IT team of its entity, not for auditors."""
    return is_staff(actor, asset.entity)


def can_manage_licences(actor: User, entity: Entity) -> Decision:
    """Enter and change the licences of an entity: its IT team."""
    return YES if is_staff(actor, entity) else NOT_STAFF
