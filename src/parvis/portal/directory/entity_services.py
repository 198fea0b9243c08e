"""What is done to the tree of entities."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import permissions, rules
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid


@transaction.atomic
def create_entity(
    *, actor: User, parent: Entity | None, name: str, kind: str, siret: str = "", now: datetime
) -> Entity:
    """A new entity under `parent`.

    Raises:
        NotAllowed: see `permissions.can_manage_entities`.
        Invalid: the name is taken there, or the SIRET is wrong.
    """
    require(permissions.can_manage_entities(actor, parent))
    entity = Entity(parent=parent, kind=kind, path=f"new.{uuid.uuid4()}")
    _write(entity, name=name, siret=siret)
    entity.path = rules.child_path(parent.path if parent else "", entity.pk)
    entity.save(update_fields=["path"])
    audit.record(actor=actor, action="directory.entity_created", target=entity, now=now)
    return entity


@transaction.atomic
def update_entity(*, actor: User, entity: Entity, name: str, kind: str, siret: str, now: datetime) -> None:
    """Change what an entity is called and what it is.

    Raises:
        NotAllowed: see `permissions.can_manage_entities`.
        Invalid: the name is taken there, or the SIRET is wrong.
    """
    require(permissions.can_manage_entities(actor, entity))
    before = {"name": entity.name, "kind": entity.kind, "siret": entity.siret}
    entity.kind = kind
    _write(entity, name=name, siret=siret)
    audit.record(actor=actor, action="directory.entity_updated", target=entity, now=now, data={"before": before})


@transaction.atomic
def move_entity(*, actor: User, entity: Entity, parent: Entity, now: datetime) -> None:
    """Put an entity, with all below it, under another one. Roles follow: they are held on entities.

    Raises:
        NotAllowed: the actor does not manage both the former and the new parent.
        Conflict: the new parent is the entity itself or below it, or has a child of that name.
    """
    require(permissions.can_manage_entities(actor, entity.parent))
    require(permissions.can_manage_entities(actor, parent))
    # Fresh paths, locked: two moves at once must not make a ring.
    paths = dict(Entity.objects.select_for_update().filter(pk__in=[entity.pk, parent.pk]).values_list("pk", "path"))
    old, new = paths[entity.pk], rules.child_path(paths[parent.pk], entity.pk)
    if rules.covers(old, paths[parent.pk]):
        raise Conflict(_("Une entité ne peut pas être rangée sous elle-même."), code="entity_under_itself")
    try:
        with transaction.atomic():
            Entity.objects.filter(pk=entity.pk).update(parent=parent)
    except IntegrityError:
        raise Conflict(_("Une entité du même nom existe déjà à cet endroit."), code="name_taken") from None
    Entity.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    entity.refresh_from_db()
    audit.record(
        actor=actor, action="directory.entity_moved", target=entity, now=now, data={"from": old, "to": entity.path}
    )


@transaction.atomic
def change_entity(
    *, actor: User, entity: Entity, name: str, kind: str, siret: str, parent: Entity | None, now: datetime
) -> None:
    """`update_entity`, and `move_entity` if `parent` is another one than now: both or neither."""
    update_entity(actor=actor, entity=entity, name=name, kind=kind, siret=siret, now=now)
    if parent is not None and parent.pk != entity.parent_id:
        move_entity(actor=actor, entity=entity, parent=parent, now=now)


def _write(entity: Entity, *, name: str, siret: str) -> None:
    if siret and not rules.siret_is_valid(siret):
        problem = _("Ce numéro SIRET n’est pas valable\u202f: il compte 14 chiffres.")
        raise Invalid(problem, fields={"siret": [problem]})
    entity.name, entity.siret = name.strip(), siret
    try:
        with transaction.atomic():
            entity.save()
    except IntegrityError:
        problem = _("Une entité du même nom existe déjà à cet endroit.")
        raise Invalid(problem, fields={"name": [problem]}) from None
