"""A meeting with guests of every kind, as planning leaves it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
from django.core import mail
from django_tasks_db.models import DBTaskResult

from parvis.portal.accounts.models import User
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.meetings.models import Guest, Meeting, MeetingSeries
from tests.integration.authority import make_agent, make_entity

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, 9:00 in Paris."""
START = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """A commune whose agents meet by its own room."""

    def __init__(self) -> None:
        self.commune = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
        self.organiser = make_agent(self.commune, "odile", account=True)
        self.provider = Provider.objects.create(entity=self.commune, kind="parvis", name="Salle Parvis", health="up")
        self.number = 0

    def agent(self, name: str = "", **fields: Any) -> Agent:
        return make_agent(self.commune, name, account=True, **fields)

    def meeting(self, *guests: Agent | str, **fields: Any) -> Meeting:
        """Planned, opened, with its organiser's own row; a guest from outside is their address."""
        self.number += 1
        starts_at = fields.pop("starts_at", START)
        values: dict[str, Any] = {
            "entity": self.commune,
            "key": f"reunion{self.number}",
            "uid": f"reunion{self.number}@reunions.parvis",
            "title": "Comité de pilotage",
            "organiser": self.organiser,
            "starts_at": starts_at,
            "ends_at": starts_at + HOUR,
            "provider": self.provider,
            "is_opened": True,
            "join_url": "https://parvis.example/salle/x/",
            "phone_number": "+33123456789",
            "pin": "4821",
            "created_at": NOW,
        }
        meeting = Meeting.objects.create(**values | fields)
        invite(meeting, self.organiser, role="host", answer="yes")
        for each in guests:
            invite(meeting, each)
        return meeting

    def series(self, *guests: Agent | str, rule: str = "FREQ=WEEKLY;COUNT=4", times: int = 4) -> list[Meeting]:
        row = MeetingSeries.objects.create(uid=f"serie{self.number}@reunions.parvis", rule=rule)
        starts = [START + timedelta(weeks=week) for week in range(times)]
        return [self.meeting(*guests, series=row, recurrence_at=at, starts_at=at) for at in starts]


def invite(meeting: Meeting, who: Agent | str, **fields: Any) -> Guest:
    person = {"email": who, "name": who.split("@")[0].title()} if isinstance(who, str) else {"agent": who}
    return Guest.objects.create(meeting=meeting, key=secrets.token_urlsafe(32), **person | fields)


def guest_of(meeting: Meeting, who: Agent | str) -> Guest:
    found = {"email": who} if isinstance(who, str) else {"agent": who}
    return Guest.objects.select_related("meeting", "agent__user").get(meeting=meeting, **found)


def user_of(agent: Agent) -> User:
    assert agent.user is not None
    return agent.user


def letters_to(address: str) -> list[mail.EmailMessage]:
    return [each for each in mail.outbox if address in each.to]


def calendar_of(message: Any) -> icalendar.Calendar:
    """The calendar of a letter as Django holds it: the alternative, which must be the file too."""
    (alternative,) = message.alternatives
    ((_name, content, _kind),) = message.attachments
    assert alternative[0] == (content.decode() if isinstance(content, bytes) else content)
    return read(alternative[0])


def work() -> None:
    """What the worker does with the tasks that wait, and those they leave in turn."""
    while (rows := list(DBTaskResult.objects.filter(status="READY").order_by("enqueued_at", "pk"))) != []:
        for row in rows:
            DBTaskResult.objects.filter(pk=row.pk).update(status="SUCCEEDED")
            row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])


def read(text: str | bytes) -> icalendar.Calendar:
    calendar = icalendar.Calendar.from_ical(text)
    assert [error for each in calendar.walk() for error in each.errors] == []
    return calendar


def events_of(calendar: icalendar.Calendar) -> Sequence[icalendar.Event]:
    return list(calendar.walk("VEVENT"))
