"""Closing an entity and opening it again, and merging one into another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import entity_services, permissions, role_services, rules, services
from parvis.portal.directory.models import Agent, Entity, EntityAlias, EntitySiret, RoleGrant
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict

OWN = (Entity, Agent, RoleGrant, EntitySiret, EntityAlias)
"""What this room moves itself; the rest of what points to an entity belongs to rooms above."""


def inside(entity: Entity) -> list[tuple[str, int]]:
    """What keeps an entity open: agents in post, entities under it, what rooms above keep there. (Words, how many.)"""
    found: list[tuple[type[models.Model], int]] = [
        (Agent, Agent.objects.filter(entity=entity, is_active=True).count()),
        (Entity, Entity.objects.filter(parent=entity, closed_date=None).count()),
        *((model, _rows(model, field, entity).count()) for model, field, guarded in _pointing() if guarded),
    ]
    return [(_words(model, count), count) for model, count in found if count]


def _words(model: type[models.Model], count: int) -> str:
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)


@transaction.atomic
def close_entity(*, actor: User, entity: Entity, now: datetime) -> None:
    """Nobody works there any more. Its history stays; `reopen_entity` undoes it. Twice is once.

    Raises:
        NotAllowed: not head of IT of what is above it.
        Conflict: something is still inside (`entity_not_empty`): the message says what.
    """
    require(permissions.can_manage_entities(actor, entity.parent))
    if full := inside(entity):
        what = ", ".join(f"{count} {words}" for words, count in full)
        raise Conflict(
            _("«\u202f%(entity)s\u202f» n’est pas vide\u202f: %(what)s.") % {"entity": entity, "what": what},
            code="entity_not_empty",
            advice=_("Déplacez-les d’abord, ou fusionnez cette entité avec une autre."),
        )
    if Entity.objects.filter(pk=entity.pk, closed_date=None).update(closed_date=clock.today(now)):
        entity.closed_date = clock.today(now)
        audit.record(actor=actor, action="directory.entity_closed", target=entity, now=now)


@transaction.atomic
def reopen_entity(*, actor: User, entity: Entity, now: datetime) -> None:
    """A closed entity is open again.

    Raises:
        NotAllowed: not head of IT of what is above it.
        Conflict: it was merged into another (`entity_merged`), or the one above it is closed.
    """
    require(permissions.can_manage_entities(actor, entity.parent))
    if entity.merged_into is not None:
        raise Conflict(
            _("Cette entité a été fusionnée avec «\u202f%(other)s\u202f».") % {"other": entity.merged_into},
            code="entity_merged",
            advice=_("Créez une nouvelle entité."),
        )
    if entity.parent is not None:
        permissions.require_open(entity.parent)
    if Entity.objects.filter(pk=entity.pk).exclude(closed_date=None).update(closed_date=None):
        entity.closed_date = None
        audit.record(actor=actor, action="directory.entity_reopened", target=entity, now=now)


@transaction.atomic
def merge_entities(*, actor: User, entity: Entity, into: Entity, now: datetime) -> None:
    """All that is in `entity` goes to `into`: agents, entities under it, SIRETs, names, what other rooms keep there.

    Its roles end: on `into` they would reach further than they were given for. It is closed, for good.

    Raises:
        NotAllowed: the actor does not manage what is above `entity`, or `into`.
        Conflict: a root; into itself or below itself; one is closed; the same name or object exists on both sides.
    """
    require(permissions.can_manage_entities(actor, entity.parent))
    require(permissions.can_manage_entities(actor, into))
    if entity.parent is None or rules.covers(entity.path, into.path):
        raise Conflict(_("Une entité ne peut pas être rangée sous elle-même."), code="entity_under_itself")
    permissions.require_open(entity)
    permissions.require_open(into)
    _move_people(actor, entity, into, now)
    _move_tree(actor, entity, into, now)
    for model, field, _guarded in _pointing():
        _repoint(model, field, entity, into)
    Entity.objects.filter(pk=entity.pk).update(closed_date=clock.today(now), merged_into=into)
    entity.refresh_from_db()
    data = {"into": into.pk, "into_name": into.name}
    audit.record(actor=actor, action="directory.entity_merged", target=entity, now=now, data=data)


def _move_people(actor: User, entity: Entity, into: Entity, now: datetime) -> None:
    for agent in Agent.objects.filter(entity=entity, is_active=True).select_related("entity", "user"):
        services.move_agent(actor=actor, agent=agent, entity=into, now=now)
    Agent.objects.filter(entity=entity).update(entity=into)  # those who have left: nothing happens to them
    for grant in RoleGrant.with_expired.filter(entity=entity).select_related("entity", "user"):
        role_services.remove_grant(actor, grant, now)


def _move_tree(actor: User, entity: Entity, into: Entity, now: datetime) -> None:
    below = Entity.objects.filter(parent=entity).select_related("parent")
    twice = set(below.values_list("name", flat=True)) & set(
        Entity.objects.filter(parent=into).values_list("name", flat=True)
    )
    if twice:
        raise Conflict(
            _("Ces entités existent des deux côtés\u202f: %(names)s.") % {"names": ", ".join(sorted(twice))},
            code="name_taken",
            advice=_("Renommez-les ou fusionnez-les d’abord."),
        )
    for child in below:
        entity_services.move_entity(actor=actor, entity=child, parent=into, now=now)
    sirets = EntitySiret.objects.filter(entity=entity)
    if EntitySiret.objects.filter(entity=into, is_main=True).exists():
        sirets.update(is_main=False)
    sirets.update(entity=into)
    known = set(EntityAlias.objects.filter(entity=into).values_list("name", flat=True))
    names = {entity.name, entity.code, *EntityAlias.objects.filter(entity=entity).values_list("name", flat=True)}
    EntityAlias.objects.filter(entity=entity).delete()
    EntityAlias.objects.bulk_create([EntityAlias(entity=into, name=name) for name in sorted(names - known - {""})])


def _pointing() -> list[tuple[type[models.Model], str, bool]]:
    """Tables of rooms above with a key to an entity; whether that key keeps the entity from being deleted."""
    relations: Any = Entity._meta.get_fields(include_hidden=True)
    return [
        (relation.related_model, relation.field.name, relation.on_delete is models.PROTECT)
        for relation in relations
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
        if relation.related_model not in OWN
    ]


def _rows(model: type[models.Model], field: str, entity: Entity) -> models.QuerySet[models.Model]:
    return model._base_manager.filter(**{field: entity})


def _repoint(model: type[models.Model], field: str, entity: Entity, into: Entity) -> None:
    try:
        with transaction.atomic():
            _rows(model, field, entity).update(**{field: into})
        return
    except IntegrityError:
        if not model._meta.auto_created:
            words = str(model._meta.verbose_name_plural)
            raise Conflict(
                _("Les deux entités ont le même élément (%(what)s).") % {"what": words},
                code="same_on_both_sides",
                advice=_("Renommez ou supprimez l’un des deux."),
            ) from None
    for row in _rows(model, field, entity):  # a list of entities that names both: once is enough
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=row.pk).update(**{field: into})
        except IntegrityError:
            row.delete()
