"""Tell the heads of IT, once, that gateways will not be enough."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.capacity import gauges, outlook, rules, wording
from parvis.portal.capacity.models import Notice
from parvis.portal.capacity.rules import Advice
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.mail import send_later
from parvis.portal.movements.queries import holders

WITHIN = timedelta(days=14)
"""Further ahead the forecast still changes its mind: the page says it, a mail does not."""
QUIET = timedelta(days=7)
"""After a mail, only an earlier day is worth another."""


def tell(*, now: datetime) -> int:
    """Queue a mail to each head of IT if there is something new to say; how many."""
    # Counted before the transaction: it is long work, and others write meanwhile.
    seen = outlook.current(now)
    fleet = gauges.fleet(seen.cost, now)
    if not fleet.limits:
        return 0  # no gateway at all is another alarm: nobody works
    advice = rules.advise(seen.points, carried=fleet.carried, each=fleet.each(seen.cost))
    if advice is None or advice.point.day > clock.today(now) + WITHIN:
        return 0
    return _tell(advice, now)


@transaction.atomic
def _tell(advice: Advice, now: datetime) -> int:
    recent = Notice.objects.filter(told_at__gt=now - QUIET, day__gte=clock.today(now))
    if recent.filter(day__lte=advice.point.day).exists():
        return 0
    # One row a day that is told of: of two workers, one writes.
    _row, created = Notice.objects.get_or_create(
        day=advice.point.day, defaults={"gateways": min(advice.gateways, 99), "told_at": now}
    )
    if not created:
        return 0
    people = {person for root in Entity.objects.filter(parent=None) for person in holders(Role.HEAD_OF_IT, root)}
    for person in sorted(people, key=lambda each: each.pk):
        _write(person, advice, clock.today(now))
    audit.record(
        actor=None,
        action="capacity.shortage_told",
        now=now,
        data={"day": advice.point.day.isoformat(), "gateways": advice.gateways, "people": len(people)},
    )
    return len(people)


def _write(person: User, advice: Advice, today: date) -> None:
    with translation.override(person.language):
        facts = {
            "user": person,
            "title": wording.advice_title(advice, today),
            "why": wording.advice_why(advice),
            "how": wording.advice_how(),
            "url": settings.PARVIS.url + reverse("capacity:overview"),
            "authority_name": settings.PARVIS.authority_name,
        }
        subject, _, body = render_to_string("capacity/mail/shortage.txt", facts).strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[person.email])
