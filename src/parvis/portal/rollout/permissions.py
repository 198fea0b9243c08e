"""Who may do what here. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.rollout.models import Place

WATCHERS = (*STAFF_ROLES, Role.AUDITOR)
"""They see the campaigns of their perimeter."""

NOT_WATCHER = no(
    "not_watcher",
    _("Cette page est réservée à l’équipe informatique."),
    _("Adressez-vous à l’assistance informatique."),
)


NOT_ONES_OWN = no("not_ones_own", _("Cette date est celle d’un autre agent."))


def can_answer(actor: User, place: Place) -> Decision:
    """Say whether one can on the day one is invited for: the agent themselves."""
    return YES if place.member.agent.user_id == actor.pk and actor.is_active else NOT_ONES_OWN


def can_watch(actor: User) -> Decision:
    """Read campaigns, their plans and their waves, of one's perimeter."""
    return YES if has_role(actor, *WATCHERS) else NOT_WATCHER


def can_manage(actor: User, entity: Entity | None = None) -> Decision:
    """Run the campaigns of `entity` (of any, if not given): the IT team."""
    return YES if is_staff(actor, entity) else NOT_STAFF
