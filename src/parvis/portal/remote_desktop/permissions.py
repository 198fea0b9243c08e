"""Who may do what with remote screens. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import RemoteSession, Right

OWN_RIGHT = no(
    "own_right",
    _("Vous ne pouvez pas vous donner un droit à vous-même."),
    _("Demandez-le à un collègue de la DSI."),
)


def can_end_session(actor: User, session: RemoteSession) -> Decision:
    """Its owner, and the IT team of the computer's entity."""
    if session.user_id == actor.pk:
        return YES
    return YES if is_staff(actor, session.computer.entity) else NOT_STAFF


def can_grant_right(actor: User, agent: Agent, computer: Computer) -> Decision:
    """The IT team of the agent's AND the computer's entity; nobody to oneself (requirement 20)."""
    if agent.user_id is not None and agent.user_id == actor.pk:
        return OWN_RIGHT
    covered = is_staff(actor, agent.entity) and is_staff(actor, computer.entity)
    return YES if covered else NOT_STAFF


def can_revoke_right(actor: User, right: Right) -> Decision:
    """The IT team of the agent's or of the computer's entity: taking away is open to both."""
    covered = is_staff(actor, right.computer.entity) or is_staff(actor, right.agent.entity)
    return YES if covered else NOT_STAFF


def can_manage_display(actor: User, computer: Computer) -> Decision:
    """The IT team of the computer's entity."""
    return YES if is_staff(actor, computer.entity) else NOT_STAFF


def can_open_sensitive(actor: User, computer: Computer) -> Decision:
    """Make a server or an administration machine reachable: the head of IT only (requirement 17)."""
    return YES if has_role(actor, Role.HEAD_OF_IT, entity=computer.entity) else NOT_HEAD_OF_IT
