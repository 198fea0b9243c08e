"""Who may do what. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.parc.models import Computer
from parvis.portal.trust.models import SuppliedDevice

WATCHERS = (Role.TECHNICIAN, Role.HEAD_OF_IT, Role.AUDITOR)
NOT_OFFICE_COMPUTER = no(
    "not_supplied",
    _("Un serveur ou un poste d’administration ne se confie pas à un agent."),
    _("Choisissez un ordinateur de bureau ou un portable."),
)


def can_watch(actor: User) -> Decision:
    """See devices, networks and rules of one's perimeter."""
    return YES if has_role(actor, *WATCHERS) else NOT_STAFF


def can_enrol(actor: User, computer: Computer) -> Decision:
    """Say that a computer is one of the authority's and who uses it: the IT team of its entity."""
    if computer.kind in {"server", "admin"}:
        return NOT_OFFICE_COMPUTER
    return YES if is_staff(actor, computer.entity) else NOT_STAFF


def can_revoke(actor: User, device: SuppliedDevice) -> Decision:
    """Take the trust away: the IT team of the computer's entity."""
    return YES if is_staff(actor, device.computer.entity) else NOT_STAFF


def can_declare(actor: User, entity: Entity) -> Decision:
    """Declare networks and write rules in the name of `entity`: its head of IT."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=entity) else NOT_HEAD_OF_IT
