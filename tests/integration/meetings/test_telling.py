"""Each guest is told of the newest state once: whoever works, whatever fails."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.db.models import F

from parvis.portal.kernel import events
from parvis.portal.meetings import letter_tasks, tell_rules
from parvis.portal.meetings.events import (
    GuestsChanged,
    MeetingCancelled,
    MeetingChanged,
    MeetingOpened,
    ToolChanged,
)
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import telling
from tests.integration.authority import make_agent
from tests.integration.meetings.inviting import (
    HOUR,
    NOW,
    START,
    World,
    calendar_of,
    events_of,
    guest_of,
    invite,
    letters_to,
    work,
)
from tests.servers.smtp import Mailbox, mail_server

pytestmark = pytest.mark.django_db
OUTSIDE = "exterieur@association.example"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nobody_was_written_to() -> None:
    cache.clear()


@pytest.fixture
def world() -> World:
    return World()


def tell(meeting: Meeting, at: Any = NOW) -> telling.Told:
    return telling.tell(meeting.pk, now=at)


def change(meeting: Meeting, **values: Any) -> None:
    """As `planning.change` does."""
    Meeting.objects.filter(pk=meeting.pk).update(sequence=F("sequence") + 1, **values)
    events.publish(MeetingChanged(meeting_id=meeting.pk, actor_id=None, at=LATER))


class TestWhoIsTold:
    def test_everybody_once(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent, OUTSIDE)
        assert tell(meeting).sent == 3
        assert tell(meeting).sent == 0
        assert sorted(address for each in mail.outbox for address in each.to) == [
            "ali@rivemarine.example", OUTSIDE, "odile@rivemarine.example",
        ]  # fmt: skip

    def test_nobody_before_what_they_join_with_is_known(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, state="preparing", is_opened=False, join_url="", phone_number="", pin="")
        assert tell(meeting).sent == 0
        Meeting.objects.filter(pk=meeting.pk).update(
            state="planned", is_opened=True, join_url="https://x.example/", phone_number="+33123456789", pin="4821"
        )
        events.publish(MeetingOpened(meeting_id=meeting.pk, at=NOW))
        assert tell(meeting).sent == 2
        (letter,) = letters_to(OUTSIDE)
        assert letter.subject.startswith("Invitation")
        assert "tel:+33123456789,,4821#" in letter.body

    def test_a_tool_that_does_not_answer_keeps_nobody_waiting_for_long(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, state="preparing", is_opened=False, join_url="", phone_number="", pin="")
        assert tell(meeting, NOW + tell_rules.PATIENCE).sent == 2
        assert "vous sera envoyé" in letters_to(OUTSIDE)[0].body

    def test_the_number_that_comes_late_is_told_to_who_had_the_time_only(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, is_opened=False, join_url="", phone_number="", pin="")
        assert tell(meeting).sent == 2
        Meeting.objects.filter(pk=meeting.pk).update(is_opened=True, phone_number="+33123456789", pin="4821")
        events.publish(MeetingOpened(meeting_id=meeting.pk, at=LATER))
        assert tell(meeting, LATER).sent == 2
        first, second = letters_to(OUTSIDE)
        assert second.subject.startswith("Pour rejoindre")
        assert "01\u00a023\u00a045\u00a067\u00a089, code 4821" in second.body
        assert "Ce qui change" not in second.body
        before, after = (events_of(calendar_of(each))[0] for each in (first, second))
        assert before["UID"] == after["UID"]
        assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])

    def test_a_change_says_what_changed(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        change(meeting, starts_at=START + HOUR, ends_at=START + 2 * HOUR, title="Comité technique")
        assert tell(meeting, LATER).sent == 2
        letter = letters_to(OUTSIDE)[1]
        assert letter.subject.startswith("Modifiée")
        assert "de 15:00 à 16:00 (avant\u202f: jeudi 26 novembre 2026, de 14:00 à 15:00)" in letter.body
        assert "Comité technique (avant\u202f: Comité de pilotage)" in letter.body

    def test_a_change_that_is_none_for_them_is_not_mailed(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        change(meeting, people=40)
        assert tell(meeting, LATER).sent == 0
        assert guest_of(meeting, OUTSIDE).told_sequence == 1

    def test_two_changes_before_the_worker_are_one_letter(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        change(meeting, title="Un")
        change(meeting, title="Deux")
        assert tell(meeting, LATER).sent == 2
        assert "Deux" in letters_to(OUTSIDE)[1].subject

    def test_another_tool_is_said_as_such(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        other = type(world.provider).objects.create(entity=world.commune, kind="bbb", name="BigBlueButton", health="up")
        Meeting.objects.filter(pk=meeting.pk).update(provider=other, phone_number="+33987654321", pin="11111")
        events.publish(ToolChanged(meeting_id=meeting.pk, old="Salle Parvis", failed=True, at=LATER))
        tell(meeting, LATER)
        letter = letters_to(OUTSIDE)[1]
        assert letter.subject.startswith("Nouvel outil")
        assert "Outil\u202f: BigBlueButton (avant\u202f: Salle Parvis)" in letter.body
        assert "n’utilisez plus" in letter.body

    def test_a_cancellation_reaches_who_was_told_and_no_other(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        invite(meeting, "tard@association.example")
        Meeting.objects.filter(pk=meeting.pk).update(state="cancelled", sequence=1, cancelled_at=LATER)
        events.publish(MeetingCancelled(meeting_id=meeting.pk, actor_id=None, reason="Salle inondée", at=LATER))
        assert tell(meeting, LATER).sent == 2
        assert tell(meeting, LATER).sent == 0
        letter = letters_to(OUTSIDE)[1]
        assert letter.subject.startswith("Annulée")
        assert "Salle inondée" in letter.body
        calendar = calendar_of(letter)
        (event,) = events_of(calendar)
        assert (str(calendar["METHOD"]), str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)
        assert letters_to("tard@association.example") == []

    def test_who_is_removed_is_told_once_and_the_others_are_left_alone(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent, OUTSIDE)
        tell(meeting)
        gone = guest_of(meeting, OUTSIDE)
        Guest.objects.filter(pk=gone.pk).update(removed_at=LATER)
        events.publish(GuestsChanged(meeting_id=meeting.pk, added=(), removed=(gone.pk,), at=LATER))
        assert tell(meeting, LATER).sent == 1
        assert tell(meeting, LATER).sent == 0
        invitation, farewell = letters_to(OUTSIDE)
        assert "n’êtes plus invité" in farewell.body
        (before,), (after,) = (events_of(calendar_of(each)) for each in (invitation, farewell))
        assert before["UID"] == after["UID"]
        assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
        assert len(letters_to("ali@rivemarine.example")) == 1

    def test_who_is_invited_again_is_invited_again(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        tell(meeting)
        guest = guest_of(meeting, OUTSIDE)
        for removed_at, ids in (
            (LATER, {"removed": (guest.pk,), "added": ()}),
            (None, {"added": (guest.pk,), "removed": ()}),
        ):
            Guest.objects.filter(pk=guest.pk).update(removed_at=removed_at)
            events.publish(GuestsChanged(meeting_id=meeting.pk, at=LATER, **ids))
            tell(meeting, LATER)
        assert [each.subject.split("\u202f")[0] for each in letters_to(OUTSIDE)] == [
            "Invitation", "Invitation retirée", "Invitation",
        ]  # fmt: skip
        sequences = [int(events_of(calendar_of(each))[0]["SEQUENCE"]) for each in letters_to(OUTSIDE)]
        assert sequences == sorted(set(sequences))

    def test_nothing_leaves_for_a_meeting_that_is_over(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        assert tell(meeting, START + 2 * HOUR).sent == 0

    def test_who_waits_for_a_place_invites_nobody_yet(self, world: World) -> None:
        assert tell(world.meeting(OUTSIDE, state="waiting")).sent == 0

    def test_an_agent_who_has_left_is_written_to_no_more(self, world: World) -> None:
        gone = make_agent(world.commune, "partie", is_active=False)
        meeting = world.meeting(gone)
        tell(meeting)
        assert letters_to("partie@rivemarine.example") == []
        assert telling.to_tell(NOW, most=9) == []


class TestSeries:
    def test_one_letter_with_the_rule(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        assert tell(meetings[2]).sent == 2
        (letter,) = letters_to(OUTSIDE)
        assert letter.subject.endswith("4 dates, la première jeudi 26 novembre 2026, de 14:00 à 15:00")
        assert letter.body.count("de 14:00 à 15:00") == 4
        assert letter.body.count("tel:+33123456789,,4821#") == 1
        (event,) = events_of(calendar_of(letter))
        assert event["UID"] == meetings[0].series.uid  # type: ignore[union-attr]
        assert event["RRULE"]["UNTIL"][0] == START + timedelta(weeks=3)
        assert not Guest.objects.filter(told_sequence=-1).exists()

    def test_it_waits_until_every_date_is_ready(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        Meeting.objects.filter(pk=meetings[3].pk).update(state="preparing", is_opened=False)
        assert tell(meetings[0]).sent == 0
        assert tell(meetings[0], NOW + tell_rules.PATIENCE).sent == 2

    def test_a_date_left_out_and_one_that_differs(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        guest_of(meetings[1], OUTSIDE).delete()
        Meeting.objects.filter(pk=meetings[2].pk).update(pin="7777")
        tell(meetings[0])
        master, other = events_of(calendar_of(letters_to(OUTSIDE)[0]))
        assert [each.dt for each in master["EXDATE"].dts] == [START + timedelta(weeks=1)]
        assert other["RECURRENCE-ID"].dt == START + timedelta(weeks=2)
        assert "7777" in str(other["LOCATION"])
        text = letters_to(OUTSIDE)[0].body
        assert (text.count("code 4821"), text.count("code 7777"), text.count("tel:")) == (2, 1, 0)

    def test_one_date_that_changes_is_one_exception(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        tell(meetings[0])
        change(meetings[1], starts_at=meetings[1].starts_at + HOUR, ends_at=meetings[1].ends_at + HOUR)
        assert tell(meetings[1], LATER).sent == 2
        (event,) = events_of(calendar_of(letters_to(OUTSIDE)[1]))
        assert event["RECURRENCE-ID"].dt == meetings[1].recurrence_at
        assert event["DTSTART"].dt == START + timedelta(weeks=1, hours=1)
        assert "RRULE" not in event

    def test_one_date_cancelled_then_all(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        tell(meetings[0])
        Meeting.objects.filter(pk=meetings[1].pk).update(state="cancelled", sequence=1)
        tell(meetings[0], LATER)
        (event,) = events_of(calendar_of(letters_to(OUTSIDE)[1]))
        assert event["RECURRENCE-ID"].dt == meetings[1].recurrence_at
        Meeting.objects.update(state="cancelled", sequence=2)
        tell(meetings[0], LATER)
        (event,) = events_of(calendar_of(letters_to(OUTSIDE)[2]))
        assert "RECURRENCE-ID" not in event
        assert event["UID"] == meetings[0].series.uid  # type: ignore[union-attr]
        assert len(letters_to(OUTSIDE)) == 3


class TestCaps:
    def test_one_organiser_writes_to_so_many_strangers_in_a_day(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tell_rules, "OUTSIDE_PER_DAY", 3)
        meeting = world.meeting(*(f"p{each}@association.example" for each in range(5)))
        assert tell(meeting).sent == 4  # three, and the organiser
        assert tell(meeting, NOW + timedelta(hours=2)).sent == 0
        assert tell(meeting, NOW + timedelta(hours=25)).sent == 2

    def test_letters_are_counted_not_only_those_who_get_them(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tell_rules, "OUTSIDE_PER_DAY", 3)
        meeting = world.meeting(OUTSIDE)
        for title in "abcde":
            change(meeting, title=title)
            tell(meeting, LATER)
        assert len(letters_to(OUTSIDE)) == 3

    def test_one_stranger_is_not_written_to_without_end(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tell_rules, "OUTSIDE_PER_GUEST", 2)
        meeting = world.meeting(OUTSIDE)
        for title in "abc":
            change(meeting, title=title)
            tell(meeting, LATER)
        assert len(letters_to(OUTSIDE)) == 2
        Meeting.objects.filter(pk=meeting.pk).update(state="cancelled")
        tell(meeting, LATER + 2 * HOUR)  # that it is off is always said
        assert letters_to(OUTSIDE)[-1].subject.startswith("Annulée")


class TestMailServer:
    """A real one, over the network."""

    @pytest.fixture
    def mailbox(self, settings: Any) -> Any:
        with mail_server() as mailbox:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
            yield mailbox

    def test_three_hundred_guests(self, world: World, mailbox: Mailbox) -> None:
        people = [f"p{each}@association.example" for each in range(90)]
        agents = [world.agent() for _each in range(209)]
        meeting = world.meeting(*people, *agents)
        mailbox.refused.add("p7@association.example")
        mailbox.cut_after = 70  # four times in the middle of a letter
        done = [tell(meeting, NOW + timedelta(seconds=run)) for run in range(4)]
        assert [each.left for each in done] == [True, True, False, False]
        assert sum(each.sent for each in done) == 299
        assert sum(each.failed for each in done) == 1
        names = [recipient for recipient, _message in mailbox.messages]
        assert len(names) == len(set(names)) == 299
        mailbox.refused.clear()
        assert tell(meeting, NOW + timedelta(minutes=3)).sent == 1
        assert len(mailbox.to("p7@association.example")) == 1

    def test_who_is_refused_again_and_again_is_shown(self, world: World, mailbox: Mailbox) -> None:
        meeting = world.meeting(OUTSIDE)
        mailbox.refused.add(OUTSIDE)
        at = NOW
        for _each in range(3):
            tell(meeting, at)
            at += timedelta(hours=1)
        assert [each.email for each in telling.unreached(meeting)] == [OUTSIDE]
        assert len(mailbox.to("odile@rivemarine.example")) == 1

    def test_no_server_loses_nothing(self, world: World, settings: Any, mailbox: Mailbox) -> None:
        meeting = world.meeting(OUTSIDE)
        settings.EMAIL_PORT = 1
        done = tell(meeting)
        assert (done.sent, done.is_away) == (0, True)
        settings.EMAIL_PORT = mailbox.port
        assert telling.to_tell(NOW, most=9) == [meeting.pk]
        assert tell(meeting, NOW + timedelta(minutes=2)).sent == 2

    def test_the_letter_as_it_arrives(self, world: World, mailbox: Mailbox) -> None:
        meeting = world.meeting(OUTSIDE, title="Évolution du réseau\r\nBcc: tout@le.monde", agenda="Un\nDeux")
        tell(meeting)
        (letter,) = mailbox.to(OUTSIDE)
        assert [recipient for recipient, _message in mailbox.messages if recipient == "tout@le.monde"] == []
        assert "Bcc" not in letter
        assert letter["Reply-To"] == "odile@rivemarine.example"
        assert letter["Auto-Submitted"] == "auto-generated"
        kinds = [part.get_content_type() for part in letter.walk()]
        assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/calendar", "application/ics"]
        calendar = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
        assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
        text = calendar.get_payload(decode=True)
        file = next(part for part in letter.walk() if part.get_content_type() == "application/ics")
        assert file.get_payload(decode=True) == text
        assert isinstance(text, bytes)
        assert all(len(line) <= 75 for line in text.split(b"\r\n"))
        assert b"\n" not in text.replace(b"\r\n", b"")


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def run(self, meeting: Meeting, workers: int = 8) -> int:
        gate = threading.Barrier(workers)
        faults: list[BaseException] = []

        def work() -> None:
            try:
                gate.wait(20)
                telling.tell(meeting.pk, now=NOW)
            except BaseException as fault:  # shown by the assertion below
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _each in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        return len(mail.outbox)

    def test_eight_workers_write_one_letter_each(self, world: World) -> None:
        meeting = world.meeting(*(f"p{each}@association.example" for each in range(10)))
        assert self.run(meeting) == 11

    def test_they_would_not_without_the_claim(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        meeting = world.meeting(*(f"p{each}@association.example" for each in range(10)))
        monkeypatch.setattr(telling, "_claimed", lambda guests, now: list(guests))
        assert self.run(meeting) > 11


def test_a_worker_that_died_is_followed_by_another(world: World) -> None:
    meeting = world.meeting(OUTSIDE)
    Guest.objects.filter(meeting=meeting).update(tell_after=NOW + tell_rules.CLAIM)  # claimed, then killed
    assert telling.to_tell(NOW, most=9) == []
    assert telling.to_tell(NOW + tell_rules.CLAIM, most=9) == [meeting.pk]
    assert tell(meeting, NOW + tell_rules.CLAIM).sent == 2


def test_the_sweep_takes_one_of_each_series(world: World) -> None:
    meetings = world.series(OUTSIDE)
    single = world.meeting(OUTSIDE, starts_at=START - HOUR)
    assert telling.to_tell(NOW, most=9) == [single.pk, meetings[0].pk]


def test_the_sweep_waits_once_for_a_server_that_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for _each in range(3):
        world.meeting(OUTSIDE)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    monkeypatch.setattr("parvis.portal.kernel.clock.now", lambda: NOW)
    letter_tasks.sweep_letters.func()
    assert Guest.objects.filter(tell_after__isnull=False).count() == 1


def test_who_is_still_waited_for_takes_no_place_in_the_sweep(world: World) -> None:
    world.meeting(OUTSIDE, state="preparing", is_opened=False)
    ready = world.meeting(OUTSIDE, starts_at=START + HOUR)
    assert telling.to_tell(NOW, most=1) == [ready.pk]


def test_a_large_meeting_goes_on_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "BATCH", 3)
    monkeypatch.setattr("parvis.portal.kernel.clock.now", lambda: NOW)
    meeting = world.meeting(*(f"p{each}@association.example" for each in range(7)))
    letter_tasks.tell.enqueue(meeting.pk)
    work()
    assert len(mail.outbox) == 8


def test_the_task_tells(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = world.meeting(OUTSIDE)
    monkeypatch.setattr("parvis.portal.kernel.clock.now", lambda: NOW)
    letter_tasks.sweep_letters.func()
    letter_tasks.tell.func(meeting.pk)
    assert len(letters_to(OUTSIDE)) == 1


def test_a_bounded_number_of_queries(world: World, django_assert_max_num_queries: Any) -> None:
    meeting = world.meeting(*(world.agent() for _each in range(20)))
    with django_assert_max_num_queries(3 + 21 * 2 + 2):  # reads; a claim and a note per letter
        tell(meeting)
