"""What the pages of this room share: who may watch, what an address asks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils.dateparse import parse_date, parse_time

from parvis.portal.accounts.models import User
from parvis.portal.booking.queries import WATCHING_ROLES
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel.authz import YES, Decision
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.errors import Invalid

FIRST_YEAR, LAST_YEAR = 2000, 2100
EARLIEST, LATEST = 8, 19
"""Hours that a form proposes by itself."""
FIELDS = {"starts_at": "starts", "ends_at": "ends", "rule": "repeat"}
"""Where the forms show what the services say."""


def can_watch(user: User) -> Decision:
    """See the board, every booking and the gauge: the IT team and auditors."""
    return YES if has_role(user, *WATCHING_ROLES) else NOT_STAFF


def parse_day(text: str | None) -> date | None:
    """A day of an address (`2026-11-23`) that one may count on from; None for anything else."""
    try:
        day = parse_date(text) if text else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year < LAST_YEAR else None


def parse_hour(text: str | None) -> time | None:
    """An hour of an address (`10:30`); None for anything else."""
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None


def show_problems(form: forms.BaseForm, problem: Invalid) -> None:
    """Put a service's complaints next to the fields of the form they are about."""
    for name, faults in problem.fields.items():
        field = FIELDS.get(name, name)
        for fault in faults:
            form.add_error(field if field in form.fields else None, fault)
    if not problem.fields:
        form.add_error(None, str(problem.message))


def usual_times(now: datetime, day: date | None, starts: time | None, minutes: int = 60) -> dict[str, object]:
    """What a form of a booking begins with: the day and hour asked for, or the next quarter of an hour."""
    local = now.astimezone(PARIS)
    soon = (local + timedelta(minutes=15)).replace(second=0, microsecond=0)
    soon = soon.replace(minute=soon.minute // 15 * 15)
    if day is None and starts is None and soon.hour >= LATEST:
        soon += timedelta(days=1)
    if not EARLIEST <= soon.hour < LATEST:
        soon = soon.replace(hour=EARLIEST, minute=0)
    begins = datetime.combine(day or soon.date(), starts or (soon.time() if day in (None, local.date()) else time(9)))
    ends = min(begins + timedelta(minutes=minutes), datetime.combine(begins.date(), time(23, 55)))
    if ends <= begins:
        begins = ends - timedelta(minutes=30)
    return {"day": begins.date(), "starts": begins.time(), "ends": ends.time()}
