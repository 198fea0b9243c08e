"""What is kept of a person: given back whole, thrown away when its time is over, the living left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.directory.models import Agent
from parvis.portal.privacy.registry import kind_named
from parvis.portal.telework import personal_data
from parvis.portal.telework.models import Acceptance, Enrolment, HelpCall, Request, Try
from parvis.portal.telework.services import opening, requests
from tests.integration.telework.asking import NOW, Authority, make_authority
from tests.integration.telework.texting import accept, make_agreement, make_boss, make_text

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=900)


@pytest.fixture
def here() -> Authority:
    return make_authority()


def live(here: Authority) -> tuple[Request, Enrolment]:
    boss = make_boss(here)
    charter, agreement = make_text(here, boss), make_agreement(here, boss)
    request = here.request(state="approved", decided_at=NOW)
    accept(here.agent, charter)
    accept(here.agent, agreement, request)
    enrolment = opening.open_request(actor=None, request=request, now=NOW)
    Try.objects.create(enrolment=enrolment, stage="factor", outcome="passed", at=NOW)
    HelpCall.objects.create(
        enrolment=enrolment, stage="computer", created_at=NOW, facts={"cause": "off"}, message="Chez moi"
    )
    return request, enrolment


def test_all_of_it_is_given_back(here: Authority) -> None:
    live(here)
    (row,) = personal_data.export(here.agent)
    assert row["Jours"] == "lundi, jeudi"
    assert row["Mise en service"]["Essais"][0]["Étape"] == "factor"
    assert row["Mise en service"]["Demandes d’aide"][0]["Ce qui a été vu"] == {"cause": "off"}
    accepted = list(personal_data.export_acceptances(here.agent))
    assert {each["Texte"] for each in accepted} == {"Charte (version 1)", "Convention (version 1)"}
    assert "lundi, jeudi" in "".join(each["Texte accepté"] for each in accepted)


def test_what_is_alive_stays_whatever_its_age(here: Authority) -> None:
    live(here)
    assert personal_data.purge(LATER) == 0
    assert personal_data.purge_acceptances(LATER) == 0
    assert (Request.objects.count(), Acceptance.objects.count()) == (1, 2)


def test_what_is_over_goes_with_all_that_hangs_on_it(here: Authority) -> None:
    request, _enrolment = live(here)
    requests.end(actor=here.user, request=request, now=NOW + timedelta(days=1))
    assert personal_data.purge(NOW + timedelta(hours=12)) == 0
    assert personal_data.purge(LATER) == 1
    assert personal_data.purge(LATER) == 0
    for model in (Request, Enrolment, Try, HelpCall):
        assert not model.objects.exists()
    # The charter stands by itself: it binds the agent as long as they are in post.
    assert Acceptance.objects.get().document.kind == "charter"
    assert personal_data.purge_acceptances(LATER) == 0
    Agent.objects.filter(pk=here.agent.pk).update(is_active=False)
    assert personal_data.purge_acceptances(LATER) == 1
    assert not Acceptance.objects.exists()


def test_both_kinds_are_on_the_page_of_retentions() -> None:
    for name in ("telework", "telework_texts"):
        kind = kind_named(name)
        assert kind is not None
        assert kind.rows is not None
        assert list(kind.rows().order_by(kind.dated_by)) == []
