"""Bookings that repeat. Each occurrence is a booking of its own; what cannot be had is said, the rest is kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import permissions, rules
from parvis.portal.booking.errors import Full
from parvis.portal.booking.models import Booking, Series
from parvis.portal.booking.recurrence import BadRule, local_date, occurrences
from parvis.portal.booking.services import placing
from parvis.portal.booking.services.guard import hold
from parvis.portal.booking.services.placing import Wanted
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Refused:
    """An occurrence for which nothing was free."""

    date: date
    starts_at: datetime
    next_free_at: datetime | None


@dataclass(slots=True)
class Booked:
    """What became of a series."""

    series: Series
    bookings: list[Booking] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def starts_of(wanted: Wanted, rule: str, *, now: datetime, skip: frozenset[date] = frozenset()) -> list[datetime]:
    """When it would happen, within the pool's horizon, without the days of `skip`.

    Raises:
        Invalid: the rule cannot be read, or makes more than `rules.MOST_OCCURRENCES`.
    """
    until = now + timedelta(days=wanted.pool.horizon_days)
    try:
        starts = occurrences(rule, wanted.starts_at, until=until, zone=clock.PARIS)
    except BadRule as error:
        raise _bad_rule(error.code) from error
    return [start for start in starts if local_date(start, clock.PARIS) not in skip]


def _bad_rule(code: str) -> Invalid:
    sentence = _("Cette répétition n’est pas comprise.")
    if code == "too_many":
        sentence = _("Une série compte au plus %(n)d dates\u202f: choisissez une fin plus proche.") % {
            "n": rules.MOST_OCCURRENCES
        }
    return Invalid(sentence, code=code, fields={"rule": [sentence]})


@transaction.atomic
def book_series(
    *,
    actor: User | None,
    wanted: Wanted,
    rule: str,
    now: datetime,
    skip: frozenset[date] = frozenset(),
    wait: bool = False,
) -> Booked:
    """Book each occurrence; the dates refused are in the answer. `wait`: those stand in the waiting list instead.

    Raises:
        NotAllowed, Invalid: see `placing.book`; the rule cannot be read (`unreadable`), makes too many (`too_many`),
            or every date is skipped (`no_date`). Full: not one could be had. Then nothing is booked.
    """
    starts = starts_of(wanted, rule, now=now, skip=skip)
    if not starts:
        sentence = _("Il ne reste aucune date.")
        raise Invalid(sentence, code="no_date", fields={"rule": [sentence]})
    length = wanted.ends_at - wanted.starts_at
    hold(wanted.pool)
    series = Series.objects.create(
        pool=wanted.pool,
        rule=rule.strip().upper().removeprefix("RRULE:"),
        starts_local=wanted.starts_at,
        minutes=int(length.total_seconds() // 60),
        created_at=now,
        created_by=actor,
    )
    found = Booked(series)
    last: Full | None = None
    for start in starts:
        one = replace(wanted, starts_at=start, ends_at=start + length)
        try:
            found.bookings.append(placing.book(actor=actor, wanted=one, now=now, wait=wait, series=series))
        except Full as refused:
            last = refused
            found.refused.append(Refused(local_date(start, clock.PARIS), start, refused.next_free_at))
    if not found.bookings and last is not None:
        raise last
    data = {"rule": series.rule, "booked": len(found.bookings), "refused": len(found.refused)}
    audit.record(actor=actor, action="booking.series_booked", target=series, now=now, data=data)
    return found


@transaction.atomic
def cancel_from(*, actor: User | None, series: Series, from_at: datetime, now: datetime, reason: str = "") -> int:
    """Give up what of the series begins at `from_at` or later, and has not begun. How many.

    Raises:
        NotAllowed: one of them is not the actor's to change; then none is given up.
    """
    hold(series.pool)
    ahead = _ahead(series, max(from_at, now))
    for booking in ahead:
        if actor is not None:
            require(permissions.can_change(actor, booking))
    for booking in ahead:
        placing.cancel(actor=actor, booking=booking, now=now, reason=reason)
    return len(ahead)


@dataclass(slots=True)
class Shifted:
    """What became of a series that moved."""

    moved: list[Booking] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    """Those that stay as they were."""


@transaction.atomic
def move_from(
    *, actor: User | None, booking: Booking, starts_at: datetime, ends_at: datetime, now: datetime
) -> Shifted:
    """Move this booking and all later ones of its series alike, by the wall clock; what cannot move stays as it was.

    Raises:
        NotAllowed: one of them is not the actor's to change. Invalid: the times cannot be asked for.
        Full: not one could be moved.
    """
    hold(booking.pool)
    ahead = _ahead(booking.series, booking.starts_at) if booking.series is not None else [booking]
    old, new = (each.astimezone(clock.PARIS).replace(tzinfo=None) for each in (booking.starts_at, starts_at))
    shift, length, found = new - old, ends_at - starts_at, Shifted()
    last: Full | None = None
    # Away from each other: the last first where they go forward, so that none stands in the next one's way.
    for each in reversed(ahead) if shift > timedelta(0) else ahead:
        wall = each.starts_at.astimezone(clock.PARIS).replace(tzinfo=None) + shift
        start = wall.replace(tzinfo=clock.PARIS).astimezone(starts_at.tzinfo)
        try:
            placing.move(actor=actor, booking=each, starts_at=start, ends_at=start + length, now=now)
        except Full as refused:
            last = refused
            found.refused.append(Refused(local_date(start, clock.PARIS), start, refused.next_free_at))
        else:
            found.moved.append(each)
    if not found.moved and last is not None:
        raise last
    found.moved.sort(key=lambda each: each.starts_at)
    found.refused.sort(key=lambda each: each.starts_at)
    return found


def _ahead(series: Series, from_at: datetime) -> list[Booking]:
    live = (Booking.State.WAITING, Booking.State.BOOKED)
    ahead = series.bookings.filter(state__in=live, starts_at__gte=from_at)
    return list(ahead.select_related("pool__entity", "holder__entity", "series").order_by("starts_at", "pk"))
