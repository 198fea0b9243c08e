"""Profiles are written, taken away, chosen by hand; the settings they are counted with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.rules import covers
from parvis.portal.equipment import permissions, rules
from parvis.portal.equipment.models import Choice, Criterion, Entitlement, Policy, Profile
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc.models import AssetModel

MOST = 60
"""Profiles of one entity."""


@dataclass(frozen=True, slots=True)
class CriterionData:
    """See `models.Criterion`."""

    words: str = ""
    department: Entity | None = None
    telework: str = rules.ANY


@dataclass(frozen=True, slots=True)
class LineData:
    """See `models.Entitlement`."""

    kind: str
    label: str
    quantity: int = 1
    unit_price: Decimal = Decimal(0)
    other_kinds: Sequence[str] = ()
    accepted_models: Sequence[AssetModel] = ()
    max_months: int | None = None
    is_required: bool = True
    shared_will_do: bool = False


@dataclass(frozen=True, slots=True)
class ProfileData:
    """A whole profile."""

    name: str
    description: str
    rank: int
    criteria: Sequence[CriterionData]
    lines: Sequence[LineData]


@transaction.atomic
def save_profile(
    *, actor: User, entity: Entity, data: ProfileData, now: datetime, profile: Profile | None = None
) -> Profile:
    """A new profile of `entity`, or another content for one it has.

    Raises:
        NotAllowed: not of the IT team of the entity.
        Invalid: the name is taken, a department is outside the entity, or there are too many profiles.
    """
    require(permissions.can_manage(actor, entity))
    if profile is not None:
        require(permissions.can_manage(actor, profile.entity))
    elif Profile.objects.filter(entity=entity).count() >= MOST:
        raise Invalid(_("Il y a déjà trop de profils pour cette entité."), code="too_many")
    for each in data.criteria:
        if each.department is not None and not covers(entity.path, each.department.path):
            problem = _("«\u202f%(department)s\u202f» n’est pas dans «\u202f%(entity)s\u202f».")
            raise Invalid(problem % {"department": each.department, "entity": entity}, code="elsewhere")
    saved = profile or Profile(entity=entity)
    saved.entity, saved.name, saved.rank = entity, data.name.strip(), data.rank
    saved.description = data.description.strip()
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        sentence = _("Un autre profil de cette entité porte déjà ce nom.")
        raise Invalid(sentence, code="name_taken", fields={"name": [sentence]}) from None
    _write_criteria(saved, data.criteria)
    _write_lines(saved, data.lines)
    facts = {"conditions": len(data.criteria), "lines": len(data.lines), "rank": data.rank}
    audit.record(actor=actor, action="equipment.profile_saved", target=saved, now=now, data=facts)
    return saved


def _write_criteria(profile: Profile, criteria: Iterable[CriterionData]) -> None:
    profile.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(profile=profile, words=each.words.strip(), department=each.department, telework=each.telework)
        for each in criteria
    )


def _write_lines(profile: Profile, lines: Iterable[LineData]) -> None:
    profile.entitlements.all().delete()
    for each in lines:
        line = Entitlement.objects.create(
            profile=profile,
            kind=each.kind,
            label=each.label.strip(),
            quantity=each.quantity,
            unit_price=each.unit_price,
            other_kinds=[kind for kind in each.other_kinds if kind != each.kind],
            max_months=each.max_months,
            is_required=each.is_required,
            shared_will_do=each.shared_will_do,
        )
        line.accepted_models.set(each.accepted_models)


@transaction.atomic
def delete_profile(*, actor: User, profile: Profile, now: datetime) -> None:
    """Take a profile away, with the choices by hand of it; scenarios lose the lines that name it.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(permissions.can_manage(actor, profile.entity))
    audit.record(actor=actor, action="equipment.profile_deleted", target=profile, now=now)
    profile.delete()


@transaction.atomic
def choose_profile(*, actor: User, agent: Agent, profile: Profile | None, now: datetime) -> None:
    """The agent has this profile whatever the conditions say; None: as the conditions say again.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict: the profile is not worth where the agent works (`profile_elsewhere`).
    """
    require(permissions.can_manage(actor, agent.entity))
    if profile is None:
        if not Choice.objects.filter(agent=agent).delete()[0]:
            return
    else:
        if not covers(profile.entity.path, agent.entity.path):
            raise Conflict(_("Ce profil ne vaut pas pour le service de cet agent."), code="profile_elsewhere")
        chosen = {"profile": profile, "chosen_by": actor, "chosen_at": now}
        Choice.objects.update_or_create(agent=agent, defaults=chosen)
    data = {"profile": profile.pk if profile else None, "profile_name": str(profile or "")}
    audit.record(actor=actor, action="equipment.profile_chosen", target=agent, now=now, data=data)


@transaction.atomic
def save_policy(
    *,
    actor: User,
    entity: Entity,
    old_means: str,
    loans_count: bool,
    months: dict[str, int | None],
    prices: dict[str, Decimal],
    now: datetime,
) -> Policy:
    """How `entity` and those below count ages and prices. A kind without months never grows too old.

    Raises:
        NotAllowed: not the head of IT of the entity.
    """
    require(permissions.can_set_policy(actor, entity))
    values = {
        "old_means": old_means,
        "loans_count": loans_count,
        "months": {kind: number for kind, number in months.items() if number},
        "prices": {kind: str(price) for kind, price in prices.items()},
    }
    policy, _created = Policy.objects.update_or_create(entity=entity, defaults=values)
    audit.record(actor=actor, action="equipment.policy_saved", target=entity, now=now, data=values)
    return policy


@transaction.atomic
def delete_policy(*, actor: User, entity: Entity, now: datetime) -> None:
    """The settings of the entity above hold again; twice is once.

    Raises:
        NotAllowed: not the head of IT of the entity.
    """
    require(permissions.can_set_policy(actor, entity))
    if Policy.objects.filter(entity=entity).delete()[0]:
        audit.record(actor=actor, action="equipment.policy_deleted", target=entity, now=now)
