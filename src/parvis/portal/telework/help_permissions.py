"""Who asks for help on the enrolment path, and who gives it. What is not seen at all is 404, by the queries."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework.models import Enrolment, HelpCall
from parvis.portal.telework.path_permissions import NOT_YOURS


def can_ask(actor: User, enrolment: Enrolment) -> Decision:
    """Ask for help: the agent; for somebody on the telephone, the IT team of their entity."""
    if enrolment.agent.user_id == actor.pk or is_staff(actor, enrolment.agent.entity):
        return YES
    return NOT_YOURS


def can_watch(actor: User) -> Decision:
    """See the list: the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_help(actor: User, call: HelpCall) -> Decision:
    """Take, give back, answer: the IT team of the agent's entity. Nobody passes their own stage that way."""
    if call.enrolment.agent.user_id == actor.pk:
        return NOT_STAFF
    return YES if is_staff(actor, call.enrolment.agent.entity) else NOT_STAFF


def can_withdraw(actor: User, call: HelpCall) -> Decision:
    """Give it up: the agent."""
    return YES if call.enrolment.agent.user_id == actor.pk else NOT_YOURS
