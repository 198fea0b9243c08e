"""Meetings of the fictional authority: today's of the personas, some under way or about to begin, weeks that are over.

Those to come are planned by the same service as anybody's; those that are over are written in bulk. Nobody is mailed:
everybody has been told already.
"""

from __future__ import annotations

import random
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.demo import AUTHORITY
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel.errors import Conflict
from parvis.portal.live_rooms.services import rooms
from parvis.portal.meetings import facts, rules
from parvis.portal.meetings.drafts import Draft, Invited
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.meetings.services import opening, planning

SEED = 20201120
PAST_WEEKS = 9
PAST_A_WEEK = 36
TITLES = (
    "Point d’équipe", "Préparation du budget", "Comité de pilotage", "Suivi des travaux", "Réunion de service",
    "Plan de continuité", "Entretien préalable", "Point avec l’éditeur", "Rentrée scolaire", "Marché de nettoyage",
)  # fmt: skip
PERSONAS = ("Claire", "Mathieu", "Nadia", "Yann")
OUTSIDE = (("Association des Quais", "contact@quais.example"), ("Cabinet Aubépine", "accueil@aubepine.example"))


@transaction.atomic
def build(now: datetime) -> bool:
    """Make them, unless there are some. False: they are there."""
    root = Entity.objects.get(name=AUTHORITY, parent=None)
    if Meeting.objects.exists():
        return False
    drawn = random.Random(SEED)
    tools = list(Provider.objects.filter(entity=root).order_by("rank"))
    if not tools:
        return False
    people = list(
        Agent.objects.filter(is_active=True, entity__path__startswith=root.path)
        .select_related("entity")
        .order_by("pk")[:400]
    )
    _past(tools, people, drawn, now)
    _coming(tools, people, now)
    return True


def _past(tools: Sequence[Provider], people: Sequence[Agent], drawn: random.Random, now: datetime) -> None:
    """Nine weeks that are over, and who has met with which tool in them."""
    weights = [max(1, 100 - tool.rank) for tool in tools]
    made, attending = [], []
    for week in range(1, PAST_WEEKS + 1):
        for _each in range(PAST_A_WEEK - drawn.randrange(8)):
            tool = drawn.choices(tools, weights)[0]
            day = (now.astimezone(rules.PARIS) - timedelta(weeks=week, days=0)).date()
            day -= timedelta(days=day.weekday() - drawn.randrange(5))
            starts = datetime(
                day.year, day.month, day.day, drawn.randrange(8, 18), drawn.choice((0, 30)), tzinfo=rules.PARIS
            )
            minutes = drawn.choice((30, 30, 60, 60, 90))
            crowd = drawn.sample(people, min(len(people), drawn.randrange(2, 7)))
            made.append(_row(crowd[0], tool, drawn.choice(TITLES), starts, minutes, len(crowd)))
            attending.append((crowd, tool.kind, starts))
    Meeting.objects.bulk_create([each for each in made if each.ends_at < now])
    uses: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for crowd, kind, starts in attending:
        if starts < now:
            for agent in crowd:
                uses[agent.pk, kind].append(starts)
    ToolUse.objects.bulk_create(
        [
            ToolUse(agent_id=pk, kind=kind, first_at=min(times), last_at=max(times), times=len(times))
            for (pk, kind), times in sorted(uses.items())
        ]
    )


def _row(organiser: Agent, tool: Provider, title: str, starts: datetime, minutes: int, people: int) -> Meeting:
    key = secrets.token_hex(8)
    return Meeting(
        entity=organiser.entity, key=key, uid=f"{key}@{planning.UID_HOST}", title=title, organiser=organiser,
        starts_at=starts.astimezone(UTC), ends_at=starts.astimezone(UTC) + timedelta(minutes=minutes), people=people,
        provider=tool, is_opened=True, state=Meeting.State.PLANNED, created_at=starts - timedelta(days=4),
    )  # fmt: skip


def _coming(tools: Sequence[Provider], people: Sequence[Agent], now: datetime) -> None:
    """Today and tomorrow of the personas: one under way or about to begin with each tool that works."""
    own = {name: next((each for each in people if each.first_name == name), None) for name in PERSONAS}
    own |= {each.first_name: each for each in Agent.objects.filter(first_name__in=PERSONAS, user__isnull=False)}
    claire, mathieu, nadia, yann = (own[name] for name in PERSONAS)
    phone = next((tool for tool in tools if tool.kind == Provider.Kind.PHONE), None)
    parvis = next((tool for tool in tools if tool.kind == Provider.Kind.PARVIS), None)
    if not (claire and mathieu and nadia and yann):
        return
    soon, later = rules.start_of("now", now), rules.start_of("soon", now)
    tomorrow, after = rules.start_of("tomorrow_9", now), rules.start_of("tomorrow_14", now)
    _plan(nadia, "Point du service Population", soon, phone, [claire, *people[5:8]], now, by_phone_only=True)
    _plan(claire, "Registres de l’état civil", later, parvis, [nadia, mathieu], now)
    _plan(mathieu, "Budget 2027\u202f: arbitrages", later + timedelta(minutes=45), phone, [nadia, *people[8:12]], now)
    _plan(yann, "Déploiement des portables", later + timedelta(minutes=15), parvis, [mathieu, claire], now)
    _plan(nadia, "Accueil des associations", tomorrow, parvis, [claire], now, audience="guests", outside=OUTSIDE)
    _plan(yann, "Point avec les communes", after, phone, people[12:18], now, by_phone_only=True)
    day = tomorrow.astimezone(rules.PARIS).date()
    rule = rules.rule_for("weekly", day, day + timedelta(weeks=5))
    draft = _draft(mathieu, "Revue des marchés", tomorrow + timedelta(hours=2), phone, [claire, yann])
    if phone is not None:
        planned = planning.plan_series(actor=None, draft=draft, rule=rule, now=now)
        for meeting in planned.meetings:
            opening.settle(meeting_id=meeting.pk, now=now)
            _told(meeting, now)


def _draft(
    organiser: Agent, title: str, starts: datetime, tool: Provider | None, guests: Sequence[Agent], **fields: object
) -> Draft:
    outside = fields.pop("outside", ())
    invited = [Invited(agent=each) for each in guests]
    invited += [Invited(name=name, email=email) for name, email in outside]  # type: ignore[attr-defined]
    return Draft(
        organiser=organiser, title=title, starts_at=starts, ends_at=starts + timedelta(minutes=45), provider=tool,
        people=len(invited) + 1, guests=tuple(invited), agenda="Tour de table\nDécisions à prendre", **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def _plan(
    organiser: Agent,
    title: str,
    starts: datetime,
    tool: Provider | None,
    guests: Sequence[Agent],
    now: datetime,
    **fields: object,
) -> None:
    if tool is None:
        return
    try:
        meeting = planning.plan(actor=None, draft=_draft(organiser, title, starts, tool, guests, **fields), now=now)
    except Conflict:
        return  # the pool is full then: the demo's bookings are many
    if tool.kind == Provider.Kind.PARVIS:
        _open_room(meeting, now)
    else:
        opening.settle(meeting_id=meeting.pk, now=now)
    _told(meeting, now)


def _open_room(meeting: Meeting, now: datetime) -> None:
    """As the adapter does, without asking whether the voice server has started: it starts after the data are made."""
    room = rooms.open_room(
        entity=meeting.entity, title=meeting.title, starts_at=meeting.starts_at, ends_at=meeting.ends_at,
        has_lobby=meeting.audience != Meeting.Audience.INTERNAL, now=now,
    )  # fmt: skip
    Meeting.objects.filter(pk=meeting.pk).update(
        live_room=room, external_id=room.key, is_opened=True, state=Meeting.State.PLANNED
    )
    opening.seat_hosts(meeting, room, now)


def _told(meeting: Meeting, now: datetime) -> None:
    found = Meeting.objects.select_related(
        "provider", "organiser", "room_booking__resource", "live_room", "booking"
    ).get(pk=meeting.pk)
    Guest.objects.filter(meeting=found).update(
        told_sequence=found.sequence, told=facts.of(found), told_at=now, told_times=1
    )
    invited = list(Guest.objects.filter(meeting=found).exclude(agent=found.organiser_id).order_by("pk"))
    for at, guest in enumerate(invited):
        guest.answer = (Guest.Answer.YES, Guest.Answer.YES, Guest.Answer.NONE, Guest.Answer.MAYBE)[at % 4]
    Guest.objects.bulk_update(invited, ["answer"])
