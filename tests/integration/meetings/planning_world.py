"""A commune with tools of its own: telephone rooms in a pool, a Parvis room, one booked by hand, a physical room."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Pool, Resource
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.live_rooms.models import VoiceServer
from parvis.portal.meetings import rules
from parvis.portal.meetings.drafts import Draft, Invited
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import opening, planning
from tests.integration.authority import make_agent, make_entity

HOUR = timedelta(hours=1)


def working_day(hour: int = 10, *, later: int = 3) -> datetime:
    """An hour of a coming working day, in Paris."""
    day = clock.today() + timedelta(days=later)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, tzinfo=rules.PARIS).astimezone(UTC)


class Town:
    """Two departments of a commune, and what its agents may meet with."""

    def __init__(self, *, phones: int = 2, assignment: str = "fixed") -> None:
        self.commune = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
        self.department = make_entity("Finances", self.commune)
        self.organiser = make_agent(self.department, "odile", account=True)
        self.colleague = make_agent(self.department, "paul", account=True)
        self.elsewhere = make_agent(make_entity("Voirie", self.commune), "zoe", account=True)
        self.pool = Pool.objects.create(
            entity=self.commune, kind="phone_room", name="Salles téléphoniques", assignment=assignment
        )
        for number in range(phones):
            Resource.objects.create(
                pool=self.pool, name=f"Salle {number + 1}", phone_number=f"+3326191000{number}", pin=f"48{number}1",
                capacity=20,
            )  # fmt: skip
        self.phone = Provider.objects.create(
            entity=self.commune, kind="phone", name="Salle téléphonique", pool=self.pool, rank=10, health="up"
        )
        # The voice server is heard: without it our own rooms are known not to work.
        VoiceServer.objects.create(name="voix", boot=uuid.uuid4(), seen_at=clock.now(), available=True, phone=True)
        self.parvis = Provider.objects.create(
            entity=self.commune, kind="parvis", name="Salle Parvis", rank=20, health="up"
        )
        self.other = Provider.objects.create(
            entity=self.commune, kind="other", name="Outil du voisin", by_hand=True, rank=90,
            booking_url="https://visio.example/reserver",
        )  # fmt: skip
        self.rooms = Pool.objects.create(entity=self.commune, kind="room", name="Salles", assignment="fixed")
        self.room = Resource.objects.create(pool=self.rooms, name="Salle du conseil", capacity=20)

    def draft(self, provider: Provider | None = None, *guests: Agent | str, **fields: Any) -> Draft:
        starts = fields.pop("starts_at", working_day())
        values: dict[str, Any] = {
            "organiser": self.organiser,
            "title": "Point du budget",
            "starts_at": starts,
            "ends_at": starts + HOUR,
            "provider": provider,
            "guests": tuple(Invited(email=each) if isinstance(each, str) else Invited(agent=each) for each in guests),
        }
        return Draft(**values | fields)

    def plan(self, provider: Provider | None = None, *guests: Agent | str, **fields: Any) -> Meeting:
        draft = self.draft(provider, *guests, **fields)
        return planning.plan(actor=user_of(draft.organiser), draft=draft, now=clock.now())


def user_of(agent: Agent) -> User:
    assert agent.user is not None
    return agent.user


def settle(meeting: Meeting) -> Meeting:
    """What the worker does after a meeting was planned or changed."""
    opening.settle(meeting_id=meeting.pk, now=clock.now())
    return fresh(meeting)


def fresh(meeting: Meeting) -> Meeting:
    return Meeting.objects.select_related("provider", "booking__resource", "room_booking", "live_room").get(
        pk=meeting.pk
    )
