"""Licences: entered, changed, removed by the IT team of their entity."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.inventory import permissions
from parvis.portal.inventory.models import Licence, Software
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Contract


class LicenceData(TypedDict):
    """All that is known of a licence."""

    entity: Entity
    software: Software
    name: str
    seats: int
    ends_date: date | None
    cost: Decimal | None
    contract: Contract | None


@transaction.atomic
def save_licence(*, actor: User, licence: Licence | None, data: LicenceData, now: datetime) -> Licence:
    """Enter a licence (None), or change one.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: another licence of the entity has this name.
    """
    if licence is not None:
        require(permissions.can_manage_licences(actor, licence.entity))
    require(permissions.can_manage_licences(actor, data["entity"]))
    action = "inventory.licence_created" if licence is None else "inventory.licence_changed"
    licence = licence or Licence()
    for name, value in data.items():
        setattr(licence, name, value)
    try:
        with transaction.atomic():
            licence.save()
    except IntegrityError:
        problem = _("Une autre licence de cette entité porte déjà cet intitulé.")
        raise Invalid(problem, fields={"name": [problem]}) from None
    audit.record(actor=actor, action=action, target=licence, now=now, data=_facts(licence))
    return licence


@transaction.atomic
def delete_licence(*, actor: User, licence: Licence, now: datetime) -> None:
    """Take a licence off the list.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(permissions.can_manage_licences(actor, licence.entity))
    audit.record(actor=actor, action="inventory.licence_deleted", target=licence, now=now, data=_facts(licence))
    licence.delete()


def _facts(licence: Licence) -> dict[str, Any]:
    return {"software": str(licence.software), "seats": licence.seats, "entity": licence.entity_id}
