"""Scenarios on the database: what they cost, compared, duplicated."""

from __future__ import annotations

from decimal import Decimal

from parvis.portal.equipment.costing import Costed, Desk
from parvis.portal.equipment.models import Change, Policy, Scenario
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import Right
from tests.integration.authority import make_agent
from tests.integration.equipment.conftest import NOW, TODAY, Town, make_asset
from tests.integration.signing_in import browser_of, program_of


def make_scenario(town: Town, name: str = "Portables", **change: object) -> Scenario:
    scenario = Scenario.objects.create(entity=town.here, name=name, made_at=NOW, renew=False, spread_years=2)
    fields = {"telework": "yes", "kind": "laptop", "unit_price": 1000, "replaces_kind": "office"}
    Change.objects.create(scenario=scenario, **{**fields, **change})
    return scenario


def costed(town: Town, scenario: Scenario | None) -> Costed:
    changes = list(scenario.changes.select_related("department")) if scenario else []
    return Desk.of(town.here, TODAY).cost(scenario, changes)


def teleworks(town: Town) -> None:
    computer = Computer.objects.get(pk=make_asset(town.here, "office", town.claire, years=1).pk)
    Right.objects.create(agent=town.claire, computer=computer, starts_date=TODAY, granted_at=NOW)


def test_a_laptop_for_all_who_telework(town: Town) -> None:
    """Of the three of here with « Bureau », one teleworks: she needs a laptop, the others what they needed before."""
    teleworks(town)
    before, after = costed(town, None), costed(town, make_scenario(town))
    assert "laptop" not in before.bill.numbers
    assert sum(after.bill.numbers["laptop"]) == 1
    # Her PC, bought a year ago, is past its life after the three years: no renewal in either.
    assert after.bill.cost - before.bill.cost == 1000


def test_the_stock_is_used_first_and_what_it_saves_is_told(town: Town) -> None:
    teleworks(town)
    make_asset(town.here, "laptop")
    scenario = make_scenario(town)
    found = costed(town, scenario)
    assert found.bill.reused["laptop"] == 1
    assert "laptop" not in found.bill.numbers
    assert found.bill.saved >= 1000
    scenario.reuse_stock = False
    assert sum(costed(town, scenario).bill.numbers["laptop"]) == 1


def test_what_is_too_old_in_stock_closes_no_gap(town: Town) -> None:
    teleworks(town)
    make_asset(town.here, "laptop", years=5)  # sixty months: past its life this very month
    make_asset(town.here, "phone", years=30)
    make_asset(town.here, "badge", years=30)
    scenario = make_scenario(town)
    assert costed(town, scenario).bill.reused == {}
    young = make_asset(town.here, "laptop", years=4.9)
    assert costed(town, scenario).bill.reused == {"laptop": 1}
    young.delete()
    Policy.objects.create(entity=town.here, old_means="fine", months={"laptop": 12})
    assert costed(town, scenario).bill.reused == {"laptop": 1, "phone": 1}


def test_a_smartphone_for_the_field_only(town: Town) -> None:
    town.office.entitlements.create(kind="phone", label="Mobile", unit_price=300)
    scenario = make_scenario(
        town, telework="any", kind="phone", quantity=0, unit_price=0, replaces_kind="", profile=town.office
    )
    assert sum(costed(town, None).bill.numbers["phone"]) > 1
    assert sum(costed(town, scenario).bill.numbers["phone"]) == 1, "Marc's, who has « Terrain »"


def test_departments_and_years_add_up(town: Town) -> None:
    for _each in range(7):
        make_agent(town.works, job_title="Comptable")
    found = costed(town, make_scenario(town, telework="any", replaces_kind=""))
    assert sum((part.cost for part in found.parts), Decimal(0)) == found.bill.cost + found.bill.saved
    assert sum((cost for _year, cost in found.years), Decimal(0)) == found.bill.cost
    assert len(found.years) == 2
    assert [year for year, _cost in found.years] == [2027, 2028], "in November the budget in preparation is next year's"


def test_pages_compare_export_and_print(town: Town, django_assert_max_num_queries: object) -> None:
    first, second = make_scenario(town), make_scenario(town, "Écrans", kind="screen", quantity=3, replaces_kind="")
    browser = browser_of(town.technician)
    browser.get("/equipement/scenarios/")
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        page = browser.get(f"/equipement/scenarios/comparer/?s={first.pk}&s={second.pk}").content.decode()
    for words in ("Profils actuels", "Portables", "Écrans", "data-print", "Budget 2027"):
        assert words in page
    text = b"".join(browser.get(f"/equipement/scenarios/comparer/?s={first.pk}&s={second.pk}&format=csv")).decode()  # type: ignore[arg-type]
    assert text.splitlines()[0].endswith("Quoi;Détail;Profils actuels;Portables;Écrans")
    assert f"Coût total (€);;{costed(town, None).bill.cost};{costed(town, first).bill.cost}" in text
    assert browser.get("/equipement/scenarios/comparer/?s=x&s=99999999999").status_code == 302
    show = browser.get(f"/equipement/scenarios/{first.pk}/").content.decode()
    assert "à la place de Poste de bureau" in show


def test_a_scenario_is_written_duplicated_and_taken_away(town: Town) -> None:
    browser = browser_of(town.technician)
    sent = {
        "name": "Essai", "entity": town.here.pk, "spread_years": "3", "reuse_stock": "on",
        "changes-TOTAL_FORMS": "2", "changes-INITIAL_FORMS": "0", "changes-0-kind": "tablet", "changes-0-quantity": "1",
        "changes-0-unit_price": "430", "changes-0-telework": "any", "changes-0-words": "paveur",
        "changes-1-telework": "any",
    }  # fmt: skip
    browser.post("/equipement/scenarios/nouveau/", sent)
    scenario = Scenario.objects.get(name="Essai")
    assert [(each.kind, each.words) for each in scenario.changes.all()] == [("tablet", "paveur")]
    for name in ("Essai (2)", "Essai (3)"):
        browser.post(f"/equipement/scenarios/{scenario.pk}/dupliquer/")
        copy = Scenario.objects.get(name=name)
        assert copy.changes.get().words == "paveur"
    browser.post(f"/equipement/scenarios/{scenario.pk}/supprimer/")
    assert not Scenario.objects.filter(name="Essai").exists()
    assert browser_of(town.auditor).get(f"/equipement/scenarios/{copy.pk}/").status_code == 404
    assert browser_of(town.head).get("/equipement/scenarios/").status_code == 403


def test_programs_read_what_a_scenario_costs(town: Town) -> None:
    scenario = make_scenario(town)
    answer = program_of(town.technician).get(f"/api/v1/equipment/scenarios/{scenario.pk}/cost").json()
    assert Decimal(answer["cost"]) == costed(town, scenario).bill.cost
    assert [each["year"] for each in answer["years"]] == [2027, 2028]
