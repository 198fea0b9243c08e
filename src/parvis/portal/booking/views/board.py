"""The board of pools, for the IT team and auditors: a day, a week."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parvis.portal.booking import board as boards
from parvis.portal.booking import queries
from parvis.portal.booking.models import Pool
from parvis.portal.booking.views.asking import can_watch, parse_day
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock

WEEK = "semaine"
MOST_POOLS = 20
"""Shown at once; a choice of one narrows it."""


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """A row a resource; the columns are the hours of a day, or the days of a week."""
    user, now = signed_in(request), clock.now()
    authz.require(can_watch(user))
    today = clock.today(now)
    day = min(max(parse_day(request.GET.get("jour")) or today, date(2000, 1, 3)), date(2099, 12, 20))
    by_week = request.GET.get("vue") == WEEK
    known = list(queries.pools_run_by(user).order_by("kind", "name", "pk"))
    chosen = next((pool for pool in known if str(pool.pk) == request.GET.get("groupe")), None)
    kind = request.GET.get("type", "")
    kind = kind if kind in Pool.Kind.values else ""
    shown = [chosen] if chosen else [pool for pool in known if not kind or pool.kind == kind][:MOST_POOLS]
    kept = request.GET.copy()
    kept.pop("jour", None)
    step = timedelta(days=7 if by_week else 1)
    first = day - timedelta(days=day.weekday()) if by_week else day
    context = {
        "pools": known,
        "chosen": chosen,
        "kind": kind,
        "kinds": Pool.Kind.choices,
        "by_week": by_week,
        "day": day,
        "first": first,
        "last": first + step - timedelta(days=1),
        "today": today,
        "now": now,
        "previous": first - step,
        "next": first + step,
        "kept": kept.urlencode(),
        "books": is_staff(user),
        "board": None if by_week else boards.of_day(shown, day, now),
        "weeks": boards.of_week(shown, first) if by_week else None,
        "days": [first + timedelta(days=at) for at in range(7)] if by_week else [],
    }
    return render(request, "booking/board.html", context)
