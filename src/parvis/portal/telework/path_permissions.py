"""Who follows the enrolment path, and who watches how it goes. What is not seen at all is 404, by the queries."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.telework import permissions
from parvis.portal.telework.models import Enrolment

NOT_YOURS = no("not_your_path", _("Seul l’agent lui-même suit ce parcours."))


def can_follow(actor: User, enrolment: Enrolment) -> Decision:
    """Go through one's own stages. Nobody does it for another: it is proven on the spot."""
    return YES if enrolment.agent.user_id == actor.pk else NOT_YOURS


def can_watch(actor: User) -> Decision:
    """See where people stumble: heads of department, the IT team, auditors."""
    return permissions.can_watch(actor)


def can_remind(actor: User, enrolment: Enrolment) -> Decision:
    """Write to who has not finished: the head of their department, the IT team."""
    return YES if permissions.leads(actor, enrolment.agent) else permissions.NOT_YOUR_AGENT


def may_remind_some(actor: User) -> bool:
    """Whether the list offers reminders at all: not to auditors."""
    return bool(permissions.can_ask_for_others(actor))
