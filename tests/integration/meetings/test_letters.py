"""Letters as people and calendar programs read them: parsed back by a library, and by vobject, which shares no code."""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.kernel import clock, ical
from parvis.portal.meetings import ics, letters
from parvis.portal.meetings.models import Meeting
from parvis.portal.meetings.services import telling
from parvis.portal.meetings.tell_rules import Kind
from tests.integration.meetings.inviting import (
    NOW,
    START,
    World,
    calendar_of,
    events_of,
    guest_of,
    letters_to,
    read,
    user_of,
)

pytestmark = pytest.mark.django_db
OUTSIDE = "exterieur@association.example"


@pytest.fixture
def world() -> World:
    return World()


def letter(meeting: Meeting, who: str = OUTSIDE) -> str:
    return str(letters.invite([guest_of(meeting, who)], Kind.INVITATION, whole=True, now=NOW).body)


class TestWords:
    def test_all_one_needs_to_come(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, agenda="Budget\nTravaux")
        text = letter(meeting)
        key = guest_of(meeting, OUTSIDE).key
        for words in (
            "Odile Essai", "jeudi 26 novembre 2026, de 14:00 à 15:00", "(heure de Paris)", "Budget\nTravaux",
            "01\u00a023\u00a045\u00a067\u00a089, code 4821", "tel:+33123456789,,4821#", "Pas de webcam",
            f"/reunions/invitation/{key}/?reponse=yes", f"/reunions/invitation/{key}/?reponse=no",
        ):  # fmt: skip
            assert words in text, words
        assert "\n\n\n" not in text

    def test_in_english_for_who_reads_english(self, world: World) -> None:
        agent = world.agent("kim")
        user = user_of(agent)
        user.language = "en"
        user.save()
        meeting = world.meeting(agent)
        message = letters.invite([guest_of(meeting, agent)], Kind.INVITATION, whole=True, now=NOW)
        assert "Thursday 26 November 2026" in message.subject

    def test_by_telephone_only(self, world: World) -> None:
        phone = type(world.provider)(entity=world.commune, kind="bbb", name="Autre")
        phone.save()
        text = letter(world.meeting(OUTSIDE, provider=phone, join_url="", is_opened=False))
        assert "PAR TÉLÉPHONE" in text
        assert "PAR ORDINATEUR" not in text

    def test_in_one_place_only(self, world: World) -> None:
        text = letter(world.meeting(OUTSIDE, provider=None, join_url="", phone_number="", pin=""))
        assert "PAR TÉLÉPHONE" not in text
        assert "vous sera envoyé" not in text

    def test_the_organiser_has_their_copy(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        telling.tell(meeting.pk, now=NOW)
        (copy,) = letters_to("odile@rivemarine.example")
        assert copy.subject.startswith("Votre réunion")
        assert "Votre réponse" not in copy.body
        assert str(calendar_of(copy)["METHOD"]) == "PUBLISH"
        assert copy.reply_to == []

    def test_a_hostile_title_is_one_line_of_text(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, title="Point\r\nBcc: x@y.example\r\n\r\n<b>{{ 7 }}</b>\u202ecod.exe")
        message = letters.invite([guest_of(meeting, OUTSIDE)], Kind.INVITATION, whole=True, now=NOW)
        assert "\n" not in message.subject
        assert "\u202e" not in message.subject + message.body
        assert "<b>{{ 7 }}</b>" in message.body
        assert message.message()["Bcc"] is None


class TestCalendar:
    def test_what_it_says(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent, OUTSIDE, agenda="Budget")
        calendar = calendar_of(letters.invite([guest_of(meeting, agent)], Kind.INVITATION, whole=True, now=NOW))
        assert str(calendar["METHOD"]) == "REQUEST"
        (event,) = events_of(calendar)
        assert event["UID"] == meeting.uid
        assert event["DTSTART"].params["TZID"] == "Europe/Paris"
        assert str(event["ORGANIZER"]) == "mailto:odile@rivemarine.example"
        people = {str(each): each.params["PARTSTAT"] for each in event["ATTENDEE"]}
        assert people == {"mailto:ali@rivemarine.example": "NEEDS-ACTION", f"mailto:{OUTSIDE}": "NEEDS-ACTION"}
        phone, link = event["CONFERENCE"]
        assert (str(phone), phone.params["FEATURE"]) == ("tel:+33123456789,,4821#", ["PHONE", "AUDIO"])
        assert str(link).endswith(f"/reunions/{meeting.key}/")
        assert "01\u00a023\u00a045\u00a067\u00a089" in str(event["LOCATION"])
        (alarm,) = calendar.walk("VALARM")
        assert alarm["TRIGGER"].dt == timedelta(minutes=-15)

    def test_who_is_outside_sees_nobody_else(self, world: World) -> None:
        other = "autre@association.example"
        meeting = world.meeting(world.agent("ali"), OUTSIDE, other)
        message = letters.invite([guest_of(meeting, OUTSIDE)], Kind.INVITATION, whole=True, now=NOW)
        attendee = events_of(calendar_of(message))[0]["ATTENDEE"]
        assert str(attendee) == f"mailto:{OUTSIDE}"
        whole = message.message().as_string() + message.body
        assert other not in whole
        assert "ali@" not in whole

    def test_an_answer_is_in_it(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE)
        guest = guest_of(meeting, OUTSIDE)
        guest.answer = "maybe"
        assert (
            events_of(read(ics.requested([guest], whole=True, now=NOW)))[0]["ATTENDEE"].params["PARTSTAT"]
            == "TENTATIVE"
        )

    def test_an_independent_reader_agrees(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        telling.tell(meetings[0].pk, now=NOW)
        (message,) = letters_to(OUTSIDE)
        parsed = vobject.readOne(message.alternatives[0][0])
        parsed.validate()
        starts = list(parsed.vevent.getrruleset(addRDate=True))
        assert [each.hour for each in starts] == [14, 14, 14, 14]
        assert parsed.vevent.dtstart.value.utcoffset() == timedelta(hours=1)
        assert parsed.method.value == "REQUEST"


class TestClocksChange:
    def test_a_series_keeps_its_hour_over_both_nights(self, world: World) -> None:
        for month, day in ((10, 23), (3, 25)):
            first = datetime(2026 if month == 10 else 2027, month, day, 9, 0, tzinfo=clock.PARIS)
            starts = [(first + timedelta(days=7 * week)) for week in range(2)]  # the wall clock's 9:00
            entry = ical.Entry(
                uid="x", stamped_at=NOW, starts_at=starts[0], ends_at=starts[0] + timedelta(hours=1), title="x",
                rule="FREQ=WEEKLY;COUNT=2",
            )  # fmt: skip
            text = ical.write([entry], method=ical.REQUEST).decode()
            parsed = vobject.readOne(text)
            zone = parsed.vevent.dtstart.value.tzinfo
            given_starts = [each.replace(tzinfo=zone) for each in parsed.vevent.getrruleset()]
            assert [each.astimezone(clock.UTC) for each in given_starts] == [
                each.astimezone(clock.UTC) for each in starts
            ]
            assert given_starts[0].utcoffset() != given_starts[1].utcoffset()

    def test_the_definition_says_what_the_zone_is(self) -> None:
        zone = icalendar.Timezone.from_ical(ical.PARIS_ZONE).to_tz(lookup_tzid=False)
        for year in range(1997, 2060, 3):
            for month in range(1, 13):
                at = datetime(year, month, 28, 12, 0)
                assert at.replace(tzinfo=zone).utcoffset() == at.replace(tzinfo=clock.PARIS).utcoffset(), at


@given(title=st.text(max_size=200), agenda=st.text(max_size=300), name=st.text(max_size=80))
def test_any_text_gives_a_calendar_that_reads_back(title: str, agenda: str, name: str) -> None:
    entry = ical.Entry(
        uid="x@y", stamped_at=NOW, starts_at=START, ends_at=START + timedelta(hours=1), title=title, description=agenda,
        location=title, organiser=ical.Person(email="a@b.example", name=name),
        attendees=[ical.Person(email="c@d.example", name=name)],
        ways=[ical.Way(uri="https://x.example/", features=("AUDIO",), label=name)], alarm_before=timedelta(minutes=1),
    )  # fmt: skip
    raw = ical.write([entry], method=ical.REQUEST, name=title)
    (event,) = events_of(read(raw))
    assert str(event.get("SUMMARY", "")) == ical.line(title)
    assert {each for each in event if each.startswith("X-")} == set()
    assert len([line for line in raw.split(b"\r\n") if line.startswith(b"ATTENDEE")]) == 1
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    vobject.readOne(raw.decode()).validate()
