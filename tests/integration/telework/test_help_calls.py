"""Calls for help: asked once, taken by one, answered, told; who sees them; nothing left when the stage is passed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from parvis.portal.directory.models import Role
from parvis.portal.kernel import mail as mailing
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.telework import help_queries
from parvis.portal.telework.models import HelpCall, Request, Try
from parvis.portal.telework.services import enrolment as path
from parvis.portal.telework.services import help as services
from tests.integration.authority import grant, make_entity, make_member
from tests.integration.remote_desktop.conftest import NOW
from tests.integration.signing_in import browser_of
from tests.integration.telework.screens import SECOND, Home, make_home

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def home() -> Home:
    return make_home()


def ask(home: Home, message: str = "") -> HelpCall:
    return services.call(
        actor=home.user, enrolment=home.enrolment, now=NOW, message=message, computer=home.computer, code="screen_off",
        facts={"cause": "screen_off"},
    )  # fmt: skip


def sent() -> list[mail.EmailMessage]:
    """What the worker sends."""
    for each in DBTaskResult.objects.filter(task_path=mailing.deliver.module_path):
        mailing.deliver.call(**each.args_kwargs["kwargs"])
    DBTaskResult.objects.all().delete()
    return mail.outbox


def test_asked_twice_is_one_call(home: Home) -> None:
    first = ask(home, "  Je suis au\n0555 01 02 03\x00 ")
    assert ask(home).pk == first.pk
    assert (first.message, first.stage, first.code) == ("Je suis au 0555 01 02 03", "computer", "screen_off")
    assert HelpCall.objects.count() == 1


def test_the_team_is_told_once_in_a_quarter_of_an_hour(home: Home) -> None:
    other = make_home(home.office.entity)
    ask(home)
    services.call(actor=other.user, enrolment=other.enrolment, now=NOW)
    team = [[each.technician.email] for each in (home, other)]
    assert sorted(message.to for message in sent()) == sorted(team)
    assert "demande de l’aide pour son télétravail" in mail.outbox[0].subject
    assert "Bureau à distance éteint" in str(mail.outbox[0].body)


def test_taken_by_one_answered_and_told(home: Home) -> None:
    call = ask(home)
    colleague = make_member(home.office.entity, Role.TECHNICIAN)
    services.take(actor=home.technician, call=call, now=NOW)
    with pytest.raises(Conflict) as late:
        services.take(actor=colleague, call=HelpCall.objects.get(), now=NOW)
    assert late.value.code == "help_call_moved"
    services.give_back(actor=home.technician, call=call, now=NOW)
    services.take(actor=colleague, call=call, now=NOW)
    sent()
    mail.outbox.clear()
    services.answer(actor=colleague, call=call, words="Le bureau à distance est activé.", unblock=False, now=NOW)
    call.refresh_from_db()
    assert (call.state, call.taken_by, call.answer) == ("closed", colleague, "Le bureau à distance est activé.")
    assert [(message.to, "est activé" in str(message.body)) for message in sent()] == [([home.user.email], True)]
    assert home.tries(Try.Outcome.HELPED) == 0
    with pytest.raises(Conflict):
        services.answer(actor=colleague, call=call, words="Encore", unblock=True, now=NOW)


def test_unblocked_is_passed_with_help(home: Home) -> None:
    services.answer(actor=home.technician, call=ask(home), words="Ouvert ensemble.", unblock=True, now=NOW)
    assert home.tries(Try.Outcome.HELPED) == 1
    assert home.state() == ("guide", "")
    call = HelpCall.objects.get()
    assert (call.answer, call.taken_by) == ("Ouvert ensemble.", home.technician)


def test_an_answer_says_something(home: Home) -> None:
    with pytest.raises(Invalid):
        services.answer(actor=home.technician, call=ask(home), words="  ", unblock=True, now=NOW)
    assert HelpCall.objects.get().state == "waiting"


def test_a_stage_passed_by_itself_needs_nobody(home: Home) -> None:
    ask(home)
    path.note_screen(agent=home.agent, now=NOW)
    call = HelpCall.objects.get()
    assert (call.state, call.answer) == ("closed", "L’étape a été réussie entre-temps.")


def test_given_up(home: Home) -> None:
    call = ask(home)
    with pytest.raises(NotAllowed):
        services.withdraw(actor=home.technician, call=call, now=NOW)
    services.withdraw(actor=home.user, call=call, now=NOW)
    assert (HelpCall.objects.get().state, HelpCall.objects.get().answer) == ("closed", "")
    assert ask(home).pk != call.pk


def test_who_may(home: Home) -> None:
    elsewhere = make_member(make_entity("Ailleurs"), Role.TECHNICIAN)
    colleague = make_member(home.office.entity)
    for stranger in (elsewhere, colleague):
        with pytest.raises(NotAllowed):
            services.call(actor=stranger, enrolment=home.enrolment, now=NOW)
    call = services.call(actor=home.technician, enrolment=home.enrolment, now=NOW)  # on the telephone
    grant(home.user, Role.TECHNICIAN, home.office.entity)
    for stranger in (elsewhere, colleague, home.user):  # nobody passes their own stage that way
        with pytest.raises(NotAllowed):
            services.take(actor=stranger, call=call, now=NOW)
        with pytest.raises(NotAllowed):
            services.answer(actor=stranger, call=call, words="Oui", unblock=True, now=NOW)
    assert list(help_queries.help_calls_visible_to(elsewhere)) == []
    assert list(help_queries.help_calls_visible_to(home.user)) == [call]
    assert help_queries.to_answer_count(home.technician) == 1
    assert help_queries.to_answer_count(elsewhere) == 0


def test_no_help_for_what_is_not_open(home: Home) -> None:
    Request.objects.update(state="suspended")
    home.enrolment.refresh_from_db()
    home.enrolment.request.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        ask(home)
    assert refused.value.code == "path_shut"


# The IT team's pages


def calls_page(client: Client, query: str = "") -> str:
    return client.get(f"/teletravail/demandes/aide/{query}").content.decode()


def test_the_list_and_its_filters(home: Home) -> None:
    ask(home)
    technician = browser_of(home.technician)
    page = calls_page(technician)
    assert str(home.agent) in page
    assert "Bureau à distance éteint" in page
    assert str(home.agent) in calls_page(technician, "?state=open&stage=computer&code=screen_off")
    assert f"/aide/{HelpCall.objects.get().pk}/" not in calls_page(technician, "?state=mine")
    export = b"".join(technician.get("/teletravail/demandes/aide/?format=csv").streaming_content).decode()
    assert "Bureau à distance éteint" in export


def test_the_list_costs_the_same_for_one_and_for_many(home: Home) -> None:
    technician = browser_of(home.technician)
    ask(home)
    calls_page(technician)
    counts = []
    for more in (1, 8):
        for _each in range(more):
            ask(make_home(home.office.entity))
        with CaptureQueriesContext(connection) as queries:
            calls_page(technician)
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_one_call_says_what_lifts_it(home: Home) -> None:
    call = ask(home, "Rappelez-moi")
    technician = browser_of(home.technician)
    page = technician.get(f"/teletravail/demandes/aide/{call.pk}/").content.decode()
    assert "Rappelez-moi" in page
    assert "Prendre cette demande" in page
    assert "Passerelle arrêtée" in page  # what is in the way at this moment comes first
    assert 'href="/teletravail/passerelles/"' in page
    home.gateway_answers()
    technician.post(f"/teletravail/demandes/aide/{call.pk}/prendre/")
    assert HelpCall.objects.get().taken_by == home.technician
    answer = {"words": "C’est réparé.", "unblock": ""}
    assert technician.post(f"/teletravail/demandes/aide/{call.pk}/", answer).status_code == 302
    assert HelpCall.objects.get().answer == "C’est réparé."
    assert technician.post(f"/teletravail/demandes/aide/{call.pk}/", answer).status_code == 409
    assert "C’est réparé." in technician.get(f"/teletravail/demandes/aide/{call.pk}/").content.decode()


def test_an_empty_answer_stays_on_the_page(home: Home) -> None:
    call = ask(home)
    response = browser_of(home.technician).post(f"/teletravail/demandes/aide/{call.pk}/", {"words": " "})
    assert response.status_code == 422
    assert HelpCall.objects.get().state == "waiting"


def test_several_are_taken_and_answered_at_once(home: Home) -> None:
    calls = [ask(home), ask(make_home(home.office.entity))]
    technician, address = browser_of(home.technician), "/teletravail/demandes/aide/"
    pks = [call.pk for call in calls]
    asked = technician.post(address, {"action": "take", "pk": pks}).content.decode()
    assert "Vous occuper de ces demandes" in asked
    technician.post(address, {"action": "take", "pk": pks, "confirmed": "1", "expected": "2"})
    assert HelpCall.objects.filter(taken_by=home.technician).count() == 2
    body = {"action": "answer", "pk": pks, "confirmed": "1", "expected": "2", "words": "Le site est rétabli."}
    technician.post(address, body)
    assert set(HelpCall.objects.values_list("answer", flat=True)) == {"Le site est rétabli."}


def test_nobody_else_sees_the_teams_pages(home: Home) -> None:
    call = ask(home)
    for user in (home.user, make_member(home.office.entity), make_member(home.office.entity, Role.HEAD_OF_DEPARTMENT)):
        client = browser_of(user)
        assert client.get("/teletravail/demandes/aide/").status_code == 403
        assert client.get(f"/teletravail/demandes/aide/{call.pk}/").status_code == 403
        assert client.post(f"/teletravail/demandes/aide/{call.pk}/prendre/").status_code in (403, 404)
    elsewhere = browser_of(make_member(make_entity("Ailleurs"), Role.TECHNICIAN))
    assert elsewhere.get(f"/teletravail/demandes/aide/{call.pk}/").status_code == 404
    assert elsewhere.post(f"/teletravail/demandes/aide/{call.pk}/rendre/").status_code == 404
    auditor = browser_of(make_member(home.office.entity, Role.AUDITOR))
    page = auditor.get(f"/teletravail/demandes/aide/{call.pk}/").content.decode()
    assert "Répondre et régler" not in page
    assert auditor.post(f"/teletravail/demandes/aide/{call.pk}/", {"words": "x"}).status_code == 403


def test_what_an_agent_writes_is_shown_as_text(home: Home) -> None:
    call = ask(home, "<script>alert(1)</script>")
    HelpCall.objects.filter(pk=call.pk).update(facts={"browser": "<img src=x onerror=alert(1)>", "line": "x"})
    page = browser_of(home.technician).get(f"/teletravail/demandes/aide/{call.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


# The agent's page


def test_the_agent_sees_what_is_sent_then_who_looks_at_it(home: Home) -> None:
    agent = browser_of(home.user)
    page = agent.get("/mon-teletravail/parcours/aide/").content.decode()
    assert "Ce qui sera envoyé" in page
    assert home.computer.name in page
    response = agent.post("/mon-teletravail/parcours/aide/", {"message": "Au secours", "ordinateur": home.computer.pk})
    assert response.status_code == 302
    call = HelpCall.objects.get()
    assert (call.message, call.computer, call.code) == ("Au secours", home.computer, "gateway_away")
    assert json.loads(json.dumps(call.facts)) == call.facts
    assert "password" not in json.dumps(call.facts).lower()
    services.take(actor=home.technician, call=call, now=NOW)
    assert f"{home.technician} s’en occupe" in agent.get("/mon-teletravail/parcours/aide/").content.decode()
    agent.post("/mon-teletravail/parcours/aide/annuler/")
    assert HelpCall.objects.get().state == "closed"
    assert agent.post("/mon-teletravail/parcours/aide/annuler/").status_code == 404


def test_help_at_an_earlier_stage_says_that_stage(home: Home) -> None:
    early = make_home(stage="connection")
    early.enrolment.blocked_code = "line_poor"
    early.enrolment.save()
    browser_of(early.user).post("/mon-teletravail/parcours/aide/", {"message": ""})
    call = HelpCall.objects.get()
    assert (call.stage, call.code, call.computer) == ("connection", "line_poor", None)
    page = browser_of(early.technician).get(f"/teletravail/demandes/aide/{call.pk}/")
    assert page.status_code == 200


def test_without_a_path_there_is_nothing_to_help_with(home: Home) -> None:
    client = browser_of(make_member(home.office.entity))
    assert client.get("/mon-teletravail/parcours/aide/").status_code == 302


# At once


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()  # type: ignore[call-overload]
        except Exception as error:
            answers[number] = error  # type: ignore[call-overload]
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(answers)


@pytest.mark.django_db(transaction=True)
def test_look_then_write_would_give_one_call_to_two_colleagues() -> None:
    """The race, without the guard: both look before either writes."""
    home = make_home()
    call, both_have_looked = ask(home), threading.Barrier(2)
    team = [home.technician, make_member(home.office.entity, Role.TECHNICIAN)]

    def look_then_write(number: int) -> bool:
        free = HelpCall.objects.get(pk=call.pk).state == "waiting"
        both_have_looked.wait(timeout=20)
        HelpCall.objects.filter(pk=call.pk).update(state="taken", taken_by=team[number])
        return free

    assert together(lambda: look_then_write(0), lambda: look_then_write(1)) == [True, True]


@pytest.mark.django_db(transaction=True)
def test_of_two_colleagues_one_takes_it() -> None:
    home = make_home()
    pk = ask(home).pk
    team = [home.technician, make_member(home.office.entity, Role.TECHNICIAN)]
    answers = together(
        *(lambda each=user: services.take(actor=each, call=HelpCall.objects.get(pk=pk), now=NOW) for user in team)
    )
    assert sorted(type(each).__name__ for each in answers) == ["Conflict", "NoneType"]


@pytest.mark.django_db(transaction=True)
def test_asked_four_times_at_once_is_one_call() -> None:
    home = make_home()
    answers = together(*(lambda: ask(home) for _each in range(4)))
    assert len({each.pk for each in answers if isinstance(each, HelpCall)}) == 1, answers
    assert not [each for each in answers if isinstance(each, Exception)]
    assert HelpCall.objects.count() == 1


def test_times_are_told_in_order(home: Home) -> None:
    """The longest waiting is first."""
    ask(home)
    other = make_home(home.office.entity)
    services.call(actor=other.user, enrolment=other.enrolment, now=NOW - 60 * SECOND)
    page = calls_page(browser_of(home.technician)).split("<main", 1)[1]
    assert page.index(str(other.agent)) < page.index(str(home.agent))
