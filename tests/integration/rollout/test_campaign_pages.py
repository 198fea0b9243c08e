"""The pages of campaigns, members and plans, as each person sees them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.loans.models import Item, Loan, Offer, PoolAsset
from parvis.portal.parc.models import Asset
from parvis.portal.rollout.models import Campaign, Member, Scenario
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import scenarios
from tests.integration.authority import make_entity, make_member
from tests.integration.rollout.campaigning import (
    Authority,
    add,
    ask,
    followed,
    make_authority,
    member_of,
    next_monday,
    offer,
    request_of,
    solved,
)
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    campaign = authority.campaign()
    add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)), laptop=True)
    offer(authority, campaign, laptops=[2, 1, 1], support=[120, 120, 120])
    return campaign


@pytest.fixture
def browser(authority: Authority) -> Client:
    return browser_of(authority.technician)


def text(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200, response.content[-3000:]
    return response.content.decode()


def every_page(campaign: Campaign) -> list[str]:
    root = f"/deploiement/{campaign.pk}/"
    plan = campaign.scenarios.first()
    assert plan is not None
    member = campaign.members.first()
    assert member is not None
    return [
        "/deploiement/", root, f"{root}participants/", f"/deploiement/participants/{member.pk}/", f"{root}plans/",
        f"/deploiement/plans/{plan.pk}/", f"/deploiement/plans/{plan.pk}/avancement/",
        f"{root}plans/comparer/?s={plan.pk}",
    ]  # fmt: skip


def managing_pages(campaign: Campaign) -> list[str]:
    root, plan = f"/deploiement/{campaign.pk}/", campaign.scenarios.first()
    assert plan is not None
    return [
        "/deploiement/nouvelle/", f"{root}reglages/", f"{root}capacites/", f"{root}etat/running/", f"{root}supprimer/",
        f"{root}participants/ajouter/", f"{root}plans/nouveau/", f"/deploiement/plans/{plan.pk}/suivre/",
        f"/deploiement/plans/{plan.pk}/supprimer/",
    ]  # fmt: skip


def test_who_sees_what(authority: Authority, campaign: Campaign, browser: Client) -> None:
    solved(authority, campaign)
    auditor = browser_of(make_member(authority.root, Role.AUDITOR))
    agent = browser_of(authority.agents[0].user)  # type: ignore[arg-type]
    stranger = browser_of(make_member(make_entity("Ailleurs"), Role.HEAD_OF_IT))
    for page in every_page(campaign):
        assert browser.get(page).status_code == 200, page
        assert auditor.get(page).status_code == 200, page
        assert agent.get(page).status_code in {403, 404}, page
        assert stranger.get(page).status_code == (200 if page == "/deploiement/" else 404), page
    for page in managing_pages(campaign):
        assert browser.get(page).status_code == 200, page
        assert auditor.get(page).status_code == 403, page
        assert agent.get(page).status_code in {403, 404}, page
        assert stranger.get(page).status_code in {200, 404}, page
    assert campaign.name not in text(stranger, "/deploiement/")


def test_a_campaign_from_nothing_to_a_plan(authority: Authority, browser: Client) -> None:
    made = browser.post(
        "/deploiement/nouvelle/",
        {"name": "700 en un jour", "entity": authority.root.pk, "level": "2", "starts_date": next_monday(),
         "weeks": "2", "base": "5", "laptop": "20", "phone": "10", "share": "60", "kbps": "300"},
    )  # fmt: skip
    campaign = Campaign.objects.get()
    assert made["Location"] == f"/deploiement/{campaign.pk}/participants/ajouter/"
    root = f"/deploiement/{campaign.pk}/"
    body = {"entities": [each.pk for each in authority.services], "priority": "1", "laptop": "yes"}
    seen = browser.post(f"{root}participants/ajouter/", body).content.decode()
    assert "Ajouter 6 agents à équiper" in seen
    assert not campaign.members.exists()
    assert browser.post(f"{root}participants/ajouter/", {**body, "confirmed": "1"}).status_code == 302
    assert campaign.members.filter(priority=1, needs_laptop=True).count() == 6
    assert browser.post(f"{root}capacites/", {"laptops-0": "4", "support-all": "1,5"}).status_code == 302
    units = {(each.resource, each.week): each.units for each in campaign.offers.all()}
    assert units == {("laptops", 0): 4, ("support", 0): 90, ("support", 1): 90}
    shown = text(browser, f"{root}capacites/")
    assert 'value="1,5"' in shown
    asked = browser.post(f"{root}plans/nouveau/", {**EMPTY, "name": ""})
    plan = Scenario.objects.get()
    assert asked["Location"] == f"/deploiement/plans/{plan.pk}/"
    waiting = text(browser, f"/deploiement/plans/{plan.pk}/")
    assert "Le calcul va commencer" in waiting
    scenarios.search(Scenario.objects.select_related("campaign__entity").get(pk=plan.pk))
    done = browser.get(f"/deploiement/plans/{plan.pk}/avancement/")
    assert done["HX-Refresh"] == "true"
    found = text(browser, f"/deploiement/plans/{plan.pk}/")
    assert "équipés sur 6" in found
    assert "2 portables de plus, semaine du" in found
    assert "plein" in found
    assert browser.post(f"/deploiement/plans/{plan.pk}/suivre/")["Location"] == root
    assert "Le plan suivi" in text(browser, root)


EMPTY = {"changes-TOTAL_FORMS": "0", "changes-INITIAL_FORMS": "0"}


def test_the_grid_says_what_is_known(authority: Authority, campaign: Campaign, browser: Client) -> None:
    address = f"/deploiement/{campaign.pk}/capacites/"
    assert "au stock de prêt" not in text(browser, address)
    for name in ("A", "B"):
        asset = Asset.objects.create(entity=authority.root, name=name, kind="laptop", state="stock")
        PoolAsset.objects.create(asset=asset)
    assert "2 sont libres au stock de prêt" in text(browser, address)
    offer_made = Offer.objects.create(entity=authority.root, name="Nomade", approval="it")
    loan = Loan.objects.create(
        entity=authority.root, offer=offer_made, agent=authority.agents[0], state="approved",
        starts_date=campaign.starts_date, ends_date=campaign.starts_date, requested_at=clock.now(),
    )  # fmt: skip
    days = {"starts_date": campaign.starts_date, "ends_date": campaign.starts_date}
    Item.objects.create(loan=loan, asset=asset, **days)
    assert "1 est libre au stock de prêt" in text(browser, address)


def test_a_faulty_form_says_what_is_wrong(authority: Authority, campaign: Campaign, browser: Client) -> None:
    answer = browser.post("/deploiement/nouvelle/", {"name": "X", "weeks": "99"}).content.decode()
    assert "Première semaine" in answer
    assert Campaign.objects.count() == 1
    twice = {"name": campaign.name, "entity": authority.root.pk, "level": "2", "starts_date": next_monday(),
             "weeks": "2", "base": "5", "laptop": "20", "phone": "10", "share": "60", "kbps": "300"}  # fmt: skip
    assert "porte déjà ce nom" in browser.post("/deploiement/nouvelle/", twice).content.decode()
    grid = browser.post(f"/deploiement/{campaign.pk}/capacites/", {"laptops-0": "beaucoup", "phones-1": "-3"})
    assert grid.status_code == 200
    assert "ne sont pas compris" in grid.content.decode()
    assert campaign.offers.filter(resource="laptops").count() == 3


def test_a_list_by_file_says_who_is_nobody(authority: Authority, campaign: Campaign, browser: Client) -> None:
    newcomer = authority.agent(1)
    address = f"/deploiement/{campaign.pk}/participants/ajouter/"
    file = SimpleUploadedFile("liste.csv", f"Courriel\n{newcomer.email}\nnul@part.fr\n".encode())
    seen = browser.post(address, {"priority": "3", "file": file}).content.decode()
    assert "Ajouter 1 agent à équiper" in seen
    assert "nul@part.fr" in seen
    changing = browser.post(address, {"priority": "2", "pasted": newcomer.email, "change": "1"}).content.decode()
    assert f">\n{newcomer.email}</textarea>" in changing
    assert '<option value="2" selected>' in changing
    again = {"priority": "3", "pasted": f"{newcomer.email}\nnul@part.fr", "confirmed": "1"}
    browser.post(address, again)
    assert member_of(campaign, newcomer).left_out == ""
    bad = SimpleUploadedFile("liste.csv", b"%PDF-1.7")
    assert "enregistrez le fichier en CSV" in browser.post(address, {"priority": "3", "file": bad}).content.decode()
    nobody = browser.post(address, {"priority": "3", "pasted": "tout le monde"}).content.decode()
    assert "Aucune adresse ni aucun matricule" in nobody


def test_the_reasons_are_said_before_adding(authority: Authority, browser: Client) -> None:
    campaign = authority.campaign(name="Autre")
    request_of(authority.agents[0], state="open")
    seen = browser.post(f"/deploiement/{campaign.pk}/participants/ajouter/", {"priority": "3"}).content.decode()
    assert "Télétravaille déjà\u202f: 1" in seen
    browser.post(f"/deploiement/{campaign.pk}/participants/ajouter/", {"priority": "3", "confirmed": "1"})
    assert "Télétravaille déjà" in text(browser, f"/deploiement/{campaign.pk}/")
    assert "Télétravaille déjà" in text(browser, f"/deploiement/{campaign.pk}/participants/", standing="aside")


def test_members_are_filtered_and_changed_together(authority: Authority, campaign: Campaign, browser: Client) -> None:
    address = f"/deploiement/{campaign.pk}/participants/"
    followed(authority, campaign)
    first, finances = authority.agents[0], authority.services[0]
    assert str(first) in text(browser, address, team=str(finances.pk))
    assert str(authority.agents[5]) not in text(browser, address, team=str(finances.pk))
    assert text(browser, address, standing="no_week").count("Pas de semaine") >= 2
    assert "Prévu" in text(browser, address, week="0")
    keys = [member_of(campaign, agent).pk for agent in authority.agents[:2]]
    question = browser.post(address, {"action": "priority", "pk": keys}).content.decode()
    assert "Changer la priorité" in question
    sent = {"action": "priority", "pk": keys, "confirmed": "1", "expected": "2", "priority": "1"}
    assert browser.post(address, sent).status_code == 302
    assert campaign.members.filter(priority=1).count() == 2
    browser.post(address, {"action": "needs", "pk": keys, "confirmed": "1", "expected": "2", "phone": "yes"})
    assert campaign.members.filter(needs_phone=True, needs_laptop=True).count() == 2
    week = campaign.starts_date.isoformat()
    browser.post(address, {"action": "away", "pk": keys, "confirmed": "1", "expected": "2", "away": [week]})
    assert campaign.members.filter(away=[week]).count() == 2
    browser.post(address, {"action": "leave_out", "pk": keys, "confirmed": "1", "expected": "2", "reason": "Congé"})
    assert campaign.members.filter(left_out="Congé").count() == 2
    browser.post(address, {"action": "put_back", "pk": keys, "confirmed": "1", "expected": "2"})
    assert not campaign.members.exclude(left_out="").exists()
    browser.post(address, {"action": "remove", "pk": keys, "confirmed": "1", "expected": "2"})
    assert campaign.members.count() == 4
    export = browser.get(address, {"format": "csv"})
    lines = b"".join(export).decode().splitlines()  # type: ignore[arg-type]
    assert len(lines) == 5
    assert AuditRecord.objects.filter(action="ui.list_exported").exists()
    auditor = browser_of(make_member(authority.root, Role.AUDITOR))
    assert auditor.post(address, {"action": "remove", "pk": keys}).status_code == 404


def test_one_member(authority: Authority, campaign: Campaign, browser: Client) -> None:
    member = member_of(campaign, authority.agents[0])
    address = f"/deploiement/participants/{member.pk}/"
    assert "Demande de télétravail" in text(browser, address)
    second = campaign.starts_date + timedelta(weeks=1)
    assert browser.post(address, {"priority": "2", "phone": "on", "away": [second.isoformat()]}).status_code == 302
    member.refresh_from_db()
    assert (member.priority, member.needs_laptop, member.needs_phone, member.away) == (
        2, False, True, [second.isoformat()],
    )  # fmt: skip
    assert browser.post(address, {"priority": "2", "away": ["2020-01-06"]}).status_code == 200
    auditor = browser_of(make_member(authority.root, Role.AUDITOR))
    assert auditor.post(address, {"priority": "1"}).status_code == 403


def test_a_plan_with_something_more_is_tried_and_compared(
    authority: Authority, campaign: Campaign, browser: Client
) -> None:
    plain = followed(authority, campaign)
    offered = text(browser, f"/deploiement/plans/{plain.pk}/")
    assert "?resource=laptops&amp;week=0&amp;units=10" in offered
    asking = text(browser, f"/deploiement/{campaign.pk}/plans/nouveau/", resource="laptops", week="0", units="10.0")
    assert '<option value="laptops" selected>' in asking
    browser.post(
        f"/deploiement/{campaign.pk}/plans/nouveau/",
        {"name": "Dix de plus", "keeps_plan": "on", "changes-TOTAL_FORMS": "1", "changes-INITIAL_FORMS": "0",
         "changes-0-resource": "support", "changes-0-week": "all", "changes-0-units": "\u22120,5"},
    )  # fmt: skip
    more = Scenario.objects.latest("pk")
    assert more.changes == {"support": {"all": -30}}
    scenarios.search(Scenario.objects.select_related("campaign__entity").get(pk=more.pk))
    query = f"/deploiement/{campaign.pk}/plans/comparer/?s={plain.pk}&s={more.pk}"
    side = text(browser, query)
    assert "Dix de plus" in side
    assert "0,5 heure d’assistance de moins, chaque semaine" in side
    table = b"".join(browser.get(query + "&format=csv")).decode()  # type: ignore[arg-type]
    assert "Dix de plus" in table
    assert browser.get(f"/deploiement/{campaign.pk}/plans/comparer/?s=999999&s=x").status_code == 302
    listed = b"".join(browser.get(f"/deploiement/plans/{more.pk}/?format=csv")).decode()  # type: ignore[arg-type]
    assert len(listed.splitlines()) == 7


def test_half_a_change_is_asked_again(authority: Authority, campaign: Campaign, browser: Client) -> None:
    half = {"changes-TOTAL_FORMS": "1", "changes-INITIAL_FORMS": "0", "changes-0-resource": "", "changes-0-week": "all",
            "changes-0-units": "3"}  # fmt: skip
    answer = browser.post(f"/deploiement/{campaign.pk}/plans/nouveau/", half)
    assert "De quelle ressource" in answer.content.decode()
    assert not Scenario.objects.exists()


def test_a_search_is_watched_and_stopped(authority: Authority, campaign: Campaign, browser: Client) -> None:
    plan = ask(authority, campaign)
    Scenario.objects.filter(pk=plan.pk).update(state="solving", started_at=plan.asked_at, progress_gap=0.031)
    shown = text(browser, f"/deploiement/plans/{plan.pk}/avancement/")
    assert "à 3,10\u202f% du meilleur possible" in shown
    # A screen reader is told what is new, not every two seconds.
    assert 'hx-swap-oob="innerHTML:#progress-said">Un plan est trouvé' in shown
    again = re.search(r'hx-get="([^"]+)"', shown)
    assert again is not None
    assert "progress-said" not in text(browser, again[1].replace("&amp;", "&"))
    browser.post(f"/deploiement/plans/{plan.pk}/interrompre/")
    assert Scenario.objects.get(pk=plan.pk).stop_asked
    assert "Le calcul s’arrête" in text(browser, f"/deploiement/plans/{plan.pk}/avancement/")


@pytest.mark.parametrize(("state", "words"), [("no_fit", "Il faut au moins"), ("failed", "Aucun plan n’a été trouvé"),
                                              ("stopped", "interrompu avant d’avoir trouvé")])  # fmt: skip
def test_what_went_wrong_is_said(
    authority: Authority, campaign: Campaign, browser: Client, state: str, words: str
) -> None:
    plan = ask(authority, campaign)
    lack = {"resource": "laptops", "site": None, "week": 1, "units": 3.0}
    Scenario.objects.filter(pk=plan.pk).update(state=state, findings={"lacking": [lack]})
    shown = text(browser, f"/deploiement/plans/{plan.pk}/")
    assert words in shown
    assert ("3 portables de plus" in shown) == (state == "no_fit")
    assert "Suivre ce plan" not in shown


def test_the_campaign_goes_on_by_its_buttons(authority: Authority, campaign: Campaign, browser: Client) -> None:
    root = f"/deploiement/{campaign.pk}/"
    for state in ("running", "paused", "running", "closed"):
        assert "Continuer" not in text(browser, f"{root}etat/{state}/")
        browser.post(f"{root}etat/{state}/")
        campaign.refresh_from_db()
        assert campaign.state == state
    assert browser.get(f"{root}etat/draft/").status_code == 404
    refused = browser.post(f"{root}supprimer/", follow=True).content.decode()
    assert "ne se supprime plus" in refused
    assert browser.post(f"{root}reglages/", {}).status_code == 200


def test_pages_ask_the_same_however_many_there_are(authority: Authority, campaign: Campaign, browser: Client) -> None:
    followed(authority, campaign)
    pages = ["/deploiement/", f"/deploiement/{campaign.pk}/", f"/deploiement/{campaign.pk}/participants/",
             f"/deploiement/{campaign.pk}/plans/"]  # fmt: skip

    def measured() -> list[int]:
        found = []
        for page in pages:
            browser.get(page)
            with CaptureQueriesContext(connection) as queries:
                browser.get(page)
            found.append(len(queries))
        return found

    measured()  # the first pages of a sign-in ask more
    few = measured()
    for _each in range(10):
        authority.agent(1)
    add(authority, campaign)
    solved(authority, campaign)
    other = authority.campaign(name="Autre")
    Member.objects.create(campaign=other, agent=authority.agents[0])
    assert measured() == few
