"""Who sees the telework pages of the IT team."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel import authz
from parvis.portal.remote_desktop import queries


def watches(user: User) -> authz.Decision:
    """Sessions, refusals, settings, gateways: the IT team and the auditors."""
    return authz.YES if has_role(user, *queries.WATCHING_ROLES) else NOT_STAFF


def sees_rights(user: User) -> authz.Decision:
    """Rights: heads of department too, those of their own agents."""
    return authz.YES if has_role(user, *queries.RIGHTS_ROLES) else NOT_STAFF


def manages(user: User) -> authz.Decision:
    """Change anything: the IT team somewhere; the services look at each object."""
    return authz.YES if is_staff(user) else NOT_STAFF
