"""What time alone does: sessions nobody came back to, silent gateways, old rows. Safe at any moment, and twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.portal.remote_desktop import live, rules
from parvis.portal.remote_desktop.models import Connection, Gateway, GatewayEvent, RemoteSession
from parvis.portal.remote_desktop.services import gateways, sessions

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did."""

    lost_connections: int
    ended: int
    purged: int


def sweep(*, now: datetime) -> Swept:
    """Close what silent gateways held, end what nobody came back to, delete what is too old."""
    lost = sum(_close_silent(gateway, now) for gateway in Gateway.objects.all())
    ended = _end_all(_given_up(now), "lost", now)
    ended += _end_all(_never_opened(now), "not_opened", now)
    ended += _end_all(_over_time(now), "time_limit", now)
    for session in _orphans(now)[:BATCH]:
        sessions.interrupt(session, reason="gateway_lost", at=now)
    return Swept(lost_connections=lost, ended=ended, purged=_purge(now))


def _close_silent(gateway: Gateway, now: datetime) -> int:
    if not live.is_silent(gateway.pk, now) or _was_heard(gateway, now):
        return 0
    held = Connection.objects.filter(
        gateway=gateway,
        ended_at__isnull=True,
        redeemed_at__lt=now - timedelta(seconds=rules.GATEWAY_SILENT_SECONDS),
    )
    return gateways.close_as_lost(held.select_related("session")[:BATCH], now=now)


def _was_heard(gateway: Gateway, now: datetime) -> bool:
    """By any portal: a cache that is lost or away must not end everybody's session."""
    return gateway.heard_at is not None and now - gateway.heard_at < timedelta(seconds=rules.GATEWAY_SILENT_SECONDS)


def _given_up(now: datetime) -> QuerySet[RemoteSession]:
    grace = timedelta(minutes=settings.PARVIS.resume_minutes)
    return RemoteSession.objects.filter(state="interrupted", interrupted_at__lt=now - grace)


def _never_opened(now: datetime) -> QuerySet[RemoteSession]:
    held = Connection.objects.filter(session=OuterRef("pk"), redeemed_at__isnull=False, ended_at__isnull=True)
    limit = now - timedelta(seconds=rules.NOT_OPENED_SECONDS)
    return RemoteSession.objects.filter(~Exists(held), state="requested", requested_at__lt=limit)


def _over_time(now: datetime) -> QuerySet[RemoteSession]:
    return RemoteSession.objects.filter(state__in=rules.LIVE_STATES, ends_at__lte=now)


def _orphans(now: datetime) -> QuerySet[RemoteSession]:
    """Active, but no connection is open or about to open: its browser asked to come back and never did."""
    coming = Q(redeemed_at__isnull=True, expires_at__gt=now) | Q(redeemed_at__isnull=False)
    held = Connection.objects.filter(coming, session=OuterRef("pk"), ended_at__isnull=True)
    return RemoteSession.objects.filter(~Exists(held), state="active").select_related("user", "computer")


def _end_all(which: QuerySet[RemoteSession], reason: str, now: datetime) -> int:
    batch = list(which.select_related("user", "computer")[:BATCH])
    return sum(sessions.end(session, reason=reason, actor=None, at=now) for session in batch)


def _purge(now: datetime) -> int:
    """Delete old event ids. Sessions and refusals go by their kind of data (`personal_data`, requirement 25)."""
    return _delete(GatewayEvent.objects.filter(received_at__lt=now - rules.EVENT_RETENTION))


def _delete(old: QuerySet[Any]) -> int:
    # In bounded pieces: each delete holds SQLite's only write lock.
    keys = list(old.order_by().values_list("pk", flat=True)[:BATCH])
    old.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)
