"""Which entity a line of the audit trail belongs to: whoever sees the entity may read the line."""

from __future__ import annotations

from django.db import models

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel.audit import Actor

LEADS = ("agent", "computer", "site", "user", "session", "device", "owner", "root", "campaign")
"""Attributes that lead from an object to one that has an entity; followed once or twice, in this order."""


def entity_of(actor: Actor | None, target: models.Model | None) -> int | None:
    """The entity of what was acted on, or else of who acted; None for neither."""
    found = _of(target, hops=2) if target is not None else None
    if found is None and isinstance(actor, User):
        found = _of_user(actor.pk)
    return found


def _of(thing: object, hops: int) -> int | None:
    if isinstance(thing, Entity):
        return int(thing.pk)
    if isinstance(thing, User):
        return _of_user(thing.pk)
    entity_id = getattr(thing, "entity_id", None)
    if isinstance(entity_id, int):
        return entity_id
    for name in LEADS if hops else ():
        # By the class, so that a reverse relation with no row is no error and a key that is null costs no query.
        if getattr(thing, f"{name}_id", None) is None:
            continue
        found = _of(getattr(thing, name, None), hops - 1)
        if found is not None:
            return found
    return None


def _of_user(pk: int) -> int | None:
    return Agent.objects.filter(user_id=pk).values_list("entity_id", flat=True).first()
