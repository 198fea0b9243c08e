"""Who may do what with movements. Visibility (404) comes first, from `queries`; these decide the rest (403)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.directory.permissions import NOT_HEAD_OF_IT, NOT_STAFF
from parvis.portal.directory.queries import STAFF_ROLES, VIEWING_ROLES, has_role, is_staff, perimeter
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.authz import YES, Decision, no
from parvis.portal.movements.models import OWNERS, Movement, Step

NOT_YOURS = no(
    "not_your_step",
    _("Cette étape est confiée à quelqu’un d’autre."),
    _("Demandez à l’équipe informatique de vous la confier."),
)
OWN = no("own_rights", _("Quelqu’un d’autre décide de ce que vous gardez."))
NOT_CONCERNED = no("not_concerned", _("Cette page est réservée aux responsables et à l’équipe informatique."))


def sees_list(actor: User) -> Decision:
    """The list of movements: heads of department, IT team, auditors."""
    return YES if has_role(actor, *VIEWING_ROLES) else NOT_CONCERNED


def can_manage(actor: User, movement: Movement) -> Decision:
    """Cancel, close, assign, add steps: the IT team of the old, the new or the present department."""
    entities = {movement.from_entity, movement.to_entity, movement.agent.entity} - {None}
    prefixes = perimeter(actor, *STAFF_ROLES)
    covered = any(covers(prefix, entity.path) for entity in entities if entity for prefix in prefixes)
    return YES if covered else NOT_STAFF


def can_keep(actor: User, step: Step) -> Decision:
    """Let the agent keep what the step is about: who may manage, who could give it, and nobody for themselves."""
    if step.movement.agent.user_id == actor.pk:
        return OWN
    if step.owner_role == Role.HEAD_OF_IT and step.owner_entity is not None:
        held = has_role(actor, Role.HEAD_OF_IT, entity=step.owner_entity)
        return can_manage(actor, step.movement) if held else NOT_HEAD_OF_IT
    return can_manage(actor, step.movement)


def can_plan(actor: User, entity: Entity) -> Decision:
    """Prepare an arrival or a departure: the IT team of the agent's department."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def can_do(actor: User, step: Step) -> Decision:
    """Tick a step: its owner, who has the owning role over its entity, and the IT team of the movement."""
    if step.owner_id is not None and step.owner_id == actor.pk:
        return YES
    if step.owner_entity is not None and has_role(actor, *_owning(step), entity=step.owner_entity):
        return YES
    return YES if can_manage(actor, step.movement) else NOT_YOURS


def can_write(actor: User, movement: Movement) -> Decision:
    """Leave a note: the IT team, the heads of the departments, whoever owns a step."""
    entities = [entity for entity in (movement.from_entity, movement.to_entity, movement.agent.entity) if entity]
    prefixes = perimeter(actor, *OWNERS)
    if any(covers(prefix, entity.path) for entity in entities for prefix in prefixes):
        return YES
    return YES if movement.steps.filter(owner=actor).exists() else NOT_CONCERNED


def can_edit_templates(actor: User, entity: Entity | None = None) -> Decision:
    """The steps that come by themselves: the IT team of the entity."""
    return YES if is_staff(actor, entity) else NOT_STAFF


def _owning(step: Step) -> tuple[Role, ...]:
    return tuple(role for role in OWNERS if role == step.owner_role)
