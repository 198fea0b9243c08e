"""Minimums on site are set, and their shortages told."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role, RoleGrant
from parvis.portal.directory.rules import lineage
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.kernel.mail import send_later
from parvis.portal.presence import permissions, staffing
from parvis.portal.presence.staffing_models import AlertTold, Minimum

MOST = 60
"""Minimums of one entity."""


@transaction.atomic
def add_minimum(
    *,
    actor: User,
    entity: Entity,
    least: int,
    now: datetime,
    weekday: int = Minimum.Weekday.EVERY,
    half: str = "",
    job: str = "",
) -> Minimum:
    """One more minimum for `entity` with all below it.

    Raises:
        NotAllowed: neither the head of the department nor the head of IT.
        Invalid: the same is asked already, or too many are.
    """
    require(permissions.can_set_policy(actor, entity))
    if Minimum.objects.filter(entity=entity).count() >= MOST:
        raise Invalid(_("Il y a déjà trop de minimums pour ce service."), code="too_many")
    try:
        with transaction.atomic():
            minimum = Minimum.objects.create(
                entity=entity, weekday=weekday, half=half, job=" ".join(job.split())[:100], least=least
            )
    except IntegrityError:
        sentence = _("Un minimum existe déjà pour ce moment\u202f: retirez-le d’abord.")
        raise Invalid(sentence, code="exists", fields={"weekday": [sentence]}) from None
    data = {"least": least, "weekday": weekday, "half": half, "job": minimum.job}
    audit.record(actor=actor, action="presence.minimum_added", target=entity, now=now, data=data)
    return minimum


@transaction.atomic
def remove_minimum(*, actor: User, minimum: Minimum, now: datetime) -> None:
    """Nobody asks it any more; twice is once.

    Raises:
        NotAllowed: neither the head of the department nor the head of IT.
    """
    require(permissions.can_set_policy(actor, minimum.entity))
    if Minimum.objects.filter(pk=minimum.pk).delete()[0]:
        audit.record(actor=actor, action="presence.minimum_removed", target=minimum.entity, now=now)


@transaction.atomic
def tell_shortages(*, now: datetime) -> int:
    """Mail the heads what is short in the next four weeks and was not told yet; how many mails. Twice is once."""
    today = clock.today(now)
    AlertTold.objects.filter(date__lt=today).delete()
    letters: dict[User, list[staffing.Shortage]] = defaultdict(list)
    asking = Entity.objects.filter(_asks()).distinct().order_by("path")
    found = staffing.shortages(list(asking), today, today + staffing.AHEAD)
    for shortage in _not_told(found, now):
        for head in _heads(shortage.entity):
            letters[head].append(shortage)
    for head, theirs in letters.items():
        _write(head, theirs)
    return len(letters)


def _asks() -> Q:
    return Q(presence_policy__minimum_on_site__gt=0) | Q(presence_minimums__isnull=False)


def _not_told(found: list[staffing.Shortage], now: datetime) -> list[staffing.Shortage]:
    keys = {(each.entity.pk, each.date, str(each.half), each.job): each for each in found}
    known = set(AlertTold.objects.values_list("entity_id", "date", "half", "job"))
    new = {key: each for key, each in keys.items() if key not in known}
    rows = [AlertTold(entity_id=key[0], date=key[1], half=key[2], job=key[3], told_at=now) for key in new]
    # Two rounds at once: the second fails on the constraint, whole, and tells nothing.
    AlertTold.objects.bulk_create(rows, batch_size=500)
    return list(new.values())


def _heads(entity: Entity) -> list[User]:
    """The heads of the nearest department that has some, from `entity` up."""
    grants = list(
        RoleGrant.objects.filter(
            role=Role.HEAD_OF_DEPARTMENT, entity__path__in=lineage(entity.path), user__is_active=True
        )
        .select_related("user", "entity")
        .order_by("user_id")
    )
    nearest = max((len(grant.entity.path) for grant in grants), default=0)
    return [grant.user for grant in grants if len(grant.entity.path) == nearest]


def _write(head: User, found: list[staffing.Shortage]) -> None:
    with translation.override(head.language):
        text = render_to_string(
            "presence/mail/shortages.txt",
            {
                "user": head,
                "shortages": found[:40],
                "more": max(len(found) - 40, 0),
                "count": len(found),
                "url": settings.PARVIS.url + reverse("presence:alerts"),
                "authority_name": settings.PARVIS.authority_name,
            },
        )
    subject, _sep, body = text.strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[head.email])
