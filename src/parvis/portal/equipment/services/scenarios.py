"""Scenarios are saved, duplicated, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.directory.rules import covers
from parvis.portal.equipment import permissions
from parvis.portal.equipment.models import Change, Profile, Scenario
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid

MOST = 100
"""Scenarios of one entity."""
NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ChangeData:
    """See `models.Change`."""

    kind: str
    quantity: int
    unit_price: Decimal
    profile: Profile | None = None
    department: Entity | None = None
    words: str = ""
    telework: str = "any"
    replaces_kind: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioData:
    """A whole scenario."""

    name: str
    description: str
    spread_years: int
    reuse_stock: bool
    renew: bool
    changes: Sequence[ChangeData]


@transaction.atomic
def save_scenario(
    *, actor: User, entity: Entity, data: ScenarioData, now: datetime, scenario: Scenario | None = None
) -> Scenario:
    """A new scenario for `entity`, or another content for one.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: the name is taken, a department is outside the entity, or there are too many.
    """
    require(permissions.can_manage(actor, entity))
    if scenario is not None:
        require(permissions.can_manage(actor, scenario.entity))
    elif Scenario.objects.filter(entity=entity).count() >= MOST:
        raise Invalid(_("Il y a déjà trop de scénarios pour cette entité."), code="too_many")
    for each in data.changes:
        if each.department is not None and not covers(entity.path, each.department.path):
            problem = _("«\u202f%(department)s\u202f» n’est pas dans «\u202f%(entity)s\u202f».")
            raise Invalid(problem % {"department": each.department, "entity": entity}, code="elsewhere")
    saved = scenario or Scenario(entity=entity, made_by=actor, made_at=now)
    saved.entity, saved.name, saved.description = entity, data.name.strip(), data.description.strip()
    saved.spread_years, saved.reuse_stock, saved.renew = data.spread_years, data.reuse_stock, data.renew
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        sentence = _("Un autre scénario de cette entité porte déjà ce nom.")
        raise Invalid(sentence, code="name_taken", fields={"name": [sentence]}) from None
    saved.changes.all().delete()
    Change.objects.bulk_create(
        Change(
            scenario=saved,
            profile=each.profile,
            department=each.department,
            words=each.words.strip(),
            telework=each.telework,
            kind=each.kind,
            quantity=each.quantity,
            unit_price=each.unit_price,
            replaces_kind=each.replaces_kind,
        )
        for each in data.changes
    )
    facts = {"changes": len(data.changes), "years": data.spread_years}
    audit.record(actor=actor, action="equipment.scenario_saved", target=saved, now=now, data=facts)
    return saved


@transaction.atomic
def duplicate(*, actor: User, scenario: Scenario, now: datetime) -> Scenario:
    """The same once more under another name, to change.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Invalid: there are too many scenarios.
    """
    changes = [
        ChangeData(
            each.kind,
            each.quantity,
            each.unit_price,
            each.profile,
            each.department,
            each.words,
            each.telework,
            each.replaces_kind,
        )
        for each in scenario.changes.select_related("profile", "department")
    ]
    data = ScenarioData(
        _free_name(scenario),
        scenario.description,
        scenario.spread_years,
        scenario.reuse_stock,
        scenario.renew,
        changes,
    )
    return save_scenario(actor=actor, entity=scenario.entity, data=data, now=now)


def _free_name(scenario: Scenario) -> str:
    taken = set(Scenario.objects.filter(entity=scenario.entity).values_list("name", flat=True))
    number = 2
    while True:
        tail = f" ({number})"
        name = scenario.name[: NAME_LENGTH - len(tail)] + tail
        if name not in taken:
            return name
        number += 1


@transaction.atomic
def delete_scenario(*, actor: User, scenario: Scenario, now: datetime) -> None:
    """Take a scenario away.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(permissions.can_manage(actor, scenario.entity))
    audit.record(actor=actor, action="equipment.scenario_deleted", target=scenario, now=now)
    scenario.delete()
