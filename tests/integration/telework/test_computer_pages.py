"""The page of the stage "does my office screen work?", as the agent sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts import terms
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import DisplaySettings, Right
from parvis.portal.telework.diagnosis import Cause, Look
from parvis.portal.telework.models import Enrolment, HelpCall, Try
from parvis.portal.trust import queries as trust
from tests.integration.authority import make_agent, make_computer, make_member
from tests.integration.remote_desktop.conftest import NOW
from tests.integration.signing_in import browser_of
from tests.integration.telework.screens import PICTURE, REFUSED, SECOND, Home, make_home

pytestmark = pytest.mark.django_db
PAGE = "/mon-teletravail/parcours/ordinateur/"


@pytest.fixture(autouse=True)
def _at_now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(terms, "over", lambda *_: None)
    yield
    cache.clear()


@pytest.fixture
def home() -> Home:
    made = make_home()
    made.gateway_answers()
    return made


@pytest.fixture
def agent(home: Home) -> Client:
    return browser(home)


def browser(home: Home) -> Client:
    client = browser_of(home.user)
    Session.objects.update(expire_date=NOW + timedelta(hours=12))
    return client


def page(client: Client, query: str = "") -> str:
    response = client.get(PAGE + query)
    assert response.status_code == 200, response
    return response.content.decode()


def test_from_the_first_look_to_the_open_screen(home: Home, agent: Client) -> None:
    text = page(agent)
    assert "Vérifions que votre ordinateur de bureau s’ouvre d’ici." in text
    assert home.computer.name in text
    assert agent.post(PAGE + "verifier/", {"ordinateur": home.computer.pk}).status_code == 302
    assert "Nous cherchons votre ordinateur…" in page(agent)
    home.look(Look.OPEN)
    from parvis.portal.telework import symptoms

    symptoms.note(home.enrolment.pk, home.computer.pk, looking_since=None)
    text = page(agent)
    assert "Votre ordinateur est prêt. Ouvrez-le." in text
    assert f'href="/mon-bureau/{home.computer.pk}/ecran" target="_blank" rel="noopener"' in text
    assert "Ça marche" not in text  # nothing was opened yet: nothing to ask
    home.try_screen(down=PICTURE)
    text = page(agent)  # the page sees it before the worker has looked
    assert home.passed()
    assert "Tout marche." in text
    assert 'href="/mon-teletravail/parcours/"' in text
    assert "Ça marche" not in text  # it was seen: nobody is asked


def test_the_part_that_polls_says_nothing_twice(home: Home, agent: Client) -> None:
    text = page(agent)
    address = re.search(r'hx-get="([^"]+)"', text)
    assert address is not None
    url = address[1].replace("&amp;", "&")
    assert agent.get(url, headers={"HX-Request": "true"}).status_code == 204
    home.look(Look.SILENT)
    changed = agent.get(url, headers={"HX-Request": "true"})
    assert changed.status_code == 200
    assert "éteint ou débranché" in changed.content.decode()
    assert agent.get(url).status_code == 302  # opened as a page


def test_asks_whether_it_works_when_that_is_not_certain(home: Home, agent: Client) -> None:
    home.try_screen(down=100)
    text = page(agent)
    assert "Ça marche" in text
    response = agent.post(PAGE + "marche/", {"ordinateur": home.computer.pk})
    assert response.headers["Location"] == "/mon-teletravail/parcours/"
    assert home.passed()


def test_a_call_for_help_is_over_once_the_screen_is_there(home: Home, agent: Client) -> None:
    HelpCall.objects.create(enrolment=home.enrolment, stage="computer", created_at=NOW)
    home.try_screen(down=PICTURE)
    assert "Voir ma demande" not in page(agent)
    assert HelpCall.objects.get().state == "closed"


def test_a_refused_sign_in_that_was_none_can_be_said(home: Home, agent: Client) -> None:
    home.try_screen(down=REFUSED, reason="closed_by_user")
    assert "j’ai bien vu mon bureau Windows" in page(agent)
    agent.post(PAGE + "marche/", {"ordinateur": home.computer.pk})
    assert home.passed()


def test_yes_before_anything_was_opened_is_answered_kindly(home: Home, agent: Client) -> None:
    response = agent.post(PAGE + "marche/", {"ordinateur": home.computer.pk}, follow=True)
    assert "Votre écran n’a pas encore été ouvert." in response.content.decode()
    assert not home.passed()


def test_no_leads_to_an_answer_for_each_thing_seen(home: Home, agent: Client) -> None:
    home.try_screen(down=REFUSED, reason="target_closed")
    text = page(agent)
    assert "Windows n’a pas ouvert votre session." in text
    assert "Dire ce que j’ai vu" in text
    form = agent.get(f"{PAGE}probleme/?ordinateur={home.computer.pk}").content.decode()
    assert form.count('type="radio"') == 7
    answered = agent.post(PAGE + "probleme/", {"ordinateur": home.computer.pk})
    assert answered.status_code == 422
    assert "Choisissez une réponse." in answered.content.decode()
    agent.post(PAGE + "probleme/", {"ordinateur": home.computer.pk, "cause": "password_expired"})
    text = page(agent)
    assert "Votre mot de passe Windows a expiré" in text
    assert "Demander de l’aide" in text
    assert home.state() == ("computer", "password_expired")


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.OFF, "Demandez à un collègue sur place"),
        (Cause.NO_ADDRESS, "Demander de l’aide"),
        (Cause.DISPLAY_MISSING, "pas encore préparé pour le télétravail"),
        (Cause.RIGHT_REVOKED, "a été retiré"),
        (Cause.NO_COMPUTER, "Aucun ordinateur de bureau"),
        (Cause.SCREEN_OFF, "un réglage de Windows est à activer"),
        (Cause.CERTIFICATE_WAITING, "ne présente plus la même identité"),
    ],
)
def test_each_cause_has_its_page(home: Home, agent: Client, cause: Cause, words: str) -> None:
    change(home, cause)
    assert words in page(agent)


def change(home: Home, cause: Cause) -> None:
    if cause is Cause.NO_ADDRESS:
        Computer.objects.filter(pk=home.computer.pk).update(address="")
    elif cause is Cause.DISPLAY_MISSING:
        DisplaySettings.objects.all().delete()
    elif cause is Cause.RIGHT_REVOKED:
        Right.objects.update(revoked_at=NOW)
    elif cause is Cause.NO_COMPUTER:
        Right.objects.all().delete()
        Assignment.objects.all().delete()
    elif cause is Cause.CERTIFICATE_WAITING:
        DisplaySettings.objects.update(presented_pin="ab" * 32, presented_at=NOW)
        home.look(Look.OPEN)
    else:
        home.look(Look.SILENT if cause is Cause.OFF else Look.ALIVE)


def test_a_right_to_come_says_from_when(home: Home, agent: Client) -> None:
    Right.objects.update(starts_date=NOW.date() + timedelta(days=7))
    assert "Il commence le lundi 30 novembre 2026." in page(agent)


def test_without_a_computer_the_check_counts_it_and_helps(home: Home, agent: Client) -> None:
    change(home, Cause.NO_COMPUTER)
    assert agent.post(PAGE + "verifier/").status_code == 302
    assert home.state() == ("computer", "no_computer")
    given = make_computer(home.office.entity, home.agent, address="10.0.0.77")
    DisplaySettings.objects.create(computer=given)
    assert "Vous n’avez pas encore le droit" in page(agent)
    agent.post(PAGE + "verifier/")
    assert Right.objects.filter(agent=home.agent, computer__address="10.0.0.77").exists()


def test_a_device_that_is_not_trusted_is_told_where_to_look(
    home: Home, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from parvis.portal.kernel import authz

    real = trust.screen_of
    refused = authz.no("trust_refused", "Pas d’ici.")
    monkeypatch.setattr(trust, "screen_of", lambda known: replace(real(known), decision=refused))
    text = page(agent)
    assert "Voir pourquoi" in text
    agent.post(PAGE + "verifier/", {"ordinateur": home.computer.pk})
    assert home.state() == ("computer", "trust_refused")


def test_several_computers_are_chosen_from(home: Home, agent: Client) -> None:
    other = make_computer(home.office.entity, home.agent, name="ZZZ-2", address="10.0.0.12")
    text = page(agent)
    assert "ZZZ-2" in text
    assert f"?ordinateur={other.pk}" in text
    assert "Vous n’avez pas encore le droit" in page(agent, f"?ordinateur={other.pk}")


def test_the_computer_of_another_is_nowhere(home: Home, agent: Client) -> None:
    foreign = make_computer(home.office.entity, make_agent(home.office.entity))
    for wrong in (foreign.pk, "x", 10**30):
        assert agent.get(f"{PAGE}?ordinateur={wrong}").status_code == 404
        assert agent.post(PAGE + "verifier/", {"ordinateur": wrong}).status_code == 404
        assert agent.post(PAGE + "marche/", {"ordinateur": wrong}).status_code == 404
        assert agent.get(f"{PAGE}probleme/?ordinateur={wrong}").status_code == 404


def test_who_is_not_there_yet_goes_back_to_the_path(home: Home) -> None:
    early = make_home(stage="connection")
    for address in (PAGE, PAGE + "etat/", PAGE + "probleme/"):
        assert browser(early).get(address).headers["Location"].endswith("/parcours/")
    nobody = browser_of(make_member(home.office.entity))
    Session.objects.update(expire_date=NOW + timedelta(hours=12))
    assert nobody.get(PAGE).headers["Location"].endswith("/parcours/")


def test_an_open_call_and_its_answer_are_on_the_page(home: Home, agent: Client) -> None:
    home.look(Look.ALIVE)
    assert "Demander de l’aide" in page(agent)
    call = HelpCall.objects.create(enrolment=home.enrolment, stage="computer", created_at=NOW)
    text = page(agent)
    assert "Voir ma demande" in text
    assert "Rien n’y fait" not in text
    HelpCall.objects.filter(pk=call.pk).update(state="closed", closed_at=NOW, answer="C’est réglé.")
    assert "C’est réglé." in page(agent)


def test_the_stage_may_be_tried_again_once_it_is_passed(home: Home, agent: Client) -> None:
    home.judge(home.try_screen(down=PICTURE, reason="closed_by_user"))
    assert Enrolment.objects.get().stage == "guide"
    later = home.try_screen(down=REFUSED, reason="target_closed", at=NOW + 300 * SECOND)
    home.judge(later)
    text = page(agent)
    assert "Cette étape est faite." in text
    assert home.tries(Try.Outcome.FAILED) == 0


def test_pressed_too_often(home: Home, agent: Client) -> None:
    statuses = {agent.post(PAGE + "verifier/", {"ordinateur": home.computer.pk}).status_code for _each in range(12)}
    assert statuses == {302, 429}


def test_a_name_cannot_break_out(home: Home, agent: Client) -> None:
    Computer.objects.filter(pk=home.computer.pk).update(name="<script>alert(1)</script>")
    assert "<script>alert" not in page(agent)


def test_the_page_reads_little(home: Home, agent: Client, django_assert_max_num_queries: object) -> None:
    page(agent)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        page(agent)
