"""The pages of requests, as each person sees them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop.models import Right
from parvis.portal.telework.models import Document, JobRule, Request
from parvis.portal.telework.services import opening, requests
from tests.integration.authority import make_agent, make_computer, make_entity, make_member
from tests.integration.signing_in import browser_of
from tests.integration.telework.asking import ANSWERS, Authority, make_authority, soon

pytestmark = pytest.mark.django_db

MINE, ASK = "/mon-teletravail/", "/mon-teletravail/demander/"
STAFF, WAITING = "/teletravail/demandes/", "/teletravail/demandes/a-accorder/"


@pytest.fixture
def here() -> Authority:
    return make_authority()


def browser(user: User, **kwargs: float) -> Client:
    return browser_of(user, **kwargs)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def main_of(page: str) -> str:
    return page.split("<main")[1]


def answers(**changes: object) -> dict[str, object]:
    return {"level": 2, "has_phone": "on", **ANSWERS, "starts_date": soon(3), **changes}


def opened(here: Authority, **fields: object) -> Request:
    request = here.request(state="approved", decided_at=clock.now(), starts_date=clock.today(), **fields)
    opening.open_request(actor=None, request=request, now=clock.now(), invite=False)
    return request


# The agent


def test_asked_in_three_questions_granted_by_the_head_opened_by_the_team(here: Authority) -> None:
    agent, head, technician = browser(here.user), browser(here.head), browser(here.technician)
    assert "Demander le télétravail" in text(agent.get(MINE))
    page = text(agent.get(ASK))
    for question in ("1. Sur quel ordinateur", "2. Quelle connexion", "3. Quels jours"):
        assert question in page
    assert "3 jours par semaine au plus" in page
    assert agent.post(ASK, answers()).status_code == 302
    request = Request.objects.get()
    assert (request.state, request.machine, request.line, request.days) == ("requested", "own", "fibre", 0b01001)
    assert "Votre responsable de service doit donner son accord." in text(agent.get(MINE))

    assert str(here.agent) in text(head.get(WAITING))
    page = text(head.get(f"{STAFF}{request.pk}/"))
    assert "Fonction compatible avec le télétravail" in page
    assert head.post(f"{STAFF}{request.pk}/accorder/").status_code == 302
    assert "Ouvrir l’accès" not in text(head.get(f"{STAFF}{request.pk}/"))

    assert "Ouvrir l’accès" in text(technician.get(f"{STAFF}{request.pk}/"))
    assert technician.post(f"{STAFF}{request.pk}/ouvrir/").status_code == 302
    request.refresh_from_db()
    assert request.state == "open"
    assert Right.objects.filter(agent=here.agent).exists()
    assert "Commencer la mise en service" in text(agent.get(MINE))


def test_the_way_from_the_mail_goes_through_the_sign_in(here: Authority) -> None:
    request = here.request()
    address = f"{STAFF}{request.pk}/"
    stranger = Client().get(address)
    assert stranger.status_code == 302
    assert "/compte/" in stranger["Location"]
    assert address.replace("/", "%2F") in stranger["Location"] or address in stranger["Location"]
    assert Client().post(f"{address}accorder/").status_code == 302
    request.refresh_from_db()
    assert request.state == "requested"
    assert browser(here.head).get(f"{address}accorder/").status_code == 405  # a link of a mail decides nothing


def test_without_answers_each_question_says_what_is_missing(here: Authority) -> None:
    page = text(browser(here.user).post(ASK, {"level": 2}))
    assert page.count("Choisissez une réponse.") >= 2
    assert "Choisissez au moins un jour." in page


def test_too_many_days_is_said_next_to_the_days(here: Authority) -> None:
    page = text(browser(here.user).post(ASK, answers(days=[0, 1, 2, 3])))
    assert "3 jours par semaine au plus" in page
    assert not Request.objects.exists()


def test_a_job_that_cannot_be_done_remotely_says_why_and_shows_no_form(here: Authority) -> None:
    JobRule.objects.create(entity=here.root, words="comptable", level=0, reason="Accueil du public")
    agent = browser(here.user)
    page = text(agent.get(ASK))
    assert "Cette fonction ne peut pas être exercée à distance." in page
    assert "Accueil du public" in page
    assert "Envoyer ma demande" not in page
    agent.post(ASK, answers())
    assert not Request.objects.exists()


def test_a_job_for_level_1_offers_level_1_alone(here: Authority) -> None:
    JobRule.objects.create(entity=here.root, words="comptable", level=1)
    agent = browser(here.user)
    page = text(agent.get(ASK))
    assert re.findall(r'name="level"[^>]*value="(\d)"', page) == ["1"]
    assert agent.post(ASK, answers()).status_code == 200
    assert agent.post(ASK, answers(level=1)).status_code == 302
    assert Request.objects.get().level == 1


def test_the_charter_comes_first(here: Authority) -> None:
    Document.objects.create(
        entity=here.root, kind="charter", version=1, title="Charte", text="x", created_at=clock.now(),
        published_at=clock.now(), digest="a" * 64,
    )  # fmt: skip
    page = text(browser(here.user).get(ASK))
    assert "Lire et accepter la charte" in page
    assert "Envoyer ma demande" not in page


def test_who_has_a_request_is_sent_to_it(here: Authority) -> None:
    here.request()
    assert browser(here.user).get(ASK)["Location"] == MINE


def test_an_account_without_agent_is_told_so(here: Authority) -> None:
    lone = make_member(here.root)
    lone.agent.is_active = False
    lone.agent.save()
    assert "Votre compte n’est pas celui d’un agent en poste." in text(browser(lone).get(MINE))
    assert browser(lone).get(ASK)["Location"] == MINE


def test_withdrawn_by_its_agent_it_can_be_asked_again_with_the_same_answers(here: Authority) -> None:
    agent, request = browser(here.user), here.request(days=0b00010, line="dsl")
    assert "Retirer cette demande" in text(agent.get(f"/mon-teletravail/demandes/{request.pk}/retirer/"))
    agent.post(f"/mon-teletravail/demandes/{request.pk}/retirer/")
    request.refresh_from_db()
    assert request.state == "withdrawn"
    page = text(agent.get(ASK))
    assert re.search(r'value="dsl"[^>]*checked', page)
    assert re.search(r'name="days"[^>]*value="1"[^>]*checked', page)


def test_an_agent_ends_now_or_on_a_day(here: Authority) -> None:
    agent, request = browser(here.user), opened(here)
    address = f"/mon-teletravail/demandes/{request.pk}/mettre-fin/"
    assert "Choisissez un jour à venir." in text(agent.post(address, {"last_day": soon(-1)}))
    agent.post(address, {"last_day": soon(5)})
    request.refresh_from_db()
    assert (request.state, request.ends_date) == ("open", soon(5))
    assert "ouvert jusqu’au" in text(agent.get(MINE))
    agent.post(address, {"reason": "Je préfère le bureau"})
    request.refresh_from_db()
    assert request.state == "ended"
    assert "Je préfère le bureau" in text(agent.get(MINE))


def test_a_refusal_says_why_to_its_agent(here: Authority) -> None:
    request = here.request()
    head = browser(here.head)
    assert "Motif" in text(head.get(f"{STAFF}{request.pk}/refuser/"))
    head.post(f"{STAFF}{request.pk}/refuser/", {"reason": "Le guichet est ouvert ce jour-là"})
    assert "Le guichet est ouvert ce jour-là" in text(browser(here.user).get(MINE))
    page = text(head.get(f"{STAFF}{request.pk}/"))
    assert "Accorder finalement" in page


# Who decides


def test_the_list_says_what_is_still_missing(here: Authority) -> None:
    here.request(make_agent(here.department, account=True))
    head = browser(here.head)
    page = text(head.get(WAITING))
    assert "Pas d’ordinateur affecté" in page
    assert "Deuxième étape à installer" in page
    Request.objects.all().delete()
    here.request()
    assert "Tout est prêt" in text(head.get(WAITING))


def test_many_answers_in_one_go(here: Authority) -> None:
    waiting = [here.request(make_agent(here.department, account=True)) for _each in range(3)]
    head, chosen = browser(here.head), [each.pk for each in waiting]
    confirm = text(head.post(WAITING, {"action": "grant", "pk": chosen[:2]}))
    assert "Accorder ces demandes" in confirm
    head.post(WAITING, {"action": "grant", "pk": chosen[:2], "confirmed": "1", "expected": "2"})
    assert Request.objects.filter(state="approved").count() == 2
    data = {"action": "refuse", "pk": chosen[2:], "confirmed": "1", "expected": "1", "reason": "Effectif"}
    head.post(WAITING, data)
    assert Request.objects.get(state="refused").refusal == "Effectif"
    assert "Rien à accorder" in text(head.get(WAITING))


def test_many_opened_in_one_go_with_a_fresh_second_factor(here: Authority) -> None:
    waiting = [
        here.request(make_agent(here.department, account=True), state="approved", decided_at=clock.now(), level=1)
        for _each in range(2)
    ]
    data = {"action": "open", "pk": [each.pk for each in waiting], "confirmed": "1", "expected": "2"}
    stale = browser(here.technician, age=3600).post(STAFF, data)
    assert stale.status_code == 302
    assert Request.objects.filter(state="approved").count() == 2
    browser(here.technician).post(STAFF, data)
    assert Request.objects.filter(state="open").count() == 2
    assert browser(here.head).post(STAFF, data).status_code == 404  # no such action for a head


def test_one_is_not_opened_without_a_fresh_second_factor(here: Authority) -> None:
    request = here.request(state="approved", decided_at=clock.now())
    answer = browser(here.technician, age=3600).post(f"{STAFF}{request.pk}/ouvrir/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"] or "/compte/" in answer["Location"]
    request.refresh_from_db()
    assert request.state == "approved"


def test_suspended_and_taken_up_from_the_page_and_from_the_list(here: Authority) -> None:
    request, head = opened(here), browser(here.head)
    page = f"{STAFF}{request.pk}/"
    assert "Choisissez un jour à venir." in text(head.post(f"{page}suspendre/", {"resumes_date": soon(0)}))
    head.post(f"{page}suspendre/", {"reason": "Travaux", "resumes_date": soon(9)})
    request.refresh_from_db()
    assert (request.state, request.resumes_date) == ("suspended", soon(9))
    assert "Travaux" in text(browser(here.user).get(MINE))
    head.post(f"{page}reprendre/")
    request.refresh_from_db()
    assert request.state == "open"
    data = {"pk": [request.pk], "confirmed": "1", "expected": "1"}
    head.post(STAFF, {**data, "action": "suspend"})
    request.refresh_from_db()
    assert request.state == "suspended"
    head.post(STAFF, {**data, "action": "resume"})
    request.refresh_from_db()
    assert request.state == "open"


def test_a_planned_end_is_taken_away(here: Authority) -> None:
    request = opened(here, ends_date=soon(20))
    head = browser(here.head)
    assert browser(here.user).post(f"{STAFF}{request.pk}/continuer/").status_code == 403
    assert "Sans date de fin" in text(head.get(f"{STAFF}{request.pk}/"))
    head.post(f"{STAFF}{request.pk}/continuer/")
    request.refresh_from_db()
    assert request.ends_date is None


def test_one_asks_for_an_agent_of_ones_own(here: Authority) -> None:
    other = make_agent(here.department, account=True)
    head, address = browser(here.head), f"{STAFF}pour-un-agent/"
    assert f'value="{other.email}"' in text(head.get(f"{address}?agent={other.pk}"))
    assert head.post(address, answers(level=1, agent=other.email)).status_code == 302
    assert Request.objects.get(agent=other).state == "approved"
    assert head.post(address, answers(level=1, agent=other.email)).status_code == 409
    stranger = make_agent(make_entity("Voirie", here.root), account=True)
    page = text(head.post(address, answers(agent=stranger.email)))
    assert "Aucun agent de votre périmètre n’a cette adresse." in page
    assert browser(here.user).get(address).status_code == 403


def test_the_lists_are_for_who_decides(here: Authority) -> None:
    here.request()
    for user, expected in ((here.user, 403), (here.head, 200), (here.technician, 200)):
        for page in (STAFF, WAITING):
            assert browser(user).get(page).status_code == expected
    auditor = make_member(here.root, Role.AUDITOR)
    page = text(browser(auditor).get(STAFF))
    assert str(here.agent) in page
    assert 'name="action"' not in page


def test_elsewhere_nothing_is_seen_and_nothing_done(here: Authority) -> None:
    request = here.request()
    stranger = browser(make_member(make_entity("Voirie", here.root), Role.HEAD_OF_DEPARTMENT))
    assert str(here.agent) not in main_of(text(stranger.get(STAFF)))
    for page in ("", "accorder/", "refuser/", "suspendre/", "reprendre/", "ouvrir/", "continuer/"):
        assert stranger.post(f"{STAFF}{request.pk}/{page}").status_code in {404, 405}
    for page in ("retirer", "mettre-fin"):
        assert stranger.post(f"/mon-teletravail/demandes/{request.pk}/{page}/").status_code == 404
    request.refresh_from_db()
    assert request.state == "requested"


def test_ones_own_request_is_not_answered_from_the_staff_pages(here: Authority) -> None:
    request = here.request()
    agent = browser(here.user)
    assert agent.get(f"{STAFF}{request.pk}/")["Location"] == MINE
    assert agent.post(f"{STAFF}{request.pk}/accorder/").status_code == 403


@pytest.mark.parametrize("page", [STAFF, WAITING, f"{STAFF}?format=csv", f"{WAITING}?format=csv"])
def test_a_long_list_asks_no_more_queries(here: Authority, page: str) -> None:
    head = browser(here.head)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = head.get(page)
            shown = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert str(here.agent).encode() in shown
        return len(captured)

    here.request()
    head.get(page)
    few = asked()
    for _each in range(12):
        agent = make_agent(here.department, account=True)
        make_computer(here.department, agent)
        here.request(agent)
    assert asked() <= few


def test_filters_and_search(here: Authority) -> None:
    other = make_agent(here.department, "zoe", account=True)
    here.request(other, state="approved", decided_at=clock.now(), level=1)
    here.request()
    technician = browser(here.technician)
    for query in ("?state=to_open", "?level=1", "?q=zoe"):
        page = main_of(text(technician.get(STAFF + query)))
        assert str(other) in page
        assert str(here.agent) not in page
    assert str(here.agent) in text(technician.get(f"{STAFF}?entity={here.department.pk}&state=live"))


def test_a_csv_says_days_and_answers(here: Authority) -> None:
    here.request()
    answer = browser(here.technician).get(f"{STAFF}?format=csv")
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "lun., jeu." in content
    assert "Mon ordinateur personnel" in content


def test_the_agents_card_says_it(here: Authority) -> None:
    address = f"/annuaire/agents/{here.agent.pk}/"
    technician = browser(here.technician)
    assert "Demander pour cet agent" in text(technician.get(address))
    here.request()
    page = text(technician.get(address))
    assert "lundi, jeudi" in page
    assert "Demander pour cet agent" not in page


def test_what_was_decided_is_told_by_the_page_the_mail_led_to(here: Authority) -> None:
    request = here.request(requested_at=clock.now() - timedelta(days=1))
    requests.decide(actor=here.technician, request=request, granted=True, now=clock.now())
    page = text(browser(here.head).get(f"{STAFF}{request.pk}/"))
    assert str(here.technician) in page
    assert "Refuser finalement" in page
