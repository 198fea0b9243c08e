"""Who may do what with meetings. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import agent_of, has_role
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.parc.queries import VIEWING_ROLES

NOT_YOURS = no(
    "not_your_meeting",
    _("Seul l’organisateur peut changer cette réunion."),
    _("Demandez-le-lui\u202f: son nom est sur la page de la réunion."),
)
NO_AGENT = no("no_agent", _("Votre compte n’est pas celui d’un agent en poste."))
_FOR_OTHERS = (Role.HEAD_OF_DEPARTMENT, Role.TECHNICIAN, Role.HEAD_OF_IT)


def can_watch(actor: User) -> Decision:
    """See who meets when with which tool (never about what): the IT team and auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_STAFF


def can_organise(actor: User, organiser: Agent) -> Decision:
    """Book a meeting for oneself, for a colleague of the same department, for an agent of one's perimeter."""
    if not organiser.is_active:
        return no("agent_gone", _("Cet agent n’est plus en poste."))
    if organiser.user_id == actor.pk or has_role(actor, *_FOR_OTHERS, entity=organiser.entity):
        return YES
    own = agent_of(actor)
    if own is None:
        return NO_AGENT
    if own.entity_id == organiser.entity_id:
        return YES
    return no(
        "not_your_colleague", _("Vous ne réservez que pour vous, pour vos collègues de service ou pour vos agents.")
    )


def can_run(actor: User, meeting: Meeting) -> Decision:
    """Change, cancel, invite: the organiser, who booked it for them, and those who run it with them."""
    if actor.pk in (meeting.organiser.user_id, meeting.booked_by_id):
        return YES
    own = agent_of(actor)
    if own is not None:
        helpers = Guest.objects.filter(meeting=meeting, agent=own, role=Guest.Role.HOST, removed_at__isnull=True)
        if helpers.exists():
            return YES
    return NOT_YOURS
