"""Loans for programs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from parvis.portal.kernel import clock
from parvis.portal.loans.models import Loan
from tests.integration.loans.loaning import Lender, make_asset, make_lender
from tests.integration.signing_in import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender() -> Lender:
    return make_lender()


def in_days(later: int) -> date:
    return clock.today() + timedelta(days=later)


def asked(lender: Lender, starts: int = 2, ends: int = 4, **more: object) -> dict[str, object]:
    return {"offer_id": lender.offer.pk, "starts_date": in_days(starts), "ends_date": in_days(ends), **more}


def test_a_program_asks_and_another_grants(lender: Lender) -> None:
    agent, head = program_of(lender.user), program_of(lender.head)
    (offer,) = agent.get("/api/v1/loan-offers").json()["items"]
    assert [part["label"] for part in offer["parts"]] == ["Portable", "Sacoche"]
    days = {"starts_date": in_days(2), "ends_date": in_days(4)}
    free = agent.get(f"/api/v1/loan-offers/{lender.offer.pk}/free", days).json()
    assert free == {"kits": 2, "binding": "Portable", "first_free_date": in_days(2).isoformat()}
    answer = agent.post("/api/v1/loans", asked(lender, purpose="Salon"), content_type="application/json")
    assert answer.status_code == 201
    loan = answer.json()
    assert (loan["state"], loan["agent_id"], loan["items"]) == ("requested", lender.agent.pk, [])
    own = agent.post(f"/api/v1/loans/{loan['id']}/approve", {}, content_type="application/json")
    assert own.status_code == 403
    granted = head.post(f"/api/v1/loans/{loan['id']}/approve", {}, content_type="application/json").json()
    assert granted["state"] == "approved"
    assert len(granted["items"]) == 2
    again = head.post(f"/api/v1/loans/{loan['id']}/approve", {}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "loan_moved")
    assert [each["id"] for each in head.get("/api/v1/loans?state=approved").json()["items"]] == [loan["id"]]
    assert agent.post(f"/api/v1/loans/{loan['id']}/cancel").json()["state"] == "cancelled"
    assert not head.get("/api/v1/loans?overdue=true").json()["items"]


def test_the_technician_names_the_assets(lender: Lender) -> None:
    technician, third = program_of(lender.technician), make_asset(lender.root)
    body = asked(lender, agent_id=lender.agent.pk)
    loan = technician.post("/api/v1/loans", body, content_type="application/json").json()
    wanted = {"asset_ids": [third.pk]}
    address = f"/api/v1/loans/{loan['id']}/approve"
    granted = technician.post(address, wanted, content_type="application/json").json()
    assert third.pk in [item["asset_id"] for item in granted["items"]]
    other = technician.post(
        "/api/v1/loans", asked(lender, 3, 4, agent_id=lender.agent.pk), content_type="application/json"
    ).json()
    taken = technician.post(f"/api/v1/loans/{other['id']}/approve", wanted, content_type="application/json")
    assert (taken.status_code, taken.json()["code"]) == (409, "asset_taken")
    assert Loan.objects.get(pk=other["id"]).state == "requested"


def test_refusals_are_in_words(lender: Lender) -> None:
    agent = program_of(lender.user)
    long = agent.post("/api/v1/loans", asked(lender, 2, 60), content_type="application/json")
    assert (long.status_code, list(long.json()["fields"])) == (422, ["ends_date"])
    foreign = agent.post("/api/v1/loans", asked(lender, agent_id=10**6), content_type="application/json")
    assert foreign.status_code == 404
    reader = program_of(lender.user, "read")
    assert reader.post("/api/v1/loans", asked(lender), content_type="application/json").status_code == 403
    for laptop in lender.laptops:
        lender.out(laptop, -1, 30, starts_date=in_days(-1), ends_date=in_days(30))
        laptop.loan_items.update(starts_date=in_days(-1), ends_date=in_days(30))
    Loan.objects.update(agent=lender.head.agent)
    none = agent.post("/api/v1/loans", asked(lender), content_type="application/json")
    assert (none.status_code, none.json()["code"]) == (409, "nothing_free")
    assert "à partir du" in none.json()["advice"]


def test_what_no_calendar_and_no_database_holds_is_refused_in_words(lender: Lender) -> None:
    agent = program_of(lender.user)
    days = {"starts_date": "9999-12-30", "ends_date": "9999-12-31"}
    for body in (asked(lender, option_ids=[10**30]), {**asked(lender), **days}):
        assert agent.post("/api/v1/loans", body, content_type="application/json").status_code == 422
    assert not Loan.objects.exists()
