"""What agents see and do on the pages; what others may not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.portal.directory.events import AgentSeen
from parvis.portal.kernel import clock
from parvis.portal.kernel.events import recorded
from parvis.portal.presence import services
from parvis.portal.presence.models import Day, Feed, Pattern
from parvis.portal.presence.rules import State
from tests.integration.presence.conftest import NOW, Town, full_time
from tests.integration.signing_in import browser_of, program_of


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Monday. The instant stays the machine's: sign-ins know how old they are."""
    monkeypatch.setattr(clock, "today", lambda _instant=None: NOW.date())
    cache.clear()


TODAY = NOW.date()
TUESDAY = TODAY + timedelta(days=1)


def post(browser: Client, **fields: str) -> str:
    answer = browser.post("/presence/declarer/", {"half": "", **fields}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def declared(town: Town, status: str, day: date = TUESDAY) -> None:
    services.declare(actor=town.user, agent=town.claire, starts=day, ends=day, status=status, now=NOW)


# One's own


def test_an_agent_declares_a_period_and_undoes_it(town: Town) -> None:
    full_time(town.claire)
    browser = browser_of(town.user)
    page = browser.get(f"/presence/?mois=2026-11&du={TUESDAY}&au=2026-11-27").content.decode()
    assert page.count("presence-chosen") == 4
    text = post(browser, starts_date=str(TUESDAY), ends_date="2026-11-29", status="telework")
    assert "4 jours enregistrés. Votre responsable doit encore confirmer." in text
    assert "Annuler cette déclaration" in text
    operation = Day.objects.first().agent.presence_operations.get()  # type: ignore[union-attr]
    assert "C’est annulé" in browser.post(f"/presence/annuler/{operation.pk}/", follow=True).content.decode()
    assert not Day.objects.exists()


def test_wrong_input_is_told_next_to_its_field(town: Town) -> None:
    browser = browser_of(town.user)
    text = post(browser, starts_date="2026-11-24", ends_date="2026-11-20", status="telework")
    assert "La fin est avant le début." in text
    for hostile in (
        {"starts_date": "", "status": "telework"},
        {"starts_date": "2026-11-24", "status": "grippe"},
        {"starts_date": "9999-12-31", "status": "telework"},
        {"starts_date": "0001-01-01", "ends_date": "9999-12-31", "status": "telework"},
        {"starts_date": "2026-11-24", "status": "telework", "half": "midi"},
        {"starts_date": "2026-11-24", "status": "on_site", "seen": "x:y,2026-11-24:99999999999,,"},
    ):
        assert browser.post("/presence/declarer/", hostile).status_code in (200, 302)
    assert set(Day.objects.values_list("am", flat=True)) <= {"on_site"}
    for query in (
        "mois=9999-99",
        "du=0001-01-01",
        "du=2026-11-24&au=2999-01-01",
        "mois=2100-12",
        "du=%00",
        "mois=0001-01",
    ):
        assert browser.get(f"/presence/?{query}").status_code == 200


def test_two_tabs(town: Town) -> None:
    browser = browser_of(town.user)
    fields = {"starts_date": str(TUESDAY), "seen": f"{TUESDAY}:0"}
    post(browser, status="telework", **fields)
    assert "Ces jours avaient changé depuis l’ouverture de la page" in post(browser, status="field", **fields)


def test_one_click_on_the_home_page(town: Town) -> None:
    full_time(town.claire)
    browser = browser_of(town.user)
    page = browser.get("/").content.decode()
    assert "Aujourd’hui" in page
    text = post(browser, quick="1", back="/", starts_date=str(TODAY), status="telework")
    assert "Bonjour" in text
    assert Day.objects.get().am == "telework"


def test_back_leads_nowhere_else(town: Town) -> None:
    answer = browser_of(town.user).post(
        "/presence/declarer/", {"starts_date": str(TUESDAY), "status": "field", "back": "//evil.example/"}
    )
    assert answer["Location"] == "/presence/"


def test_the_usual_week_is_proposed_and_ended(town: Town) -> None:
    browser = browser_of(town.user)
    halves = {f"half_{rank}": "telework" if rank in (0, 1) else "on_site" if rank < 10 else "" for rank in range(28)}
    assert browser.get("/presence/semaine/?alternance=1").content.decode().count("<select") == 28
    answer = browser.post("/presence/semaine/", {"starts_date": str(TODAY), **halves}, follow=True)
    assert "quand votre responsable l’aura confirmée" in answer.content.decode()
    pattern = Pattern.objects.get()
    assert pattern.state == State.TO_CONFIRM
    assert browser.get(f"/presence/semaine/{pattern.pk}/fin/").status_code == 200
    browser.post(f"/presence/semaine/{pattern.pk}/fin/")
    assert not Pattern.objects.exists()


def test_history_and_export(town: Town) -> None:
    full_time(town.claire)
    declared(town, "field")
    services.declare(actor=town.head, agent=town.claire, starts=TUESDAY, ends=TUESDAY, status="asa", now=NOW)
    browser = browser_of(town.user)
    page = browser.get("/presence/historique/").content.decode()
    assert "Déplacement" in page
    assert "Nadia Essai" in page
    answer = browser.get(f"/presence/exporter/?du={TODAY}&au={TUESDAY}")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[1] == "2026-11-23;lundi 23 novembre 2026;Sur site;Sur site;non;"
    assert "Absence autorisée" in lines[2]


def test_an_account_that_is_no_agents_has_no_presence(town: Town) -> None:
    from tests.integration.authority import make_user

    browser = browser_of(make_user("root", is_superuser=True))
    assert browser.get("/presence/").status_code == 404
    assert browser.get("/presence/qui-est-ou/").status_code == 200
    assert browser.get("/").status_code == 200


# Others


def words_of(town: Town, viewer: object, day: date = TUESDAY, **query: str) -> str:
    parameters = "&".join(f"{key}={value}" for key, value in {"date": str(day), "q": "claire", **query}.items())
    return browser_of(viewer).get(f"/presence/qui-est-ou/?{parameters}").content.decode()  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["leave", "asa", "training", "absent", "field"])
def test_colleagues_read_absent_whatever_the_reason(town: Town, status: str) -> None:
    full_time(town.claire)
    declared(town, status)
    label = {"leave": "Congé", "asa": "Absence autorisée", "training": "Formation", "absent": "Autre absence"}.get(
        status, "Déplacement"
    )
    for viewer in (town.marc.user, town.technician):
        table = words_of(town, viewer).partition("<tbody")[2]
        assert "Absent" in table
        assert label not in table
        person = browser_of(viewer).get(f"/presence/agents/{town.claire.pk}/").content.decode()  # type: ignore[arg-type]
        assert label not in person
        assert "à confirmer" not in person.partition("presence-legend")[0]
        assert 'action="/presence' not in person
    for viewer in (town.head, town.head_of_it, town.mayor_head):
        assert label in words_of(town, viewer).partition("<tbody")[2]


def test_filters_tell_a_colleague_no_more_than_the_page(town: Town) -> None:
    full_time(town.claire)
    declared(town, "leave")
    # Not offered: no filter at all, and an error next to it.
    assert words_of(town, town.marc.user, status="leave").partition("<tbody")[2].count("Absent") == 2
    assert "Claire" in words_of(town, town.marc.user, status="hidden").partition("<tbody")[2]
    assert "Claire" in words_of(town, town.head, status="leave").partition("<tbody")[2]
    assert "Claire" not in words_of(town, town.head, status="on_site").partition("<tbody")[2]
    for query in ({"date": "hier"}, {"status": "x"}, {"half": "x"}, {"entity": "9999999"}, {"date": "0001-01-01"}):
        assert words_of(town, town.marc.user, **query)


def test_the_past_of_a_colleague_is_nobodys_business(town: Town) -> None:
    full_time(town.claire)
    old, far = TODAY - timedelta(days=10), TODAY + timedelta(days=63)
    for day in (old, far):
        assert "Sur site" not in words_of(town, town.marc.user, day).partition("<tbody")[2]
        assert "Sur site" in words_of(town, town.head, day).partition("<tbody")[2]
    assert "Sur site" in words_of(town, town.marc.user, TODAY).partition("<tbody")[2]


def test_nothing_of_another_commune(town: Town) -> None:
    assert town.foreign.user is not None
    for viewer in (town.foreign.user, town.foreign_head):
        assert "Claire" not in words_of(town, viewer).partition("<tbody")[2]
        browser = browser_of(viewer)
        assert browser.get(f"/presence/agents/{town.claire.pk}/").status_code == 404
        answer = browser.post(
            f"/presence/agents/{town.claire.pk}/declarer/", {"starts_date": str(TUESDAY), "status": "asa"}
        )
        assert answer.status_code == 404
        assert program_of(viewer).get(f"/api/v1/presence/agents/{town.claire.pk}/days").status_code in (404, 422)


def test_who_looked_is_told_when_they_saw_the_detail(town: Town) -> None:
    with recorded(AgentSeen) as seen:
        browser_of(town.head).get(f"/presence/agents/{town.claire.pk}/")
        browser_of(town.marc.user).get(f"/presence/agents/{town.claire.pk}/")  # type: ignore[arg-type]
    assert [(event.viewer_id, event.agent_id, event.page) for event in seen] == [
        (town.head.pk, town.claire.pk, "presence")
    ]


def test_the_agent_card_has_the_fortnight(town: Town) -> None:
    full_time(town.claire)
    declared(town, "leave", TODAY)
    page = browser_of(town.head).get(f"/annuaire/agents/{town.claire.pk}/").content.decode()
    assert "Congé" in page
    page = browser_of(town.technician).get(f"/annuaire/agents/{town.claire.pk}/").content.decode()
    assert "Présence ces jours-ci" in page
    assert "Congé" not in page


def test_a_head_declares_for_an_agent(town: Town) -> None:
    browser = browser_of(town.head)
    fields = {"starts_date": str(TUESDAY), "status": "on_call", "half": ""}
    answer = browser.post(f"/presence/agents/{town.claire.pk}/declarer/", fields)
    assert answer["Location"] == f"/presence/agents/{town.claire.pk}/"
    assert Day.objects.get().state == State.CONFIRMED
    refused = browser_of(town.head_of_it).post(f"/presence/agents/{town.claire.pk}/declarer/", fields)
    assert refused.status_code == 403


# The calendar address


def open_address(browser: Client) -> str:
    page = browser.post("/presence/agenda/ouvrir/").content.decode()
    return page.partition('value="http://testserver')[2].partition('"')[0]


def test_a_calendar_address_is_opened_read_changed_and_closed(town: Town) -> None:
    browser = browser_of(town.user)
    address = open_address(browser)
    secret = address.split("/")[-2]
    assert secret not in str(Feed.objects.values_list("digest", flat=True)[0])
    assert secret not in browser.get("/presence/agenda/").content.decode()
    answer = Client().get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    other = open_address(browser)
    assert Client().get(address).status_code == 404
    assert Client().get(other).status_code == 200
    town.user.is_active = False
    town.user.save()
    assert Client().get(other).status_code == 404
    town.user.is_active = True
    town.user.save()
    browser_of(town.user).post("/presence/agenda/fermer/")
    assert Client().get(other).status_code == 404


def test_the_calendar_tells_no_more_than_a_colleague_reads(town: Town) -> None:
    """THREAT_MODEL.md: whoever has the address reads it."""
    full_time(town.claire)
    declared(town, "asa")
    text = Client().get(open_address(browser_of(town.user))).content.decode()
    assert "Absent" in text
    for word in ("autorisée", "ASA", "Claire", "claire", "État civil", "confirm"):
        assert word not in text


def test_guessing_calendar_addresses_is_throttled(town: Town) -> None:
    address = open_address(browser_of(town.user))
    codes = [Client().get(f"/presence/agenda/{n:040d}/presence.ics").status_code for n in range(32)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert Client().get(address).status_code == 429
    cache.clear()
    codes = [Client().get(address).status_code for _n in range(62)]
    assert (codes[0], codes[-1]) == (200, 429)


# API


def test_api(town: Town) -> None:
    full_time(town.claire)
    mine, colleague = program_of(town.user), program_of(town.marc.user)  # type: ignore[arg-type]
    address = f"/api/v1/presence/agents/{town.claire.pk}/days"
    body = {"starts": str(TUESDAY), "ends": str(TUESDAY), "status": "leave", "half": "am"}
    answer = mine.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["days"], answer.json()["to_confirm"]) == (200, 1, 1)
    span = f"?starts={TUESDAY}&ends={TUESDAY}"
    assert mine.get(address + span).json()[0]["am"] == {"code": "leave", "label": "Congé", "pending": True}
    assert colleague.get(address + span).json()[0]["am"] == {"code": "hidden", "label": "Absent", "pending": False}
    assert colleague.get(address + span).json()[0]["pm"]["code"] == "on_site"
    assert colleague.post(address, body, content_type="application/json").status_code == 403
    for bad in ("?starts=2026-11-24&ends=2026-11-23", "?starts=2020-01-01&ends=2026-11-23", "?starts=x&ends=y"):
        assert mine.get(address + bad).status_code == 422
    assert [each["code"] for each in mine.get("/api/v1/presence/statuses").json()][:2] == ["on_site", "telework"]
    found = colleague.get("/api/v1/presence/agents?q=claire").json()
    assert [each["id"] for each in found["items"]] == [town.claire.pk]


def test_a_new_calendar_address_wants_a_fresh_second_factor(town: Town) -> None:
    """It outlives the sign-in it was made in: a stolen cookie alone makes none."""
    stale = browser_of(town.user, age=3600)
    assert "/compte/confirmation/" in stale.post("/presence/agenda/ouvrir/")["Location"]
    assert not Feed.objects.exists()
