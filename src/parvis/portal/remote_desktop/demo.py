"""A year of telework at the fictional authority: settings, rights, sessions, refusals. Demo mode only."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock, statistics
from parvis.portal.parc.demo import LOOPBACK
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, Gateway, Refusal, RemoteSession, Right
from parvis.portal.remote_desktop.services.connect import policy_of

SEED = 20201119
RIGHTS = 700
SESSIONS = 20_000
REFUSALS = 400
DAYS = 360
"""How far back history goes: less than the retention."""
WITH_CONNECTIONS = timedelta(days=30)
GATEWAY = "principale"
"""As `parvis demo` names its own: it takes this row over when it says hello."""

ENDS = (
    ("closed_by_user", 62),
    ("target_closed", 17),
    ("idle", 12),
    ("lost", 4),
    ("signed_out", 3),
    ("time_limit", 1),
    ("ended_by_staff", 1),
)
REASONS = (
    ("right_expired", 30),
    ("no_right", 20),
    ("target_unreachable", 22),
    ("right_not_started", 8),
    ("too_many_sessions", 6),
    ("certificate_changed", 6),
    ("ticket_refused", 5),
    ("kind_forbidden", 3),
)
MOTIVES = (
    "",
    "Télétravail régulier, 2 jours par semaine",
    "Plan de continuité",
    "Période de travaux",
    "Convention 2026",
)


@transaction.atomic
def build(now: datetime) -> bool:
    """Make display settings, rights, history and refusals; False if they are there already."""
    if DisplaySettings.objects.exists():
        return False
    chance = random.Random(SEED)
    displays = _displays(now, chance)
    statistics.refresh()  # people and PCs were just written
    teleworkers = _teleworkers()
    grantor = User.objects.filter(is_demo_persona=True, role_grants__role=Role.HEAD_OF_IT).first()
    Right.objects.bulk_create(_rights(teleworkers, grantor, now, chance), batch_size=500)
    gateway = Gateway.objects.create(
        name=GATEWAY, boot=uuid.UUID(int=chance.getrandbits(128)), version="0.1.0", booted_at=now - timedelta(days=9)
    )
    sessions = list(_sessions(teleworkers, displays, now, chance))
    RemoteSession.objects.bulk_create(sessions, batch_size=500)
    Connection.objects.bulk_create(_connections(sessions, gateway, now, chance), batch_size=500)
    Refusal.objects.bulk_create(_refusals(teleworkers, now, chance), batch_size=500)
    return True


def _displays(now: datetime, chance: random.Random) -> dict[int, DisplaySettings]:
    """Settings for every staff PC: the demo desktop speaks VNC, the others Windows' RDP."""
    staff = Computer.objects.filter(kind__in=[Computer.Kind.OFFICE, Computer.Kind.LAPTOP], assignments__isnull=False)
    rows = []
    for computer in staff.distinct():
        vnc = computer.address == LOOPBACK
        pinned = not vnc and chance.random() < 0.4
        rows.append(
            DisplaySettings(
                computer=computer,
                protocol="vnc" if vnc else "rdp",
                port=computer.probe_port,
                enabled=chance.random() < 0.97 or vnc,
                clipboard_to_pc=vnc,
                clipboard_from_pc=vnc,
                pin=f"{chance.getrandbits(256):064x}" if pinned else "",
                pinned_at=now - timedelta(days=chance.randrange(10, 300)) if pinned else None,
            )
        )
    for row in [each for each in rows if each.pin][:3]:
        row.presented_pin = f"{chance.getrandbits(256):064x}"
        row.presented_at = now - timedelta(hours=chance.randrange(2, 40))
    return {row.computer_id: row for row in DisplaySettings.objects.bulk_create(rows, batch_size=500)}


def _teleworkers() -> list[Assignment]:
    """Agents with an account and a PC: personas first, in the directory's order."""
    rows = Assignment.objects.filter(agent__user__isnull=False, asset__display__enabled=True)
    return list(
        rows.select_related("agent__user", "asset").order_by("-agent__user__is_demo_persona", "agent_id")[:RIGHTS]
    )


def _rights(
    teleworkers: list[Assignment], grantor: User | None, now: datetime, chance: random.Random
) -> Iterator[Right]:
    today = clock.today(now)
    for rank, each in enumerate(teleworkers):
        starts, ends = _dates(rank, today, chance)
        persona = each.agent.user is not None and each.agent.user.is_demo_persona
        if persona:
            starts, ends = today - timedelta(days=200), None
        yield Right(
            agent=each.agent,
            computer=each.asset,
            starts_date=starts,
            ends_date=ends,
            reason=chance.choice(MOTIVES),
            granted_by=grantor if grantor != each.agent.user else None,
            granted_at=min(_instant(starts - timedelta(days=3), 10, 0), now),
        )


def _dates(rank: int, today: date, chance: random.Random) -> tuple[date, date | None]:
    """100 agents from the first day, then waves up to the 700th; some over, some to come."""
    draw = chance.random()
    starts = today - timedelta(days=max(DAYS - rank // 2, 5))
    if draw < 0.06:
        return today + timedelta(days=chance.randrange(1, 20)), today + timedelta(days=chance.randrange(60, 300))
    if draw < 0.14:
        return starts, max(starts, today - timedelta(days=chance.randrange(1, 30)))
    if draw < 0.6:
        return starts, today + timedelta(days=chance.randrange(10, 300))
    return starts, None


def _sessions(
    teleworkers: list[Assignment], displays: dict[int, DisplaySettings], now: datetime, chance: random.Random
) -> Iterator[RemoteSession]:
    today = clock.today(now)
    reasons, weights = zip(*ENDS, strict=True)
    policies = {pk: asdict(policy_of(display, now)) for pk, display in displays.items()}
    for _ in range(SESSIONS):
        # More of them lately: the rollout went from 100 teleworkers to 700.
        back = min(int(DAYS * chance.random() ** 1.6), DAYS)
        day = today - timedelta(days=back)
        if day.weekday() >= 5 and chance.random() < 0.93:
            day -= timedelta(days=day.weekday() - 4)
        known = max(100, min(len(teleworkers), (DAYS - back) * 2))
        each = teleworkers[min(chance.randrange(known), len(teleworkers) - 1)]
        hour, minute = (
            chance.choices([7, 8, 9, 10, 13, 14, 17, 20], [4, 26, 22, 8, 12, 16, 5, 2])[0],
            chance.randrange(60),
        )
        started = _instant(day, hour, minute, chance.randrange(60))
        length = min(int(chance.lognormvariate(8.9, 0.9)) + 40, 10 * 3600)
        ended = started + timedelta(seconds=length)
        if ended > now:  # of today: seen yesterday instead
            started, ended = started - timedelta(days=1), ended - timedelta(days=1)
        yield RemoteSession(
            id=uuid.UUID(int=chance.getrandbits(128), version=4),
            user=each.agent.user,
            agent=each.agent,
            computer=each.asset,
            protocol=displays[each.asset_id].protocol,
            sign_in="0",
            state="ended",
            policy=policies[each.asset_id] | {"ends_at": int(started.timestamp()) + 36000},
            requested_at=started - timedelta(seconds=chance.randrange(1, 4)),
            started_at=started,
            ends_at=started + timedelta(hours=10),
            ended_at=ended,
            end_reason=chance.choices(reasons, weights)[0],
            client_address=f"203.0.113.{chance.randrange(1, 255)}",
            bytes_up=length * chance.randrange(60, 500),
            bytes_down=length * chance.randrange(4_000, 60_000),
            correlation=f"{chance.getrandbits(128):032x}",
        )


def _connections(
    sessions: list[RemoteSession], gateway: Gateway, now: datetime, chance: random.Random
) -> Iterator[Connection]:
    """One each for the latest month, with counts of the clipboard."""
    for session in sessions:
        if session.requested_at < now - WITH_CONNECTIONS:
            continue
        yield Connection(
            id=uuid.UUID(int=chance.getrandbits(128), version=4),
            session=session,
            jti=f"{chance.getrandbits(128):032x}",
            issued_at=session.requested_at,
            expires_at=session.requested_at + timedelta(seconds=60),
            redeemed_at=session.requested_at,
            gateway=gateway,
            boot=gateway.boot,
            client_address=session.client_address,
            started_at=session.started_at,
            ended_at=session.ended_at,
            end_reason=session.end_reason,
            bytes_up=session.bytes_up,
            bytes_down=session.bytes_down,
            clipboard_to_pc=chance.choice([0, 0, 0, 1, 4]) if session.policy["clipboard_to_pc"] else 0,
        )


def _refusals(teleworkers: list[Assignment], now: datetime, chance: random.Random) -> Iterator[Refusal]:
    reasons, weights = zip(*REASONS, strict=True)
    today = clock.today(now)
    for _ in range(REFUSALS):
        each = chance.choice(teleworkers)
        reason = chance.choices(reasons, weights)[0]
        by_gateway = reason in ("target_unreachable", "certificate_changed")
        day = today - timedelta(days=int(DAYS * chance.random() ** 2))
        yield Refusal(
            at=min(_instant(day, chance.randrange(7, 19), chance.randrange(60)), now),
            user=each.agent.user,
            computer=each.asset,
            source="gateway" if by_gateway else "portal",
            reason=reason,
            client_address=f"203.0.113.{chance.randrange(1, 255)}",
        )


def _instant(day: date, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), clock.PARIS)
