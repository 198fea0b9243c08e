"""The steps that come by themselves: data that the IT team edits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.movements import permissions
from parvis.portal.movements.models import Kind, StepKind, StepTemplate

HEAD, TECHNICIAN = Role.HEAD_OF_DEPARTMENT, Role.TECHNICIAN

COMMON = (
    (Kind.JOINER, StepKind.OPENS, gettext_lazy("Badge et clés"), HEAD, 0),
    (Kind.JOINER, StepKind.OPENS, gettext_lazy("Boîte aux lettres électronique"), TECHNICIAN, -2),
    (Kind.JOINER, StepKind.OPENS, gettext_lazy("Accès aux logiciels du service"), TECHNICIAN, 0),
    (Kind.JOINER, StepKind.OPENS, gettext_lazy("Formation à la sécurité informatique"), HEAD, 15),
    (Kind.MOVER, StepKind.OPENS, gettext_lazy("Accès aux logiciels du nouveau service"), TECHNICIAN, 0),
    (Kind.MOVER, StepKind.MOVES, gettext_lazy("Téléphone et bureau"), HEAD, 0),
    (Kind.MOVER, StepKind.COMES_BACK, gettext_lazy("Clés et dossiers de l’ancien service"), HEAD, 5),
    (Kind.LEAVER, StepKind.COMES_BACK, gettext_lazy("Badge et clés"), HEAD, 0),
    (Kind.LEAVER, StepKind.COMES_BACK, gettext_lazy("Téléphone mobile"), TECHNICIAN, 0),
    (Kind.LEAVER, StepKind.MOVES, gettext_lazy("Dossiers et messages transmis au service"), HEAD, -3),
)
"""What most authorities do: offered to who has no steps of their own yet."""


@transaction.atomic
def save_template(*, actor: User, now: datetime, template: StepTemplate | None = None, **facts: Any) -> StepTemplate:
    """A new one, or the changes of one. `facts`: the fields of `StepTemplate`. Steps made already stay as they are.

    Raises:
        NotAllowed: not of the IT team of the entity (before and after).
        Invalid: the same title exists there.
    """
    if template is not None:
        require(permissions.can_edit_templates(actor, template.entity))
    template = template or StepTemplate()
    for name, value in facts.items():
        setattr(template, name, value)
    require(permissions.can_edit_templates(actor, template.entity))
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        problem = _("Cette étape existe déjà pour cette entité.")
        raise Invalid(problem, fields={"title": [problem]}) from None
    audit.record(actor=actor, action="movements.template_saved", target=template, now=now)
    return template


@transaction.atomic
def delete_template(*, actor: User, template: StepTemplate, now: datetime) -> None:
    """It comes no more; steps made already stay.

    Raises:
        NotAllowed: not of the IT team of the entity.
    """
    require(permissions.can_edit_templates(actor, template.entity))
    audit.record(actor=actor, action="movements.template_deleted", target=template, now=now)
    template.delete()


@transaction.atomic
def add_common(*, actor: User, entity: Entity, now: datetime) -> int:
    """The usual steps for an entity; those it has already stay as they are. How many are new.

    Raises:
        NotAllowed: not of the IT team of the entity.
    """
    require(permissions.can_edit_templates(actor, entity))
    made = [
        StepTemplate(entity=entity, movement_kind=kind, kind=part, title=str(title), owner_role=role, days=days)
        for kind, part, title, role, days in COMMON
    ]
    before = StepTemplate.objects.filter(entity=entity).count()
    StepTemplate.objects.bulk_create(made, ignore_conflicts=True)
    count = StepTemplate.objects.filter(entity=entity).count() - before
    audit.record(actor=actor, action="movements.templates_added", target=entity, now=now, data={"count": count})
    return count
