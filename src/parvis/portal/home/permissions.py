"""Who may publish on the home page: the IT team, each in its perimeter."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries as directory
from parvis.portal.directory.models import Entity
from parvis.portal.kernel.authz import YES, Decision, no

NOT_STAFF = no(
    "not_staff",
    _("Cette action est réservée à l’équipe informatique de ce service."),
    _("Adressez-vous à l’assistance informatique."),
)


def can_publish_somewhere(actor: User) -> Decision:
    """May the actor open the publishing pages at all?"""
    return YES if directory.is_staff(actor) else NOT_STAFF


def can_publish(actor: User, entity: Entity) -> Decision:
    """May the actor publish in the name of `entity`?"""
    return YES if directory.is_staff(actor, entity) else NOT_STAFF
