"""The pages of meetings as each person sees them: booking by the form, one's day, joining, the IT team's lists."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.meetings import rules
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.meetings.services import joining
from tests.integration.authority import grant, make_user
from tests.integration.meetings.planning_world import HOUR, Town, fresh, settle, user_of, working_day
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
NEW = "/reunions/nouvelle/"


@pytest.fixture
def town() -> Town:
    return Town()


def page_of(town: Town, who: str = "organiser") -> Client:
    return browser_of(user_of(getattr(town, who)))


def form(**fields: Any) -> dict[str, Any]:
    starts = fields.pop("starts_at", working_day()).astimezone(rules.PARIS)
    values = {
        "title": "Point du budget", "day": f"{starts:%Y-%m-%d}", "at": f"{starts:%H:%M}", "minutes": "30",
        "people": "2", "audience": "internal", "on_site": "0",
    }  # fmt: skip
    return values | fields


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_form_opens_with_a_time_and_a_proposal(town: Town) -> None:
    response = page_of(town).get(NEW)
    assert response.status_code == 200
    assert b"Salle Parvis" in response.content
    assert b'value="book:' in response.content


def test_two_touches_book_a_meeting(town: Town) -> None:
    browser = page_of(town)
    browser.get(NEW)
    response = browser.post(NEW, form(do=f"book:{town.parvis.pk}", guest=[f"a:{town.colleague.pk}"]))
    meeting = Meeting.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/reunions/{meeting.key}/"
    assert set(Guest.objects.values_list("agent_id", flat=True)) == {town.organiser.pk, town.colleague.pk}
    assert meeting.people == 2


def test_a_chip_sets_the_hour_and_keeps_the_rest(town: Town) -> None:
    response = page_of(town).post(NEW, form(do="when:tomorrow_9", title="Autre chose", guest=["o:ana@dehors.example"]))
    content = response.content.decode()
    assert 'value="09:00"' in content
    assert "Autre chose" in content
    assert "ana@dehors.example" in content


def test_only_what_changed_is_sent_to_htmx(town: Town) -> None:
    browser = page_of(town)
    part = browser.post(NEW, form(do="refresh"), headers={"HX-Request": "true", "HX-Target": "answer"})
    assert part.content.decode().lstrip().startswith('<div id="answer"')
    whole = browser.post(NEW, form(do="when:now"), headers={"HX-Request": "true", "HX-Target": "ask"})
    assert whole.content.decode().lstrip().startswith('<form method="post" id="ask"')


def test_people_are_added_and_removed(town: Town) -> None:
    browser = page_of(town)
    found = browser.get("/reunions/collegues/?who=pau")
    assert b"Paul" in found.content
    added = browser.post(NEW, form(do=f"add:a:{town.colleague.pk}"))
    assert f'name="guest" value="a:{town.colleague.pk}"'.encode() in added.content
    removed = browser.post(NEW, form(do=f"remove:a:{town.colleague.pk}", guest=[f"a:{town.colleague.pk}"]))
    assert b'name="guest"' not in removed.content


def test_pasted_addresses_become_guests_and_what_is_none_is_said(town: Town) -> None:
    given = f"Ana Roy <ana@dehors.example>\n{town.colleague.email}\npas une adresse"
    response = page_of(town).post(NEW, form(do="paste", pasted=given))
    content = response.content.decode()
    assert 'value="o:Ana Roy &lt;ana@dehors.example&gt;"' in content
    assert f'value="a:{town.colleague.pk}"' in content
    assert "pas une adresse" in text_of(response)


def test_people_from_outside_are_never_called_agents_only(town: Town) -> None:
    page_of(town).post(NEW, form(do=f"book:{town.parvis.pk}", guest=["o:ana@dehors.example"]))
    assert Meeting.objects.get().audience == Meeting.Audience.GUESTS


def test_a_full_pool_says_so_and_offers_to_wait(town: Town) -> None:
    town.plan(town.phone)
    town.plan(town.phone)
    browser = page_of(town)
    response = browser.post(NEW, form(do="refresh", by_phone_only="on"))
    assert f'value="book:{town.phone.pk}:wait"'.encode() in response.content
    refused = browser.post(NEW, form(do=f"book:{town.phone.pk}"))
    assert refused.status_code == 422
    assert "rien de libre" in text_of(refused)
    waiting = browser.post(NEW, form(do=f"book:{town.phone.pk}:wait"))
    assert waiting.status_code == 302
    assert Meeting.objects.filter(state="waiting").count() == 1


def test_a_clash_and_an_absence_are_said_before_booking(town: Town) -> None:
    town.plan(town.parvis, town.colleague)
    response = page_of(town).post(NEW, form(do="refresh", guest=[f"a:{town.colleague.pk}"]))
    said = text_of(response)
    assert "Vous avez déjà une réunion à cette heure-là." in said
    assert "Déjà en réunion à cette heure-là" in said


@pytest.mark.parametrize(
    "bad",
    [
        {"day": "hier"}, {"at": "99:99"}, {"minutes": "x"}, {"people": "-1"}, {"audience": "x"}, {"title": ""},
        {"organiser_email": "nobody@x.example"}, {"repeat": "weekly"}, {"join_url": "javascript:alert(1)"},
        {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"people": "99999999999999999999"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(town: Town, bad: dict[str, str]) -> None:
    response = page_of(town).post(NEW, form(do=f"book:{town.parvis.pk}", agenda="Mon ordre du jour") | bad)
    assert response.status_code == 422
    assert "Mon ordre du jour" in response.content.decode()
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        "book:999999",
        "book:x",
        "book:",
        "book:" + "9" * 40,
        "when:x",
        "add:a:x",
        "add:o:",
        "at:x",
        "at:9999-12-31",
        "remove:",
    ],
)
def test_nonsense_from_a_button_breaks_nothing(town: Town, nonsense: str) -> None:
    response = page_of(town).post(NEW, form(do=nonsense, guest=["a:99999999", "x", "o:\x00", "a:" + "1" * 30]))
    assert response.status_code in (200, 422)
    assert not Meeting.objects.exists()


def test_a_series_is_booked_from_the_form(town: Town) -> None:
    starts = working_day()
    until = (starts + 14 * 24 * HOUR).date().isoformat()
    response = page_of(town).post(
        NEW, form(do=f"book:{town.phone.pk}", repeat="weekly", until=until, starts_at=starts), follow=True
    )
    assert Meeting.objects.count() == 3
    assert "3 réunions sont réservées" in text_of(response)


def test_a_series_leaves_out_the_days_named(town: Town) -> None:
    starts = working_day()
    until = (starts + 14 * 24 * HOUR).date().isoformat()
    off = (starts + 7 * 24 * HOUR).astimezone(rules.PARIS)
    asked = form(do=f"book:{town.phone.pk}", repeat="weekly", until=until, starts_at=starts)
    refused = page_of(town).post(NEW, asked | {"skip": "un jour"})
    assert "Écrivez les jours comme" in text_of(refused)
    page_of(town).post(NEW, asked | {"skip": f"{off:%d/%m/%Y}"})
    days = [each.starts_at.astimezone(rules.PARIS).date() for each in Meeting.objects.order_by("starts_at")]
    assert len(days) == 2
    assert off.date() not in days


def test_mine_shows_today_first(town: Town) -> None:
    today = town.plan(town.parvis, starts_at=rules.start_of("now", clock.now()), title="Maintenant")
    town.plan(town.parvis, title="Plus tard")
    response = page_of(town).get("/reunions/")
    said = text_of(response)
    assert said.index("Maintenant") < said.index("Plus tard")
    assert "Plus tard" not in text_of(page_of(town).get("/reunions/?q=maintenant"))
    assert (
        f"/reunions/{today.key}/rejoindre/" in page_of(town).get("/reunions/").content.decode() or not today.is_opened
    )


def test_home_shows_today(town: Town) -> None:
    town.plan(town.parvis, starts_at=rules.start_of("now", clock.now()), title="Tout de suite")
    assert "Tout de suite" in text_of(page_of(town).get("/"))


def test_a_meeting_is_seen_by_its_people_only(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague))
    for page in ("", "rejoindre/", "changer/", "annuler/"):
        assert page_of(town).get(f"/reunions/{meeting.key}/{page}").status_code == 200
        assert page_of(town, "elsewhere").get(f"/reunions/{meeting.key}/{page}").status_code == 404
    assert page_of(town, "colleague").get(f"/reunions/{meeting.key}/").status_code == 200
    assert page_of(town, "colleague").get(f"/reunions/{meeting.key}/changer/").status_code == 403


def test_the_number_can_be_dialled_in_one_touch(town: Town) -> None:
    meeting = settle(town.plan(town.phone, starts_at=rules.start_of("now", clock.now())))
    response = page_of(town).get(f"/reunions/{meeting.key}/rejoindre/")
    assert f'href="tel:{meeting.phone_number},,{meeting.pin}#"'.encode() in response.content
    assert "Première réunion avec" in text_of(response)


def test_one_button_enters_and_the_first_help_is_gone_next_time(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, starts_at=rules.start_of("now", clock.now())))
    browser = page_of(town)
    response = browser.post(f"/reunions/{meeting.key}/entrer/")
    assert meeting.live_room is not None
    assert response["Location"] == f"/reunions/salle/{meeting.live_room.key}/"
    assert ToolUse.objects.filter(agent=town.organiser, kind="parvis").exists()
    assert "Première réunion avec" not in text_of(browser.get(f"/reunions/{meeting.key}/rejoindre/"))


def test_too_early_is_said_on_the_join_page(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    browser = page_of(town)
    assert "La réunion ouvre" in text_of(browser.get(f"/reunions/{meeting.key}/rejoindre/"))
    refused = browser.post(f"/reunions/{meeting.key}/entrer/", follow=True)
    assert "pas encore ouverte" in text_of(refused)


def test_a_meeting_is_changed_by_the_same_form(town: Town) -> None:
    meeting = settle(town.plan(town.phone))
    browser = page_of(town)
    assert b"Point du budget" in browser.get(f"/reunions/{meeting.key}/changer/").content
    later = meeting.starts_at + 2 * HOUR
    response = browser.post(f"/reunions/{meeting.key}/changer/", form(do="save", title="Autre objet", starts_at=later))
    assert response.status_code == 302
    changed = fresh(meeting)
    assert (changed.title, changed.starts_at, changed.provider) == ("Autre objet", later, town.phone)
    browser.post(f"/reunions/{meeting.key}/changer/", form(do=f"book:{town.parvis.pk}", starts_at=later))
    assert fresh(meeting).provider == town.parvis


def test_guests_are_invited_and_removed_on_its_page(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    browser, address = page_of(town), f"/reunions/{meeting.key}/"
    browser.post(f"{address}inviter/", {"pasted": f"{town.colleague.email}, ana@dehors.example", "role": "host"})
    outside = Guest.objects.get(email="ana@dehors.example")
    assert outside.role == Guest.Role.SPEAKER, "nobody from outside runs a meeting"
    assert Guest.objects.get(agent=town.colleague).role == Guest.Role.HOST
    wrong = browser.post(f"{address}inviter/", {"pasted": "rien", "role": "speaker"})
    assert wrong.status_code == 422
    browser.post(f"{address}invites/{outside.pk}/retirer/")
    outside.refresh_from_db()
    assert outside.removed_at is not None


def test_people_from_outside_are_not_named_by_address_to_other_guests(town: Town) -> None:
    meeting = settle(town.plan(town.parvis, town.colleague, "secret@dehors.example", audience="guests"))
    assert b"secret@dehors.example" in page_of(town).get(f"/reunions/{meeting.key}/").content
    assert b"secret@dehors.example" not in page_of(town, "colleague").get(f"/reunions/{meeting.key}/").content


def test_cancelling_asks_first(town: Town) -> None:
    meeting = settle(town.plan(town.parvis))
    browser = page_of(town)
    assert "Garder la réunion" in text_of(browser.get(f"/reunions/{meeting.key}/annuler/"))
    browser.post(f"/reunions/{meeting.key}/annuler/", {"reason": "", "scope": "one"})
    assert fresh(meeting).state == Meeting.State.CANCELLED
    assert "Point du budget" in text_of(browser.get("/reunions/passees/"))


def test_the_it_team_sees_who_meets_but_not_about_what(town: Town) -> None:
    settle(town.plan(town.parvis, agenda="Confidentiel", title="Licenciement"))
    joining.note_use(agent=town.organiser, kind="parvis", now=clock.now())
    grant(user_of(town.elsewhere), Role.TECHNICIAN, town.commune)
    browser = page_of(town, "elsewhere")
    for page in ("toutes/", "toutes/?format=csv", "usages/", "accompagner/", "accompagner/?format=csv"):
        response = browser.get(f"/reunions/{page}")
        assert response.status_code == 200, page
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"Licenciement" not in body
        assert b"Confidentiel" not in body
        if page != "usages/":
            assert "Odile" in body.decode()
    assert page_of(town).get("/reunions/toutes/").status_code == 403


def test_nor_do_those_who_run_the_rooms_it_is_held_in(town: Town) -> None:
    meeting = town.plan(town.phone, room=town.room, title="Licenciement")
    grant(user_of(town.elsewhere), Role.TECHNICIAN, town.commune)
    browser = page_of(town, "elsewhere")
    day = meeting.starts_at.astimezone(rules.PARIS).date().isoformat()
    for page in (
        "reservations/", "reservations/?format=csv", "reservations/?q=Licenciement", f"planning/?jour={day}",
        f"reservations/{meeting.booking_id}/", f"reservations/{meeting.room_booking_id}/",
    ):  # fmt: skip
        response = browser.get(f"/salles/{page}")
        assert response.status_code == 200, page
        body = b"".join(response.streaming_content) if response.streaming else response.content
        asked = body.replace(b'value="Licenciement"', b"").replace(b"q=Licenciement", b"")
        assert b"Licenciement" not in asked, (page, asked[max(asked.find(b"Licenciement") - 200, 0) :][:400])


@pytest.mark.parametrize("digit", ["\u00b2", "\u0663"])
def test_digits_of_other_scripts_are_no_fault_of_ours(town: Town, digit: str) -> None:
    browser = page_of(town)
    for address in (f"{NEW}?avec={digit}", f"/salles/reserver/{town.rooms.pk}/?salle={digit}&personnes={digit}"):
        assert browser.get(address).status_code == 200, address
    for posted in (form(do=f"book:{digit}"), form(guest=[f"a:{digit}"]), form(minutes=digit)):
        assert browser.post(NEW, posted).status_code in (200, 302, 422)


def test_an_account_without_an_agent_is_told_so(town: Town) -> None:
    browser = browser_of(make_user("sans"))
    assert "pas celui d’un agent" in text_of(browser.get(NEW))
    assert browser.get("/reunions/").status_code == 200
    assert browser.get("/").status_code == 200


def test_queries_do_not_grow_with_meetings_and_guests(town: Town, django_assert_max_num_queries: Any) -> None:
    browser = page_of(town)
    for hour in range(8, 16):
        town.plan(town.parvis, town.colleague, town.elsewhere, starts_at=working_day(hour))
    browser.get("/reunions/")
    with django_assert_max_num_queries(14):
        browser.get("/reunions/")
    with django_assert_max_num_queries(40):
        browser.post(NEW, form(do="refresh", guest=[f"a:{town.colleague.pk}", f"a:{town.elsewhere.pk}"]))
