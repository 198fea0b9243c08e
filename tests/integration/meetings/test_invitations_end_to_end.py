"""From the form’s draft to the mailbox: what planning, changing, failing over and cancelling mail, by real tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail

from parvis.portal.kernel import clock
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import inviting, opening, planning, telling
from parvis.portal.meetings.services.opening import draft_of
from tests.integration.meetings.inviting import calendar_of, events_of, letters_to, work
from tests.integration.meetings.planning_world import HOUR, Town, fresh, user_of, working_day

pytestmark = pytest.mark.django_db
OUTSIDE = "exterieur@association.example"
PAUL = "paul@rivemarine.example"


@pytest.fixture
def town() -> Town:
    return Town()


def kinds(address: str) -> list[str]:
    return [each.subject.split("\u202f")[0] for each in letters_to(address)]


def planned(town: Town, **fields: Any) -> Meeting:
    meeting = town.plan(town.phone, town.colleague, OUTSIDE, **fields)
    work()
    return fresh(meeting)


def test_a_telephone_meeting_from_plan_to_cancellation(town: Town) -> None:
    meeting = planned(town)
    assert kinds(OUTSIDE) == kinds(PAUL) == ["Invitation"]
    assert kinds("odile@rivemarine.example") == ["Votre réunion"]
    assert f"tel:{meeting.phone_number},,{meeting.pin}#" in letters_to(OUTSIDE)[0].body

    later = replace(
        draft_of(meeting), starts_at=meeting.starts_at + HOUR, ends_at=meeting.ends_at + HOUR, provider=meeting.provider
    )
    planning.change(actor=user_of(town.organiser), meeting=meeting, draft=later, now=clock.now())
    work()
    assert kinds(OUTSIDE) == ["Invitation", "Modifiée"]

    planning.cancel(actor=user_of(town.organiser), meeting=fresh(meeting), now=clock.now(), reason="Reportée")
    work()
    assert kinds(OUTSIDE) == kinds(PAUL) == ["Invitation", "Modifiée", "Annulée"]
    assert "Reportée" in letters_to(PAUL)[2].body
    calendars = [calendar_of(each) for each in letters_to(OUTSIDE)]
    assert [str(each["METHOD"]) for each in calendars] == ["REQUEST", "REQUEST", "CANCEL"]
    parts = [events_of(each)[0] for each in calendars]
    assert len({str(each["UID"]) for each in parts}) == 1
    sequences = [int(each["SEQUENCE"]) for each in parts]
    assert sequences == sorted(set(sequences))


def test_guests_come_and_go(town: Town) -> None:
    meeting = planned(town)
    guest = Guest.objects.get(meeting=meeting, email=OUTSIDE)
    inviting.remove(actor=user_of(town.organiser), meeting=meeting, guest=guest, now=clock.now())
    work()
    assert kinds(OUTSIDE) == ["Invitation", "Invitation retirée"]
    assert kinds(PAUL) == ["Invitation"]


def test_a_number_that_comes_late() -> None:
    town = Town(assignment="late")
    starts = working_day(later=9)
    meeting = planned(town, starts_at=starts)
    assert kinds(OUTSIDE) == []  # the sweep, a minute later, tells what is known
    telling.tell(meeting.pk, now=clock.now())
    assert kinds(OUTSIDE) == ["Invitation"]
    assert "vous sera envoyé" in letters_to(OUTSIDE)[0].body
    opening.settle(meeting_id=meeting.pk, now=starts - timedelta(hours=20))
    work()
    assert kinds(OUTSIDE) == ["Invitation", "Pour rejoindre"]
    assert "tel:+33" in letters_to(OUTSIDE)[1].body


def test_a_tool_that_fails_is_told_as_such(town: Town) -> None:
    meeting = town.plan(town.parvis, OUTSIDE, starts_at=working_day())
    work()
    assert kinds(OUTSIDE) == ["Invitation"]
    town.parvis.health = "down"
    town.parvis.save()
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=clock.now() + HOUR, ends_at=clock.now() + 2 * HOUR)
    opening.sweep(now=clock.now())
    work()
    assert len(kinds(OUTSIDE)) == 2
    assert "Outil\u202f: Salle téléphonique (avant\u202f: Salle Parvis)" in letters_to(OUTSIDE)[1].body


def test_a_series_is_one_letter(town: Town) -> None:
    draft = town.draft(town.phone, town.colleague, OUTSIDE)
    planning.plan_series(actor=user_of(town.organiser), draft=draft, rule="FREQ=WEEKLY;COUNT=5", now=clock.now())
    work()
    assert kinds(OUTSIDE) == kinds(PAUL) == ["Invitation"]
    text = calendar_of(letters_to(OUTSIDE)[0]).to_ical()
    assert b"RRULE" in text
    assert len(mail.outbox) == 3
    assert icalendar.Calendar.from_ical(text).walk("VEVENT")
