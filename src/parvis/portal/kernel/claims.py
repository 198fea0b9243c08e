"""Who does what next, among several machines: a row of the database, taken by a conditional UPDATE."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from parvis.portal.kernel.models import Claim


def take(name: str, *, seconds: float, now: datetime) -> bool:
    """Whether `name` is ours for so long: no other process of any machine took it and has it still."""
    until, holder = now + timedelta(seconds=seconds), secrets.token_hex(8)
    # One that ends later than any taken now was taken by a clock that was ahead: it holds nobody up for hours.
    over = Q(until__lte=now) | Q(until__gt=until + timedelta(seconds=60))
    # Two at once: the second waits for the first one's row, reads it again, and finds the condition false.
    if Claim.objects.filter(over, name=name).update(until=until, holder=holder):
        return True
    if Claim.objects.filter(name=name).exists():
        return False
    Claim.objects.bulk_create([Claim(name=name, until=until, holder=holder)], ignore_conflicts=True)
    return Claim.objects.filter(name=name, holder=holder).exists()  # an ignored row is not told


def give_up(name: str) -> bool:
    """Let others take it before its time is over; whether anybody had it."""
    return bool(Claim.objects.filter(name=name).delete()[0])


def forget(before: datetime) -> int:
    """Delete what nobody has held since `before`; how many."""
    return int(Claim.objects.filter(until__lt=before).delete()[0])
