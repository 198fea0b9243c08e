"""Reads of help calls. What a user may see starts here; the rest does not exist for them (404)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import STAFF_ROLES, Someone, perimeter, within
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework.models import Enrolment, HelpCall

AGENT_PATH = "enrolment__agent__entity__path"
OPEN = (HelpCall.State.WAITING, HelpCall.State.TAKEN)


def help_calls_run_by(user: Someone) -> QuerySet[HelpCall]:
    """Those of the agents of one's perimeter (IT team, auditors); with agent, entity, computer and who took it."""
    return _with(HelpCall.objects.filter(within(perimeter(user, *VIEWING_ROLES), AGENT_PATH)))


def help_calls_visible_to(user: Someone) -> QuerySet[HelpCall]:
    """The same, and one's own."""
    seen = within(perimeter(user, *VIEWING_ROLES), AGENT_PATH)
    if seen != Q() and user.is_authenticated and user.is_active:
        seen |= Q(enrolment__agent__user_id=user.pk)
    return _with(HelpCall.objects.filter(seen))


def open_call_of(enrolment: Enrolment) -> HelpCall | None:
    """The one that waits or is being looked at."""
    return _with(HelpCall.objects.filter(enrolment=enrolment, state__in=OPEN)).first()


def last_answer_of(enrolment: Enrolment) -> HelpCall | None:
    """The newest one with an answer."""
    answered = HelpCall.objects.filter(enrolment=enrolment, state=HelpCall.State.CLOSED).exclude(answer="")
    return answered.order_by("-closed_at").first()


def to_answer_count(user: User) -> int:
    """How many wait for the user's team: the menu's badge."""
    team = within(perimeter(user, *STAFF_ROLES), AGENT_PATH)
    return HelpCall.objects.filter(team, state=HelpCall.State.WAITING).count()


def _with(calls: QuerySet[HelpCall]) -> QuerySet[HelpCall]:
    return calls.select_related(
        "enrolment__agent__entity", "enrolment__agent__user", "enrolment__request", "computer", "taken_by"
    )
