"""The page behind an invitation's link: what it shows to whom, and that only a button answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import answering
from tests.integration.meetings.inviting import NOW, World, guest_of, read, user_of
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
OUTSIDE = "exterieur@association.example"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return World()


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(OUTSIDE, agenda="Budget")


def page(guest: Guest, name: str = "invitation") -> str:
    return reverse(f"meetings:{name}", args=[guest.key])


class TestOutside:
    def test_it_shows_all_one_needs(self, meeting: Meeting) -> None:
        answer = Client().get(page(guest_of(meeting, OUTSIDE)))
        text = answer.content.decode()
        for words in (
            "Comité de pilotage",
            "jeudi 26 novembre 2026, de 14:00 à 15:00",
            "4821",
            "Budget",
            "Odile Essai",
        ):
            assert words in text
        assert "tel:+33123456789,,4821#" in text
        assert answer["Referrer-Policy"] == "same-origin"

    def test_it_names_no_other_guest(self, world: World) -> None:
        meeting = world.meeting(OUTSIDE, "secret@association.example", world.agent("zacharie"))
        text = Client().get(page(guest_of(meeting, OUTSIDE))).content.decode()
        assert "secret@" not in text
        assert "Secret" not in text
        assert "Zacharie" not in text

    def test_a_scanner_that_follows_every_link_answers_nothing(self, meeting: Meeting) -> None:
        guest = guest_of(meeting, OUTSIDE)
        for said in ("yes", "maybe", "no", "<script>"):
            for _each in range(2):
                assert Client().get(page(guest) + f"?reponse={said}").status_code == 200
                assert Client().head(page(guest) + f"?reponse={said}").status_code == 200
        assert Client().get(page(guest, "answer_invitation")).status_code == 405
        assert guest_of(meeting, OUTSIDE).answer == "none"

    def test_a_button_answers_and_the_last_one_counts(self, meeting: Meeting) -> None:
        guest = guest_of(meeting, OUTSIDE)
        for said in ("yes", "no"):
            assert Client().post(page(guest, "answer_invitation"), {"answer": said}).status_code == 302
            assert guest_of(meeting, OUTSIDE).answer == said
        assert AuditRecord.objects.filter(action="meetings.answered").count() == 2
        assert "Réponse notée" in Client().get(page(guest)).content.decode()

    def test_the_token_of_the_form_is_asked_for(self, meeting: Meeting) -> None:
        guest = guest_of(meeting, OUTSIDE)
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(page(guest, "answer_invitation"), {"answer": "yes"}).status_code == 403

    def test_they_say_how_they_are_called(self, meeting: Meeting) -> None:
        guest = guest_of(meeting, OUTSIDE)
        Client().post(page(guest, "answer_invitation"), {"answer": "yes", "name": "  Ada \u202e<b>  "})
        assert guest_of(meeting, OUTSIDE).name == "Ada <b>"
        assert "Ada &lt;b&gt;" in Client().get(page(guest)).content.decode()

    def test_nonsense_is_refused(self, meeting: Meeting) -> None:
        assert (
            Client().post(page(guest_of(meeting, OUTSIDE), "answer_invitation"), {"answer": "peut"}).status_code == 422
        )

    def test_a_wrong_key_and_keys_without_end(self, meeting: Meeting) -> None:
        client = Client()
        seen = [client.get(reverse("meetings:invitation", args=[f"k{each}"])).status_code for each in range(62)]
        assert seen[0] == 404
        assert seen[-1] == 429

    def test_removed_cancelled_over(self, meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
        guest = guest_of(meeting, OUTSIDE)
        for values, words in (
            ({"state": "cancelled", "cancel_reason": "Grève"}, "Grève"),
            ({"state": "planned"}, "Votre réponse"),
        ):
            Meeting.objects.filter(pk=meeting.pk).update(**values)
            assert words in Client().get(page(guest)).content.decode()
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9))
        assert "terminée" in Client().get(page(guest)).content.decode()
        assert Client().post(page(guest, "answer_invitation"), {"answer": "yes"}).status_code == 409
        Guest.objects.filter(pk=guest.pk).update(removed_at=NOW)
        text = Client().get(page(guest)).content.decode()
        assert "n’êtes plus invité" in text
        assert "4821" not in text
        assert Client().post(page(guest, "join_invitation")).status_code == 409
        assert Client().get(page(guest, "invitation_ics")).status_code == 404

    def test_joining_is_a_button_when_it_is_time(self, meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
        guest = guest_of(meeting, OUTSIDE)
        assert ">Rejoindre<" not in Client().get(page(guest)).content.decode().replace("</svg>", ">")
        assert Client().post(page(guest, "join_invitation")).status_code == 409
        monkeypatch.setattr(clock, "now", lambda: meeting.starts_at)
        assert page(guest, "join_invitation") in Client().get(page(guest)).content.decode()

    def test_the_file_for_ones_calendar(self, meeting: Meeting) -> None:
        answer = Client().get(page(guest_of(meeting, OUTSIDE), "invitation_ics"))
        assert answer["Content-Type"].startswith("text/calendar")
        (event,) = read(answer.content).walk("VEVENT")
        assert event["UID"] == meeting.uid

    def test_the_other_dates_of_a_series(self, world: World) -> None:
        meetings = world.series(OUTSIDE)
        text = Client().get(page(guest_of(meetings[0], OUTSIDE))).content.decode()
        for other in meetings[1:]:
            assert page(guest_of(other, OUTSIDE)) in text


class TestAgents:
    def test_they_sign_in(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent)
        guest = guest_of(meeting, agent)
        answer = Client().get(page(guest) + "?reponse=no")
        assert answer.status_code == 302
        assert "next=" in answer["Location"]
        assert Client().post(page(guest, "answer_invitation"), {"answer": "no"}).status_code == 302
        assert guest_of(meeting, agent).answer == "none"

    def test_each_their_own(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent)
        guest = guest_of(meeting, agent)
        own, other = browser_of(user_of(agent)), browser_of(user_of(world.organiser))
        assert other.get(page(guest)).status_code == 404
        assert other.post(page(guest, "answer_invitation"), {"answer": "no"}).status_code == 404
        assert own.post(page(guest, "answer_invitation"), {"answer": "no"}).status_code == 302
        assert guest_of(meeting, agent).answer == "no"


class TestService:
    def test_errors(self, world: World) -> None:
        agent = world.agent("ali")
        meeting = world.meeting(agent, OUTSIDE)
        guest = guest_of(meeting, agent)
        with pytest.raises(NotAllowed):
            answering.answer(guest=guest, actor=user_of(world.organiser), answer="yes", now=NOW)
        with pytest.raises(NotAllowed):
            answering.answer(guest=guest, actor=None, answer="yes", now=NOW)
        with pytest.raises(Invalid):
            answering.answer(guest=guest, actor=user_of(agent), answer="", now=NOW)
        with pytest.raises(Invalid):
            answering.rename(guest=guest, name="X")
        with pytest.raises(Invalid):
            answering.rename(guest=guest_of(meeting, OUTSIDE), name=" \n ")
        Meeting.objects.update(state="cancelled")
        with pytest.raises(Conflict):
            answering.answer(guest=guest, actor=user_of(agent), answer="yes", now=NOW)
        assert audit.verify() is None
