"""Who may do what with bookings. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Booking, MoveRequest, Pool
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, agent_of, has_role, is_staff
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.authz import YES, Decision, no

NOT_YOURS = no(
    "not_your_booking",
    _("Cette réservation n’est pas la vôtre."),
    _("Adressez-vous à la personne pour qui elle est faite, ou à l’assistance informatique."),
)


def can_manage(actor: User, entity: Entity | None = None) -> Decision:
    """Run the pools of `entity` (of any, if not given): its IT team."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_book(actor: User, pool: Pool, holder: Agent) -> Decision:
    """Book for an agent: oneself; a colleague of one's own department; one's agents, as head or IT team of their
    department; anybody the pool is offered to, as the IT team that runs it (also where it is closed to agents).
    """
    if not holder.is_active:
        return no("agent_gone", _("Cet agent n’est plus en poste."))
    if not covers(pool.entity.path, holder.entity.path):
        return no("not_offered", _("Ces salles ne s’adressent pas au service de cet agent."))
    if is_staff(actor, pool.entity):
        return YES
    if not pool.is_open:
        return no(
            "pool_closed",
            _("Ces salles ne sont pas ouvertes à la réservation en ce moment."),
            _("Adressez-vous à l’assistance informatique."),
        )
    if holder.user_id == actor.pk or has_role(actor, Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES, entity=holder.entity):
        return YES
    mine = agent_of(actor)
    if mine is not None and mine.entity_id == holder.entity_id:
        return YES
    return no(
        "not_your_agent",
        _("Vous ne pouvez réserver que pour vous, pour vos collègues de service ou pour les agents que vous encadrez."),
    )


def can_change(actor: User, booking: Booking) -> Decision:
    """Move it, give it up, end it: its holder, who booked it, the holder's head or IT team, the pool's IT team."""
    if actor.pk in (booking.holder.user_id, booking.booked_by_id) or is_staff(actor, booking.pool.entity):
        return YES
    if has_role(actor, Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES, entity=booking.holder.entity):
        return YES
    return NOT_YOURS


def can_check_in(actor: User, booking: Booking) -> Decision:
    """Say « we are here »: whoever may change it, and the holder's colleagues of the same department."""
    mine = agent_of(actor)
    if mine is not None and mine.entity_id == booking.holder.entity_id:
        return YES
    return can_change(actor, booking)


def can_prioritise(actor: User, pool: Pool) -> Decision:
    """Book for a crisis cell, and ask others to move: who heads the IT or all the departments that the pool serves.

    The head of IT of the pool's entity; the head of that entity itself (its general director), not of one department.
    """
    if has_role(actor, Role.HEAD_OF_IT, Role.HEAD_OF_DEPARTMENT, entity=pool.entity):
        return YES
    return no(
        "not_crisis",
        _("Réserver pour une cellule de crise revient au responsable informatique ou à la direction générale."),
        _("Appelez l’assistance informatique."),
    )


def can_answer(actor: User, request: MoveRequest) -> Decision:
    """Say yes or no to being moved: the holder, or who booked it. Nobody else consents in their place."""
    if actor.pk in (request.booking.holder.user_id, request.booking.booked_by_id):
        return YES
    return no("not_your_answer", _("La réponse revient à la personne qui a réservé."))
