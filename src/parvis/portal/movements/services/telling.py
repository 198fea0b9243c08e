"""Who is told what by mail: new steps once, late ones again every week. One mail a person, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.mail import send_later
from parvis.portal.movements import rules
from parvis.portal.movements.models import Step
from parvis.portal.movements.queries import holders

BATCH = 1000


@transaction.atomic
def tell(*, now: datetime) -> int:
    """Queue the mails that are due; how many. A step is taken by one round only, so that twice is once."""
    today = clock.today(now)
    letters: dict[User, list[Step]] = defaultdict(list)
    for step in _due(today):
        if not _taken(step, today, now):
            continue
        for person in _people(step):
            letters[person].append(step)
    for person, steps in letters.items():
        _write(person, steps, today)
    return len(letters)


def _due(today: date) -> list[Step]:
    new = Q(told_at__isnull=True)
    late = Q(due_date__lt=today) & (Q(reminded_date__isnull=True) | Q(reminded_date__lte=today - rules.REMIND_EVERY))
    steps = Step.objects.filter(new | late, outcome="", movement__state__in=rules.LIVE)
    return list(steps.select_related("owner", "owner_entity", "movement__agent").order_by("due_date", "pk")[:BATCH])


def _taken(step: Step, today: date, now: datetime) -> bool:
    """Conditional: of two rounds at once, one takes the step."""
    mark = {"told_at": step.told_at or now}
    if rules.reminder_due(step.due_date, step.reminded_date, today):
        mark["reminded_date"] = today  # type: ignore[assignment]
    same = Step.objects.filter(pk=step.pk, told_at=step.told_at, reminded_date=step.reminded_date)
    return bool(same.update(**mark))


def _people(step: Step) -> list[User]:
    if step.owner is not None:
        return [step.owner] if step.owner.is_active else []
    if step.owner_entity is None:
        return []
    # A department without head, an entity without technician: the head of IT hears of it.
    return holders(step.owner_role, step.owner_entity) or holders(Role.HEAD_OF_IT, step.owner_entity)


def _write(person: User, steps: list[Step], today: date) -> None:
    with translation.override(person.language):
        text = render_to_string(
            "movements/mail/steps.txt",
            {
                "user": person,
                "late": [step for step in steps if step.is_late(today)],
                "coming": [step for step in steps if not step.is_late(today)],
                "count": len(steps),
                "url": settings.PARVIS.url + reverse("movements:my_steps"),
                "authority_name": settings.PARVIS.authority_name,
            },
        )
    subject, _, body = text.strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[person.email])
