"""The pages of the first half of a loan's life, as each person sees them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.loans.models import Checklist, Item, Loan, Offer, Part, PoolAsset
from parvis.portal.loans.services import deciding
from parvis.portal.parc.models import Asset
from tests.integration.authority import grant, make_agent, make_entity, make_member
from tests.integration.loans.loaning import Lender, make_asset, make_lender
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def browser(user: User) -> Client:
    return browser_of(user)


def in_days(later: int) -> date:
    return clock.today() + timedelta(days=later)


def asked(lender: Lender, starts: int = 1, ends: int = 5, **fields: object) -> Loan:
    return lender.loan(**{"starts_date": in_days(starts), "ends_date": in_days(ends), **fields})  # type: ignore[arg-type]


PAGES = ("/prets/liste/", "/prets/offres/", "/prets/stock/", "/prets/stock/ajouter/", "/prets/calendrier/",
         "/prets/prevision/", "/prets/a-accorder/", "/prets/preter/", "/prets/offres/nouvelle/", "/prets/",
         "/prets/catalogue/")  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_it_team_sees_every_page(lender: Lender, page: str) -> None:
    asked(lender)
    deciding.approve(actor=lender.technician, loan=asked(lender, 3, 8), now=clock.now())
    response = browser(lender.technician).get(page)
    assert response.status_code == 200, response.content[-2000:]


@pytest.mark.parametrize("page", ["/prets/liste/", "/prets/stock/", "/prets/calendrier/", "/prets/prevision/",
                                  "/prets/offres/", "/prets/stock/ajouter/", "/prets/preter/"])  # fmt: skip
def test_an_agent_is_kept_out_of_the_teams_pages(lender: Lender, page: str) -> None:
    assert browser(lender.user).get(page).status_code == 403


def test_an_agent_asks_and_the_head_grants(lender: Lender) -> None:
    agent, head = browser(lender.user), browser(lender.head)
    page = agent.get("/prets/catalogue/").content.decode()
    assert "Poste nomade" in page
    assert "Libre dès maintenant" in page
    page = agent.get(f"/prets/catalogue/{lender.offer.pk}/demander/").content.decode()
    assert "2 libres" in page
    answer = agent.post(
        f"/prets/catalogue/{lender.offer.pk}/demander/",
        {"starts_date": in_days(2), "ends_date": in_days(6), "purpose": "Salon des maires"},
    )
    assert answer.status_code == 302
    loan = Loan.objects.get()
    assert (loan.state, loan.purpose) == ("requested", "Salon des maires")
    assert "Votre responsable de service doit donner son accord." in agent.get("/prets/").content.decode()

    waiting = head.get("/prets/a-accorder/").content.decode()
    assert "Salon des maires" in waiting
    assert "2 libres" in waiting
    confirm = head.post("/prets/a-accorder/", {"action": "approve", "pk": [loan.pk]}).content.decode()
    assert "Accorder ces prêts" in confirm
    head.post("/prets/a-accorder/", {"action": "approve", "pk": [loan.pk], "confirmed": "1", "expected": "1"})
    loan.refresh_from_db()
    assert loan.state == "approved"
    assert sorted(loan.items.values_list("asset__kind", flat=True)) == ["accessory", "laptop"]
    assert "L’équipe informatique le prépare" in agent.get("/prets/").content.decode()


def test_too_long_too_soon_and_nothing_free_say_what_is_possible(lender: Lender) -> None:
    agent, address = browser(lender.user), f"/prets/catalogue/{lender.offer.pk}/demander/"
    late = agent.post(address, {"starts_date": in_days(2), "ends_date": in_days(40), "purpose": "x"}).content.decode()
    assert "Ce prêt dure 14 jours au plus" in late
    soon = agent.post(address, {"starts_date": in_days(0), "ends_date": in_days(2), "purpose": "x"}).content.decode()
    assert "Il faut 1 jour pour préparer ce prêt" in soon
    for _each in range(2):
        deciding.approve(actor=lender.technician, loan=asked(lender, 4 + _each, 9), now=clock.now())
    body = {"starts_date": in_days(2), "ends_date": in_days(6), "purpose": "x"}
    taken = agent.post(address, body)
    assert taken.status_code == 409
    text = taken.content.decode()
    assert "Plus rien de libre sur ces jours" in text
    assert "le même jour, jusqu’au" in text  # until the last of the two kits is taken
    assert "aussi longtemps, à partir du" in text
    assert not Loan.objects.filter(state="requested").exists()
    assert agent.post(address, {**body, "waits": "on"}).status_code == 302
    assert Loan.objects.filter(state="requested").count() == 1


def test_who_is_late_borrows_nothing(lender: Lender) -> None:
    loan = asked(lender, -10, -2, state="out", out_at=clock.now())
    Item.objects.create(
        loan=loan, asset=lender.laptops[0], starts_date=in_days(-10), ends_date=in_days(-2), state="out"
    )
    agent = browser(lender.user)
    body = {"starts_date": in_days(2), "ends_date": in_days(6), "purpose": "x"}
    refused = agent.post(f"/prets/catalogue/{lender.offer.pk}/demander/", body)
    assert refused.status_code == 409
    assert "il faut d’abord le rendre" in refused.content.decode()
    assert "En retard de 2 jours" in agent.get("/prets/").content.decode()


def test_refused_with_a_reason_the_agent_reads(lender: Lender) -> None:
    loan = asked(lender)
    head = browser(lender.head)
    assert "Motif" in head.get(f"/prets/{loan.pk}/refuser/").content.decode()
    head.post(f"/prets/{loan.pk}/refuser/", {"reason": "Le salon est annulé"})
    assert "Le salon est annulé" in browser(lender.user).get(f"/prets/{loan.pk}/").content.decode()


def test_one_cancels_ones_own(lender: Lender) -> None:
    loan = asked(lender)
    deciding.approve(actor=lender.head, loan=loan, now=clock.now())
    agent = browser(lender.user)
    agent.post(f"/prets/{loan.pk}/annuler/")
    loan.refresh_from_db()
    assert loan.state == "cancelled"
    assert set(loan.items.values_list("state", flat=True)) == {"released"}


def test_nobody_grants_their_own(lender: Lender) -> None:
    grant(lender.user, Role.HEAD_OF_DEPARTMENT, lender.department)
    loan = asked(lender)
    assert browser(lender.user).post(f"/prets/{loan.pk}/accorder/").status_code == 403
    assert str(lender.agent) not in browser(lender.user).get("/prets/a-accorder/").content.decode().split("<main")[1]


def test_the_team_lends_from_a_free_day_of_the_calendar(lender: Lender) -> None:
    technician, laptop = browser(lender.technician), lender.laptops[1]
    page = technician.get("/prets/calendrier/").content.decode()
    assert f"/prets/preter/?asset={laptop.pk}" in page
    address = f"/prets/preter/?asset={laptop.pk}&du={in_days(3)}"
    assert technician.get(address).status_code == 200
    answer = technician.post(
        "/prets/preter/",
        {"asset": laptop.pk, "agent": lender.agent.email, "offer": lender.offer.pk, "starts_date": in_days(3),
         "ends_date": in_days(5)},
    )  # fmt: skip
    assert answer.status_code == 302
    loan = Loan.objects.get()
    assert loan.state == "approved"
    assert laptop.pk in loan.items.values_list("asset_id", flat=True)
    page = technician.get("/prets/calendrier/").content.decode()
    assert str(lender.agent) in page
    assert "réservé" in page
    # The same days again: it is refused, and nothing is left of the attempt.
    other = make_agent(lender.department)
    again = technician.post(
        "/prets/preter/",
        {"asset": laptop.pk, "agent": other.email, "offer": lender.offer.pk, "starts_date": in_days(3),
         "ends_date": in_days(5)},
    )  # fmt: skip
    assert again.status_code == 409
    assert Loan.objects.count() == 1


def test_an_asset_is_changed_before_hand_over(lender: Lender) -> None:
    loan = asked(lender)
    items = deciding.approve(actor=lender.technician, loan=loan, now=clock.now())
    item = next(each for each in items if each.asset.kind == "laptop")
    other = next(each for each in lender.laptops if each.pk != item.asset_id)
    technician = browser(lender.technician)
    assert other.name in technician.get(f"/prets/materiels/{item.pk}/changer/").content.decode()
    technician.post(f"/prets/materiels/{item.pk}/changer/", {"asset": other.pk})
    assert set(loan.items.filter(state="reserved").values_list("asset_id", flat=True)) >= {other.pk}
    assert browser(lender.user).get(f"/prets/materiels/{item.pk}/changer/").status_code == 404


def offer_form(lender: Lender, **changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "entity": lender.root.pk, "name": "Téléphone de crise", "approval": "none", "max_days": 7, "notice_days": 0,
        "extensions": 0, "prepare": "Charger\nVérifier la SIM\n", "put_back": "Effacer", "is_open": "on",
        "parts-TOTAL_FORMS": 2, "parts-INITIAL_FORMS": 0, "parts-0-label": "Téléphone", "parts-0-kind": "phone",
        "parts-0-quantity": 1, "parts-1-label": "Chargeur", "parts-1-kind": "accessory", "parts-1-quantity": 2,
        "parts-1-is_optional": "on",
    }  # fmt: skip
    return body | changes


def test_an_offer_is_made_and_changed(lender: Lender) -> None:
    technician = browser(lender.technician)
    assert technician.post("/prets/offres/nouvelle/", offer_form(lender)).status_code == 302
    offer = Offer.objects.get(name="Téléphone de crise")
    assert list(offer.parts.values_list("label", "quantity", "is_optional")) == [
        ("Téléphone", 1, False), ("Chargeur", 2, True),
    ]  # fmt: skip
    assert list(offer.checklist.values_list("phase", "title")) == [
        ("prepare", "Charger"), ("prepare", "Vérifier la SIM"), ("return", "Effacer"),
    ]  # fmt: skip
    phone = offer.parts.get(label="Téléphone")
    page = technician.get(f"/prets/offres/{offer.pk}/").content.decode()
    assert "Vérifier la SIM" in page
    charger = offer.parts.get(label="Chargeur")
    changes = {"parts-INITIAL_FORMS": 2, "parts-0-pk": phone.pk, "parts-0-label": "Mobile", "parts-1-pk": charger.pk}
    body = offer_form(lender, **changes, **{"parts-1-DELETE": "on"})
    assert technician.post(f"/prets/offres/{offer.pk}/", body).status_code == 302
    assert list(offer.parts.values_list("pk", "label")) == [(phone.pk, "Mobile")]
    assert technician.post("/prets/offres/nouvelle/", offer_form(lender)).status_code == 200  # the name is taken
    only_optional = offer_form(lender, name="Autre", **{"parts-0-is_optional": "on"})
    assert "au moins un élément" in technician.post("/prets/offres/nouvelle/", only_optional).content.decode()
    technician.post(f"/prets/offres/{offer.pk}/retirer/")
    assert not Offer.objects.filter(pk=offer.pk).exists()


def test_an_offer_that_was_lent_stays(lender: Lender) -> None:
    asked(lender)
    assert browser(lender.technician).post(f"/prets/offres/{lender.offer.pk}/retirer/").status_code == 409
    assert Checklist.objects.count() == 0


def test_the_pool_takes_from_stock_only(lender: Lender) -> None:
    spare = make_asset(lender.root, pool=False)
    used = make_asset(lender.root, pool=False, state="deployed")
    technician = browser(lender.technician)
    page = technician.get("/prets/stock/ajouter/").content.decode()
    assert spare.name in page
    assert used.name not in page
    technician.post("/prets/stock/ajouter/", {"action": "add", "pk": [spare.pk], "confirmed": "1", "expected": "1"})
    assert PoolAsset.objects.filter(asset=spare).exists()
    deciding.approve(actor=lender.technician, loan=asked(lender), now=clock.now())
    every = list(PoolAsset.objects.values_list("pk", flat=True))
    technician.post("/prets/stock/", {"action": "remove", "pk": every, "confirmed": "1", "expected": str(len(every))})
    kept = set(PoolAsset.objects.values_list("asset_id", flat=True))
    assert kept == set(Item.objects.filter(state="reserved").values_list("asset_id", flat=True))


def test_another_commune_sees_nothing_of_it(lender: Lender) -> None:
    loan = asked(lender)
    elsewhere = make_member(make_entity("Ailleurs"), Role.TECHNICIAN)
    client = browser(elsewhere)
    for address in (f"/prets/{loan.pk}/", f"/prets/offres/{lender.offer.pk}/", f"/prets/{loan.pk}/annuler/"):
        assert client.get(address).status_code == 404
    assert client.get(f"/prets/catalogue/{lender.offer.pk}/demander/").status_code == 404
    assert client.get(f"/prets/preter/?asset={lender.laptops[0].pk}").status_code == 404
    for page in ("/prets/liste/", "/prets/stock/", "/prets/calendrier/", "/prets/prevision/", "/prets/offres/"):
        text = client.get(page).content.decode()
        assert lender.laptops[0].name not in text
        assert "Poste nomade<" not in text


@pytest.mark.parametrize("page", ["/prets/liste/", "/prets/stock/", "/prets/calendrier/", "/prets/prevision/",
                                  "/prets/a-accorder/", "/prets/offres/"])  # fmt: skip
def test_more_rows_are_not_more_queries(lender: Lender, page: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser(lender.technician).get(page).status_code == 200
        return len(seen)

    Offer.objects.update(approval="it")
    _fill(lender, 2)
    count()
    few = count()
    _fill(lender, 20)
    assert count() <= few + 1


def _fill(lender: Lender, how_many: int) -> None:
    for number in range(how_many):
        laptop = make_asset(lender.root)
        agent = make_agent(lender.department)
        loan = asked(lender, -3, 4, state="out", agent=agent, out_at=clock.now())
        Item.objects.create(
            loan=loan, part=lender.laptop_part, asset=laptop, starts_date=loan.starts_date, ends_date=loan.ends_date,
            state="out",
        )  # fmt: skip
        Asset.objects.filter(pk=laptop.pk).update(state="deployed")
        asked(lender, 5, 9, agent=agent)
        offer = Offer.objects.create(entity=lender.root, name=f"Offre {laptop.pk} {number}", approval="it")
        Part.objects.create(offer=offer, kind="laptop", label="Portable")
    mail.outbox.clear()
