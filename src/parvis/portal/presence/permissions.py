"""Who may declare, confirm, rule. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel.authz import YES, Decision, no

NOT_HEAD = no(
    "not_head",
    _("Cette action est réservée au responsable de ce service."),
    _("Adressez-vous à votre responsable de service."),
)


def can_declare(actor: User, agent: Agent) -> Decision:
    """Declare, take back or copy days: one's own, or as head of the agent's department."""
    if not agent.is_active:
        return no("agent_gone", _("Cet agent n’est plus en poste."))
    return YES if agent.user_id == actor.pk else can_declare_for(actor, agent.entity)


def can_declare_for(actor: User, entity: Entity) -> Decision:
    """Declare days for a whole department. For its head."""
    return YES if has_role(actor, Role.HEAD_OF_DEPARTMENT, entity=entity) else NOT_HEAD


def can_decide(actor: User, agent: Agent) -> Decision:
    """Confirm or refuse days and patterns. Nobody decides on their own (requirement 20)."""
    if agent.user_id == actor.pk:
        return no(
            "own_days",
            _("Vous ne pouvez pas confirmer votre propre présence."),
            _("Elle attend la réponse du responsable du service au-dessus du vôtre."),
        )
    return can_declare_for(actor, agent.entity)


def can_set_policy(actor: User, entity: Entity) -> Decision:
    """Say what a department asks: its head, or the head of IT."""
    if has_role(actor, Role.HEAD_OF_DEPARTMENT, Role.HEAD_OF_IT, entity=entity):
        return YES
    return NOT_HEAD


def can_close(actor: User, entity: Entity) -> Decision:
    """Write down that an entity is closed. As for its policy."""
    return can_set_policy(actor, entity)


def can_set_statuses(actor: User) -> Decision:
    """Rename and add statuses, for everybody: the head of IT of the whole authority."""
    roots = Entity.objects.filter(parent=None)
    if actor.is_superuser or (
        has_role(actor, Role.HEAD_OF_IT) and all(has_role(actor, Role.HEAD_OF_IT, entity=root) for root in roots)
    ):
        return YES
    return no("not_head_of_it", _("Cette action est réservée au responsable informatique de toute la collectivité."))
