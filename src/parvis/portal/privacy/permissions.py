"""Who may read the audit trail and the consultations, and decide on retention."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel.authz import YES, Decision, no

READING_ROLES = (Role.AUDITOR, Role.HEAD_OF_IT)
"""Read the trail and the consultations of their perimeter. Technicians do not: they are whom it is about."""


def can_read_trail(actor: User) -> Decision:
    """See the audit trail and who looked at whom, within one's perimeter (`queries`)."""
    if has_role(actor, *READING_ROLES):
        return YES
    return no("not_reader", _("Cette page est réservée aux auditeurs et au responsable informatique."))


def can_see_retention(actor: User) -> Decision:
    """See what is kept and for how long: those who read the trail."""
    return can_read_trail(actor)


def can_set_retention(actor: User) -> Decision:
    """Change how long data are kept. They are the whole authority's: its head of IT, not a commune's."""
    if actor.is_superuser or (has_role(actor, Role.HEAD_OF_IT) and reaches_every_root(actor)):
        return YES
    return no(
        "not_whole_authority",
        _("Les durées valent pour toute la collectivité\u202f: seul son responsable informatique les change."),
    )


def reaches_every_root(actor: User) -> bool:
    """Whether the actor is head of IT of every root of the tree."""
    from parvis.portal.directory.models import Entity

    return all(has_role(actor, Role.HEAD_OF_IT, entity=root) for root in Entity.objects.filter(parent=None))


def can_check_chain(actor: User) -> Decision:
    """Have the whole chain verified: says nothing of what is in it."""
    return can_read_trail(actor)
