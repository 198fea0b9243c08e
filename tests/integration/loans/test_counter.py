"""The counter: what is typed or scanned finds the loan; handing over and taking back from there, one or many."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from parvis.portal.directory.models import Role
from parvis.portal.loans import finding
from parvis.portal.loans.models import Item, Loan
from parvis.portal.parc.models import Assignment
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.loans.counter import drawn, granted, handed_over, real_days
from tests.integration.loans.loaning import Lender, day, make_asset, make_lender
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
__all__ = ["real_days"]
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "counter-answer"}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any, real_days: None) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lender() -> Lender:
    lender = make_lender(4)
    laptop = lender.laptops[0]
    laptop.tag, laptop.serial, laptop.name = "PR-0042", "5CD1234XYZ", "RIV-PR-42"
    laptop.save()
    return lender


@pytest.fixture
def browser(lender: Lender) -> Client:
    return browser_of(lender.technician)


def ask(browser: Client, text: str, **more: object) -> str:
    answer = browser.get(reverse("loans:counter"), {"code": text, **more}, **HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def kind(html: str) -> str:
    found = re.search(r'data-counter-answer="(\w+)"', html)
    return found.group(1) if found else ""


def send(browser: Client, *loans: Loan, **fields: object) -> Any:
    items = [item.pk for loan in loans for item in loan.items.all()]
    data = {"pret": [loan.pk for loan in loans], "item": items, "signer": "Zoé", "drawing": drawn(), **fields}
    return browser.post(reverse("loans:counter_hand_over"), data, **HTMX)


@pytest.mark.parametrize(
    "typed",
    ["PR-0042", "pr-0042 ", "5CD1234XYZ", "riv-pr-42", "PR)àà'é", "https://portail.example/parc/materiels/{pk}/",
     "/parc/materiels/{pk}/"],
    ids=["tag", "case and spaces", "serial", "name", "a scanner on a French keyboard", "label", "path"],
)  # fmt: skip
def test_every_way_to_name_a_thing_finds_its_loan(lender: Lender, browser: Client, typed: str) -> None:
    loan = granted(lender)
    pk = lender.laptops[0].pk
    address = reverse("parc:asset", args=[pk])
    html = ask(browser, typed.replace("/parc/materiels/{pk}/", address))
    assert kind(html) == "ask"
    assert f'name="pret" value="{loan.pk}"' in html
    assert "scanné" in html


def test_a_name_or_a_badge_finds_the_agents_loans(lender: Lender, browser: Client) -> None:
    loan = granted(lender)
    badge = make_asset(lender.root, "badge", pool=False, tag="B-777", state="deployed")
    Assignment.objects.create(asset=badge, agent=lender.agent)
    for typed in (str(lender.agent), lender.agent.last_name.upper() + " " + lender.agent.first_name, "B-777"):
        assert f'name="pret" value="{loan.pk}"' in ask(browser, typed), typed


def test_what_is_out_is_taken_back_and_what_is_neither_is_said(lender: Lender, browser: Client) -> None:
    loan = handed_over(lender)
    html = ask(browser, "PR-0042")
    assert reverse("loans:take_back", args=[loan.pk]) in html
    assert kind(ask(browser, "RIEN-9")) == "no"
    assert kind(ask(browser, lender.laptops[3].name)) == "no"
    assert kind(ask(browser, "\x00' OR 1=1 --")) == "no"


def test_several_loans_are_asked_which(lender: Lender, browser: Client) -> None:
    granted(lender)
    granted(lender, rank=1)
    html = ask(browser, str(lender.agent))
    assert "Quel prêt" in html
    assert html.count("data-counter-focus") == 1


def test_what_was_scanned_before_stays_scanned(lender: Lender, browser: Client) -> None:
    granted(lender)
    html = ask(browser, lender.bags[0].name, vu=str(lender.laptops[0].pk))
    assert html.count("scanné") == 2


def test_one_person_takes_several_loans_away(lender: Lender, browser: Client) -> None:
    first, second = granted(lender), granted(lender, rank=1)
    html = browser.get(reverse("loans:counter"), {"pret": [first.pk, second.pk]}, **HTMX).content.decode()
    assert "Remettre les 2 prêts" in html
    answer = send(browser, first, second)
    assert kind(answer.content.decode()) == "ok"
    assert set(Loan.objects.values_list("state", "signed_name")) == {("out", "Zoé")}
    assert len(set(Loan.objects.values_list("receipt_digest", flat=True))) == 2


def test_a_second_click_is_answered_as_the_first(lender: Lender, browser: Client) -> None:
    loan = granted(lender)
    for _click in range(2):
        answer = send(browser, loan)
        assert (answer.status_code, kind(answer.content.decode())) == (200, "ok")
    assert Loan.objects.get().items.filter(state="out").count() == 2


@pytest.mark.parametrize(
    "fields",
    [{"drawing": ""}, {"drawing": drawn(ink=False)}, {"drawing": "", "typed_name": "Zoé"},
     {"drawing": "", "agrees": "on"}, {"item": []}, {"drawing": "data:text/html;base64,PHNjcmlwdD4="}],
    ids=["nothing", "no ink", "no agreement", "no name", "no thing", "no picture"],
)  # fmt: skip
def test_without_a_signature_nothing_leaves(lender: Lender, browser: Client, fields: dict[str, object]) -> None:
    loan = granted(lender)
    answer = send(browser, loan, **fields)
    assert answer.status_code == 422
    assert Loan.objects.get().state == "approved"


def test_a_name_written_and_an_agreement_sign(lender: Lender, browser: Client) -> None:
    loan = granted(lender)
    assert send(browser, loan, drawing="", typed_name="Zoé Œ.", agrees="on").status_code == 200
    assert Loan.objects.get().signed_name == "Zoé Œ."


def test_taken_back_at_the_counter_the_next_is_asked_for(lender: Lender, browser: Client) -> None:
    loan = handed_over(lender)
    data = {}
    for item in loan.items.all():
        data |= {f"i{item.pk}-back": "on", f"i{item.pk}-outcome": "complete"}
    answer = browser.post(reverse("loans:take_back", args=[loan.pk]), data, **HTMX)
    assert kind(answer.content.decode()) == "ok"
    assert Loan.objects.get().state == "closed"


def test_only_the_team_that_lends_stands_at_the_counter(lender: Lender) -> None:
    loan = granted(lender)
    address = reverse("loans:counter")
    assert browser_of(lender.user).get(address).status_code == 403
    assert browser_of(make_member(lender.root, Role.AUDITOR)).get(address).status_code == 403
    elsewhere = browser_of(make_member(make_entity("Ailleurs"), Role.TECHNICIAN))
    assert kind(elsewhere.get(address, {"code": "PR-0042"}, **HTMX).content.decode()) == "no"
    assert send(elsewhere, loan).status_code == 404
    assert Loan.objects.get().state == "approved"


def test_forty_loans_in_a_morning_are_listed_in_few_queries(
    lender: Lender, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        agent = make_agent(lender.department, f"matin{number}")
        loan = lender.loan(0, 3, state="prepared", agent=agent)
        asset = make_asset(lender.root)
        Item.objects.create(loan=loan, asset=asset, starts_date=day(0), ends_date=loan.ends_date)
    browser.get(reverse("loans:counter"))
    with django_assert_max_num_queries(25):
        html = browser.get(reverse("loans:counter")).content.decode()
    assert html.count('name="pret"') == 40


def test_a_stray_word_is_read_in_few_queries(
    lender: Lender, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(16):
        assert not finding.find(lender.technician, "zzz qqq 123", today=day(0)).loans
