"""Reminders: the day before and just before, once each, to who wants them; never after the start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import reminding, telling
from tests.integration.meetings.inviting import HOUR, NOW, START, World, letters_to, user_of

pytestmark = pytest.mark.django_db
OUTSIDE = "exterieur@association.example"
EVE = START - timedelta(hours=23)
SOON = START - timedelta(minutes=10)
ALI = "ali@rivemarine.example"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def meeting(world: World) -> Meeting:
    meeting = world.meeting(world.agent("ali"), OUTSIDE)
    telling.tell(meeting.pk, now=NOW)
    return meeting


def subjects(address: str) -> list[str]:
    return [each.subject.split("\u202f")[0] for each in letters_to(address)[1:]]


def test_the_day_before_once(meeting: Meeting) -> None:
    assert reminding.remind(now=NOW) == 0
    assert reminding.remind(now=EVE) == 3
    assert reminding.remind(now=EVE + timedelta(minutes=1)) == 0
    assert subjects(ALI) == ["Rappel"]
    assert "Vous n’avez pas encore répondu" in letters_to(ALI)[1].body


def test_just_before_once_and_only_colleagues(meeting: Meeting) -> None:
    assert reminding.remind(now=SOON) == 2
    assert reminding.remind(now=SOON) == 0
    assert subjects(ALI) == ["Dans un instant"]
    assert subjects(OUTSIDE) == []


def test_a_late_worker_sends_none_after_the_start(meeting: Meeting) -> None:
    assert reminding.remind(now=START) == 0
    assert reminding.remind(now=START + HOUR) == 0


def test_not_to_who_has_declined_or_was_removed(world: World, meeting: Meeting) -> None:
    Guest.objects.filter(meeting=meeting, email=OUTSIDE).update(answer="no")
    Guest.objects.filter(meeting=meeting, agent__email=ALI).update(removed_at=NOW)
    assert reminding.remind(now=EVE) == 1


def test_not_of_a_meeting_that_is_off(meeting: Meeting) -> None:
    Meeting.objects.update(state="cancelled")
    assert reminding.remind(now=EVE) == 0


def test_not_to_who_was_told_a_moment_ago(world: World) -> None:
    meeting = world.meeting(OUTSIDE)
    telling.tell(meeting.pk, now=EVE)
    assert reminding.remind(now=EVE + HOUR) == 0
    assert reminding.remind(now=SOON) == 1


def test_not_to_who_was_never_told(world: World) -> None:
    world.meeting(OUTSIDE)
    assert reminding.remind(now=EVE) == 0


def test_each_chooses_their_own(world: World, meeting: Meeting) -> None:
    ali = Guest.objects.get(agent__email=ALI).agent
    assert ali is not None
    reminding.choose(actor=user_of(ali), agent=ali, day_before=False, soon=True)
    reminding.remind(now=EVE)
    reminding.remind(now=SOON)
    assert subjects(ALI) == ["Dans un instant"]
    assert subjects("odile@rivemarine.example") == ["Rappel", "Dans un instant"]
    with pytest.raises(NotAllowed):
        reminding.choose(actor=user_of(world.organiser), agent=ali, day_before=True, soon=True)


def test_two_workers_remind_once(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has read its list before the first was done."""
    stale = list(reminding._due(EVE, soon=False))
    assert reminding.remind(now=EVE) == 3
    monkeypatch.setattr(reminding, "_due", lambda now, *, soon: [] if soon else stale)
    assert reminding.remind(now=EVE) == 0


def test_a_meeting_that_is_moved_is_reminded_anew(meeting: Meeting) -> None:
    reminding.remind(now=EVE)
    Meeting.objects.update(starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=7, hours=1), sequence=1)
    telling.tell(meeting.pk, now=EVE + HOUR)
    assert reminding.remind(now=EVE + timedelta(days=7)) == 3
