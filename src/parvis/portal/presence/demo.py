"""Where the 2,200 agents of Rivemarine are: usual weeks, three months behind, two ahead. Deterministic. Demo mode only.

A wave of telework rises and falls over the five months, as in the spring of 2020; a week of ASA for one department.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from math import cos, pi

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence import counts, rules, services
from parvis.portal.presence.models import Closure, Day, Operation, Pattern, Policy
from parvis.portal.presence.rules import State

SEED = 20200316
BEHIND, AHEAD = 91, 61
HEADED = "Population et citoyenneté"
"""Nadia Benali's department: it asks for confirmation, and has a minimum on site."""
REMOTE_DAYS = ((), (0,), (1,), (3,), (4,), (0, 4), (1, 3), (0, 2, 4))
"""Telework days of a usual week (Monday: 0)."""
WEIGHTS = (40, 6, 8, 8, 12, 8, 14, 4)
PERSONAS = ("claire.legoff", "mathieu.riou", "nadia.benali", "yann.kerbrat", "helene.marchand")


def build(now: datetime) -> bool:
    """Make policies, patterns, days, some of them waiting, and the counts; False if they are there already."""
    if Pattern.objects.exists():
        return False
    today = clock.today(now)
    first = rules.monday_of(today - timedelta(days=BEHIND))
    last = today + timedelta(days=AHEAD)
    with transaction.atomic():
        chance = random.Random(SEED)
        _build_policies(today)
        agents = list(Agent.objects.filter(is_active=True).select_related("entity").order_by("pk"))
        weeks = _build_patterns(chance, agents, today, now)
        _build_days(chance, agents, weeks, first, last)
        _build_waiting(today, now)
    counts.recount_all(first, last)
    return True


def _build_policies(today: date) -> None:
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    Policy.objects.create(entity=root, school_zone="B", late_days=7, confirms=False)
    for entity in Entity.objects.filter(name=HEADED):
        size = Agent.objects.filter(entity__path__startswith=entity.path).count()
        Policy.objects.create(entity=entity, confirms=True, minimum_on_site=max(2, size // 3))
    # The two weekdays around the end of the year.
    end = date(today.year, 12, 24)
    Closure.objects.create(entity=root, starts_date=end, ends_date=end, label="Fermeture de fin d’année")


def _build_patterns(
    chance: random.Random, agents: list[Agent], today: date, now: datetime
) -> dict[int, tuple[str, ...]]:
    starts = date(today.year - 1, 9, 1)
    weeks: dict[int, tuple[str, ...]] = {}
    rows = []
    for agent in agents:
        halves = ["on_site"] * 10 + [""] * 4
        for day in chance.choices(REMOTE_DAYS, WEIGHTS)[0]:
            halves[day * 2 : day * 2 + 2] = ["telework"] * 2
        if chance.random() < 0.12:  # part time: no Wednesday, or no Wednesday afternoon
            halves[chance.choice((4, 5)) : 6] = [""] * (6 - 4 if chance.random() < 0.5 else 1)
        halves = (halves + [""] * 14)[:14]
        if chance.random() < 0.08:  # another week every second week
            other = halves.copy()
            other[8:10] = ["telework"] * 2
            halves += other
        weeks[agent.pk] = tuple(halves)
        rows.append(
            Pattern(
                agent=agent,
                starts_date=starts,
                halves=",".join(halves),
                state=State.CONFIRMED,
                proposed_at=now,
            )
        )
    Pattern.objects.bulk_create(rows, batch_size=500)
    return weeks


def _build_days(
    chance: random.Random, agents: list[Agent], weeks: dict[int, tuple[str, ...]], first: date, last: date
) -> None:
    rows: list[Day] = []
    span = (last - first).days
    for agent in agents:
        halves = weeks[agent.pk]
        day = first
        while day <= last:
            day += timedelta(days=1 + int(chance.expovariate(1 / 6)))
            rank = day.weekday() * 2
            if day > last or day.weekday() > 4 or not halves[rank]:
                continue
            wave = (1 - cos(2 * pi * (day - first).days / span)) / 2
            rows += _something(chance, agent.pk, day, wave, last)
    unique = {(row.agent_id, row.date): row for row in rows}
    Day.objects.bulk_create(unique.values(), batch_size=1000)


def _something(chance: random.Random, agent_id: int, day: date, wave: float, last: date) -> list[Day]:
    kinds = ("telework", "leave", "field", "training", "asa")
    kind = chance.choices(kinds, (1 + 12 * wave, 3, 2, 1, 2 * wave))[0]
    length = 1 if kind in ("field", "training") else chance.choice((1, 1, 2, 5))
    days = [each for each in rules.days_between(day, day + timedelta(days=length)) if each.weekday() < 5]
    half = chance.random() < 0.2 and length == 1
    return [
        Day(
            agent_id=agent_id,
            date=each,
            am=kind,
            pm="" if half else kind,
            state=State.CONFIRMED if kind in ("leave", "asa") else State.DECLARED,
            agreed_am=kind if kind in ("leave", "asa") else None,
            agreed_pm=("" if half else kind) if kind in ("leave", "asa") else None,
        )
        for each in days[:length]
        if each <= last
    ]


def _build_waiting(today: date, now: datetime) -> None:
    """Requests of Nadia Benali's agents, through the services: with a history, and something for her to confirm."""
    monday = rules.monday_of(today) + timedelta(days=7)
    heads = User.objects.filter(agent__entity__name=HEADED, role_grants__role="head_of_department").distinct()
    head = heads.order_by("pk").first()
    asking = Agent.objects.filter(
        entity__path__startswith=Entity.objects.filter(name=HEADED).values_list("path", flat=True)[0],
        is_active=True,
        user__is_active=True,
    ).select_related("entity", "user")
    for rank, agent in enumerate(asking.order_by("pk")[:9]):
        if agent.user is None or agent.user == head:
            continue
        day = monday + timedelta(days=rank % 5)
        status = ("telework", "leave", "telework", "asa")[rank % 4]
        with transaction.atomic():
            services.declare(
                actor=agent.user, agent=agent, starts=day, ends=day + timedelta(days=rank % 2), status=status, now=now
            )
    claire = Agent.objects.filter(email__startswith=PERSONAS[0]).select_related("entity", "user").first()
    if claire is not None and claire.user is not None:
        services.propose_pattern(
            actor=claire.user,
            agent=claire,
            starts=monday + timedelta(days=7),
            ends=None,
            halves=["on_site"] * 2 + ["telework"] * 2 + ["on_site"] * 4 + ["telework"] * 2 + [""] * 4,
            now=now,
        )
    Operation.objects.filter(carried_out_at=None).update(carried_out_at=now)
