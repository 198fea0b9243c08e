"""What is done to the tree of entities. (Closing and merging: `entity_closing`.)"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import permissions, rules
from parvis.portal.directory.models import Entity, EntityAlias, EntitySiret
from parvis.portal.directory.permissions import require_open
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid

FACTS = ("name", "kind", "code", "audience")
MAX_DEPTH = 15
"""Levels a path has room for."""


@transaction.atomic
def create_entity(
    *,
    actor: User | None,
    parent: Entity | None,
    name: str,
    kind: str,
    now: datetime,
    code: str = "",
    audience: str = "",
    sirets: Sequence[str] = (),
    aliases: Sequence[str] = (),
) -> Entity:
    """A new entity under `parent`. The first of `sirets` is the main one. `actor` None: a source of the directory.

    Raises:
        NotAllowed: see `permissions.can_manage_entities`.
        Invalid: the name is taken there, a SIRET is wrong or another entity's.
        Conflict: the parent is closed, or the tree would be too deep.
    """
    if actor is not None:
        require(permissions.can_manage_entities(actor, parent))
    if parent is not None:
        require_open(parent)
        if len(rules.ids_of(parent.path)) >= MAX_DEPTH:
            raise Conflict(_("L’organisation ne peut pas avoir plus de 15 niveaux."), code="too_deep")
    entity = Entity(parent=parent, path=f"new.{uuid.uuid4()}")
    _write(entity, {"name": name, "kind": kind, "code": code, "audience": audience})
    entity.path = rules.child_path(parent.path if parent else "", entity.pk)
    entity.save(update_fields=["path"])
    _write_sirets(entity, sirets)
    _write_aliases(entity, aliases)
    audit.record(actor=actor, action="directory.entity_created", target=entity, now=now)
    return entity


@transaction.atomic
def update_entity(*, actor: User | None, entity: Entity, now: datetime, **facts: Any) -> None:
    """Change some of `FACTS`, `sirets` (the first is the main one) and `aliases`; what is left out stays.

    Raises:
        NotAllowed: see `permissions.can_manage_entities`.
        Invalid: the name is taken there, a SIRET is wrong or another entity's.
    """
    if actor is not None:
        require(permissions.can_manage_entities(actor, entity))
    before = _state(entity)
    _write(entity, facts)
    if "sirets" in facts:
        _write_sirets(entity, facts["sirets"])
    if "aliases" in facts:
        _write_aliases(entity, facts["aliases"])
    after = _state(entity)
    changed = {name: value for name, value in before.items() if value != after[name]}
    if changed:
        audit.record(actor=actor, action="directory.entity_updated", target=entity, now=now, data={"before": changed})


@transaction.atomic
def move_entity(*, actor: User | None, entity: Entity, parent: Entity, now: datetime) -> None:
    """Put an entity, with all below it, under another one. Roles follow: they are held on entities.

    Raises:
        NotAllowed: the actor does not manage both the former and the new parent.
        Conflict: the new parent is the entity itself or below it, is closed, or has a child of that name.
    """
    if actor is not None:
        require(permissions.can_manage_entities(actor, entity.parent))
        require(permissions.can_manage_entities(actor, parent))
    # Fresh paths, locked: two moves at once must not make a ring.
    paths = dict(Entity.objects.select_for_update().filter(pk__in=[entity.pk, parent.pk]).values_list("pk", "path"))
    old, new = paths[entity.pk], rules.child_path(paths[parent.pk], entity.pk)
    if rules.covers(old, paths[parent.pk]):
        raise Conflict(_("Une entité ne peut pas être rangée sous elle-même."), code="entity_under_itself")
    require_open(parent)
    deepest = max(len(path) for path in Entity.objects.filter(path__startswith=old).values_list("path", flat=True))
    if deepest - len(old) + len(new) > len(rules.child_path("", 0)) * MAX_DEPTH:
        raise Conflict(_("L’organisation ne peut pas avoir plus de 15 niveaux."), code="too_deep")
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
    *, actor: User | None, entity: Entity, now: datetime, parent: Entity | None = None, **facts: Any
) -> None:
    """`update_entity`, and `move_entity` if `parent` is another one than now: both or neither."""
    if facts:
        update_entity(actor=actor, entity=entity, now=now, **facts)
    if parent is not None and parent.pk != entity.parent_id:
        move_entity(actor=actor, entity=entity, parent=parent, now=now)


def _state(entity: Entity) -> dict[str, Any]:
    return {
        **{name: getattr(entity, name) for name in FACTS},
        "sirets": list(EntitySiret.objects.filter(entity=entity).values_list("siret", flat=True)),
        "aliases": list(EntityAlias.objects.filter(entity=entity).values_list("name", flat=True)),
    }


def _write(entity: Entity, facts: dict[str, Any]) -> None:
    for name in FACTS:
        if name in facts:
            setattr(entity, name, " ".join(str(facts[name]).split()))
    if not entity.name:
        problem = _("Le nom manque.")
        raise Invalid(problem, fields={"name": [problem]})
    try:
        with transaction.atomic():
            entity.save()
    except IntegrityError:
        problem = _("Une entité du même nom existe déjà à cet endroit, ouverte ou fermée.")
        raise Invalid(problem, fields={"name": [problem]}) from None


def _write_sirets(entity: Entity, sirets: Sequence[str]) -> None:
    wanted = list(dict.fromkeys(filter(None, ("".join(siret.split()) for siret in sirets))))
    for siret in wanted:
        if not rules.siret_is_valid(siret):
            problem = _("Le numéro SIRET %(siret)s n’est pas valable\u202f: il compte 14 chiffres.") % {"siret": siret}
            raise Invalid(problem, fields={"sirets": [problem]})
    EntitySiret.objects.filter(entity=entity).delete()
    try:
        with transaction.atomic():
            EntitySiret.objects.bulk_create(
                [EntitySiret(entity=entity, siret=siret, is_main=not rank) for rank, siret in enumerate(wanted)]
            )
    except IntegrityError:
        problem = _("Un de ces numéros SIRET est celui d’une autre entité.")
        raise Invalid(problem, fields={"sirets": [problem]}) from None
    entity._prefetched_objects_cache = {}  # type: ignore[attr-defined]  # the numbers read before are the former ones


def _write_aliases(entity: Entity, aliases: Sequence[str]) -> None:
    wanted = list(dict.fromkeys(filter(None, (" ".join(name.split())[:150] for name in aliases))))
    EntityAlias.objects.filter(entity=entity).delete()
    EntityAlias.objects.bulk_create([EntityAlias(entity=entity, name=name) for name in wanted])
