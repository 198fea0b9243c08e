"""What follows from days that pass: requests nobody answered, weeks in which there will not be enough to lend."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.kernel.mail import send_later
from parvis.portal.loans import forecast, queries
from parvis.portal.loans.models import Loan, Offer, Part, Shortage
from parvis.portal.loans.services import requesting
from parvis.portal.movements.queries import holders

BATCH = 500
Missing = tuple[Part, "forecast.Week"]


def give_up_past(*, now: datetime) -> int:
    """Cancel loans whose last day passed without hand-over; how many."""
    past = Loan.objects.filter(
        state__in=(Loan.State.REQUESTED, *queries.WAITING), ends_date__lt=clock.today(now)
    ).select_related("offer", "agent", "entity")
    count = 0
    for loan in past[:BATCH]:
        try:
            requesting.cancel_loan(actor=None, loan=loan, now=now, reason="past")
        except Conflict:
            continue  # handed over or cancelled by somebody meanwhile
        count += 1
    return count


def tell_new_shortages(*, now: datetime) -> int:
    """Queue one mail a person about the weeks of which nobody was told yet; how many mails."""
    today = clock.today(now)
    # Counted before the transaction: it is long work, and others write meanwhile.
    found = forecast.of_offers(Offer.objects.filter(is_open=True).select_related("entity"), today)
    with transaction.atomic():
        Shortage.objects.filter(week_date__lt=today - timedelta(days=7)).delete()
        return _tell(found, now)


def _tell(found: list[forecast.Forecast], now: datetime) -> int:
    letters: dict[User, list[Missing]] = {}
    for each in found:
        missing = _not_told([(line.part, week) for line in each.lines for week in line.missing], now)
        people = holders(Role.TECHNICIAN, each.offer.entity) or holders(Role.HEAD_OF_IT, each.offer.entity)
        for person in people if missing else ():
            letters.setdefault(person, []).extend(missing)
    for person, weeks in letters.items():
        _write(person, weeks)
    return len(letters)


def _not_told(missing: list[Missing], now: datetime) -> list[Missing]:
    told = set(Shortage.objects.filter(part__in=[part for part, _week in missing]).values_list("part_id", "week_date"))
    new = [(part, week) for part, week in missing if (part.pk, week.monday) not in told]
    Shortage.objects.bulk_create(
        [Shortage(part=part, week_date=week.monday, told_at=now) for part, week in new], ignore_conflicts=True
    )
    return new


def _write(person: User, missing: list[Missing]) -> None:
    with translation.override(person.language):
        facts = {
            "user": person,
            "weeks": [(part, week.monday, -week.left) for part, week in missing[:30]],
            "url": settings.PARVIS.url + reverse("loans:forecast"),
            "authority_name": settings.PARVIS.authority_name,
        }
        subject, _, body = render_to_string("loans/mail/shortages.txt", facts).strip().partition("\n")
    send_later(subject=subject.strip(), body=body.strip() + "\n", to=[person.email])
