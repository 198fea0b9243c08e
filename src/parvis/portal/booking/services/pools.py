"""Pools and what they hold: made, changed, put in and out of service, taken away. By the IT team of their entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import permissions, phones
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.rules import EQUIPMENT
from parvis.portal.booking.services import outages, waiting
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import Site
from parvis.portal.parc.record_models import Contract

LENGTHS = {"name": 100, "account_ref": 200, "location": 120, "owner": 120, "note": 300}
"""Of the columns of `Resource`."""
MOST_AT_ONCE = 500
"""Resources added in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolData:
    """What a pool says of itself."""

    entity: Entity
    kind: str
    name: str
    description: str = ""
    assignment: str = Pool.Assignment.LATE
    assign_hours: int = 24
    buffer_minutes: int = 5
    check_in_minutes: int = 0
    horizon_days: int = 365
    max_minutes: int = 600
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceData:
    """What a resource says of itself."""

    name: str
    phone_number: str = ""
    pin: str = ""
    moderator_pin: str = ""
    account_ref: str = ""
    capacity: int = 10
    equipment: Sequence[str] = ()
    site: Site | None = None
    location: str = ""
    owner: str = ""
    contract: Contract | None = None
    is_active: bool = True
    note: str = ""


@transaction.atomic
def save_pool(*, actor: User, pool: Pool | None, data: PoolData, now: datetime) -> Pool:
    """Make a pool (None) or change one. What is booked already keeps its times.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: a name taken in this entity.
        Conflict: another kind or entity for a pool that has been booked (`pool_used`).
    """
    require(permissions.can_manage(actor, data.entity))
    if pool is not None:
        require(permissions.can_manage(actor, pool.entity))
        changes = pool.kind != data.kind or pool.entity_id != data.entity.pk
        if changes and (pool.bookings.exists() or (pool.kind != data.kind and pool.resources.exists())):
            raise Conflict(
                _("Ce groupe a déjà servi\u202f: il garde son type et son entité."),
                code="pool_used",
                advice=_("Créez-en un autre, et fermez celui-ci aux agents."),
            )
    made = pool is None
    pool = pool or Pool()
    for name in PoolData.__dataclass_fields__:
        setattr(pool, name, getattr(data, name))
    try:
        with transaction.atomic():
            # `turn` is the engine's: never written over.
            pool.save(update_fields=None if made else [*PoolData.__dataclass_fields__])
    except IntegrityError:
        problem = _("Un groupe de cette entité porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None
    facts = {"kind": str(pool.kind), "assignment": str(pool.assignment), "open": pool.is_open}
    audit.record(
        actor=actor, action="booking.pool_created" if made else "booking.pool_updated", target=pool, now=now, data=facts
    )
    return pool


@transaction.atomic
def delete_pool(*, actor: User, pool: Pool, now: datetime) -> None:
    """Take away a pool that was never booked, with what it holds.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it was booked, and its bookings are kept (`pool_used`).
    """
    require(permissions.can_manage(actor, pool.entity))
    if pool.bookings.exists():
        raise Conflict(
            _("Ce groupe a des réservations, qui doivent être conservées."),
            code="pool_used",
            advice=_("Fermez-le aux agents\u202f: on n’y réserve plus rien."),
        )
    audit.record(actor=actor, action="booking.pool_deleted", target=pool, now=now)
    pool.resources.all().delete()
    pool.delete()


@transaction.atomic
def save_resource(
    *, actor: User, pool: Pool, resource: Resource | None, data: ResourceData, now: datetime
) -> Resource:  # fmt: skip
    """Make a resource of a pool (None) or change one; out of service, its bookings ahead go elsewhere.

    Raises:
        NotAllowed: not of the IT team of the pool's entity.
        Invalid: a name taken in the pool; a number or code that cannot be dialled; a number and code used elsewhere.
    """
    require(permissions.can_manage(actor, pool.entity))
    made = resource is None
    resource = resource or Resource(pool=pool)
    was_active = resource.is_active and not made
    fill(resource, data)
    _check(resource)
    try:
        with transaction.atomic():
            resource.save()
    except IntegrityError:
        raise _taken(resource) from None
    audit.record(
        actor=actor,
        action="booking.resource_created" if made else "booking.resource_updated",
        target=resource,
        now=now,
        data={"pool": str(pool), "active": resource.is_active},
    )
    if resource.is_active != was_active:
        _follow(resource, now)
    return resource


@transaction.atomic
def add_resources(*, actor: User, pool: Pool, lines: Sequence[ResourceData], now: datetime) -> list[Resource]:
    """Several at once: all of them, or none.

    Raises:
        NotAllowed: not of the IT team of the pool's entity.
        Invalid: a line that cannot be; said with its number.
    """
    require(permissions.can_manage(actor, pool.entity))
    if len(lines) > MOST_AT_ONCE:
        raise Invalid(_("%(n)d lignes au plus à la fois.") % {"n": MOST_AT_ONCE}, code="too_many_lines")
    made = []
    for number, data in enumerate(lines, start=1):
        resource = Resource(pool=pool)
        fill(resource, data)
        try:
            _check(resource)
            with transaction.atomic():
                resource.save()
        except IntegrityError:
            raise _at_line(number, _taken(resource)) from None
        except Invalid as problem:
            raise _at_line(number, problem) from None
        made.append(resource)
    facts = [(resource, {"pool": str(pool)}) for resource in made]
    if facts:
        audit.record_many(actor=actor, action="booking.resource_created", targets=facts, now=now)
    return made


@transaction.atomic
def set_active(*, actor: User, resources: Sequence[Resource], is_active: bool, now: datetime) -> int:
    """Put resources in service, or out: their bookings ahead go elsewhere, or wait. How many changed.

    Raises:
        NotAllowed: not of the IT team of one of them; then none changes.
    """
    for resource in resources:
        require(permissions.can_manage(actor, resource.pool.entity))
    changed = [resource for resource in resources if resource.is_active != is_active]
    Resource.objects.filter(pk__in=[resource.pk for resource in changed]).update(is_active=is_active)
    if changed:
        lines = [(resource, {"active": is_active}) for resource in changed]
        audit.record_many(actor=actor, action="booking.resource_updated", targets=lines, now=now)
    for resource in changed:
        resource.is_active = is_active
        _follow(resource, now)
    return len(changed)


def _follow(resource: Resource, now: datetime) -> None:
    """What comes of a resource that is in service again, or no more."""
    if resource.is_active:
        waiting.fill(pool=resource.pool, now=now)
    else:
        outages.seat_elsewhere(resource=resource, now=now)


@transaction.atomic
def delete_resource(*, actor: User, resource: Resource, now: datetime) -> None:
    """Take away a resource that was never booked.

    Raises:
        NotAllowed: not of the IT team of its pool's entity.
        Conflict: it was booked, and its bookings are kept (`resource_used`).
    """
    require(permissions.can_manage(actor, resource.pool.entity))
    if Booking.objects.filter(resource=resource).exists():
        raise Conflict(
            _("Cette salle a des réservations, qui doivent être conservées."),
            code="resource_used",
            advice=_("Mettez-la hors service\u202f: elle n’est plus attribuée, et garde son historique."),
        )
    audit.record(actor=actor, action="booking.resource_deleted", target=resource, now=now)
    resource.delete()


def fill(resource: Resource, data: ResourceData) -> None:
    """Write what `data` says into a resource, the number as E.164."""
    for name in ResourceData.__dataclass_fields__:
        value = getattr(data, name)
        setattr(resource, name, value.strip() if isinstance(value, str) else value)
    resource.equipment = [code for code in EQUIPMENT if code in set(data.equipment)]
    if resource.phone_number:
        resource.phone_number = phones.e164(resource.phone_number) or resource.phone_number


def _check(resource: Resource) -> None:
    fields: dict[str, list[str]] = {}
    if not resource.name:
        fields["name"] = [_("Donnez un nom à cette salle.")]
    if resource.phone_number and phones.e164(resource.phone_number) is None:
        fields["phone_number"] = [_("Ce numéro ne peut pas être composé. Par exemple\u202f: 02 98 00 12 34.")]
    if resource.pool.kind == Pool.Kind.PHONE_ROOM and not resource.phone_number:
        fields["phone_number"] = [_("Une salle téléphonique a un numéro d’appel.")]
    for name in ("pin", "moderator_pin"):
        if not phones.is_pin(getattr(resource, name)):
            fields[name] = [_("Un code a des chiffres seulement, douze au plus.")]
    for name, limit in LENGTHS.items():
        if len(getattr(resource, name)) > limit:
            fields[name] = [_("%(n)d caractères au plus.") % {"n": limit}]
    if not 1 <= resource.capacity <= 100_000:
        fields["capacity"] = [_("Le nombre de places va de 1 à 100 000.")]
    if fields:
        raise Invalid(next(iter(fields.values()))[0], fields=fields)


def _taken(resource: Resource) -> Invalid:
    if Resource.objects.filter(pool=resource.pool, name=resource.name).exclude(pk=resource.pk).exists():
        problem = _("Une salle de ce groupe porte déjà ce nom.")
        return Invalid(problem, fields={"name": [problem]})
    problem = _("Une autre salle a déjà ce numéro et ce code.")
    return Invalid(problem, fields={"phone_number": [problem]})


def _at_line(number: int, problem: Invalid) -> Invalid:
    said = _("Ligne %(n)d\u202f: %(problem)s") % {"n": number, "problem": problem.message}
    return Invalid(said, code="bad_line", fields={"lines": [said]})
