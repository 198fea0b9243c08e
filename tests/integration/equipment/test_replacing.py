"""Age and replacement: the plan's figures and its list of assets say the same."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from parvis.portal.equipment import ageing, replacing, rules
from parvis.portal.equipment.models import Policy
from parvis.portal.parc.models import Asset
from tests.integration.equipment.conftest import TODAY, Town, make_asset
from tests.integration.signing_in import browser_of

FIRST = ageing.first_year(TODAY)


def old_parc(town: Town, number: int = 150) -> None:
    """Things of many kinds and ages, some without a date, some gone, in two communes of different settings."""
    chance = random.Random(3)
    Policy.objects.create(entity=town.here, months={**rules.LIVES, "office": 36}, prices={"office": "999"})
    for _each in range(number):
        kind = chance.choice(["office", "laptop", "screen", "badge", "phone"])
        state = chance.choice(["deployed", "deployed", "stock", "repair", "lost", "disposed"])
        years = chance.choice([None, *(chance.uniform(0, 12) for _n in range(5))])
        make_asset(chance.choice([town.here, town.there, town.works]), kind, years=years, state=state)


@pytest.mark.parametrize("year", [FIRST, FIRST + 1, FIRST + 2])
def test_the_list_of_a_year_has_what_the_plan_counts(town: Town, year: int) -> None:
    old_parc(town)
    zones, assets = replacing.Zones.load(), replacing.alive(town.root)
    plan = ageing.as_due(replacing.lots(assets, zones), FIRST)
    listed = replacing.of_year(assets, zones, year, TODAY)
    counted = plan.years[year - FIRST]
    assert counted.number > 0
    assert listed.count() == counted.number
    by_kind = {kind: listed.filter(kind=kind).count() for kind in counted.numbers}
    assert by_kind == counted.numbers
    assert sum(zones.price(each.kind, each.entity.path) for each in listed.select_related("entity")) == counted.cost


def test_the_three_years_together_and_what_is_gone_or_undated_is_left_out(town: Town) -> None:
    old_parc(town)
    zones, assets = replacing.Zones.load(), replacing.alive(town.root)
    everything = replacing.of_year(assets, zones, None, TODAY)
    assert everything.count() == ageing.as_due(replacing.lots(assets, zones), FIRST).number
    assert not everything.filter(purchase_date=None).exists()
    assert not everything.filter(state__in=["lost", "disposed"]).exists()
    assert not everything.filter(kind="badge").exists()


def test_the_nearest_settings_say_how_long(town: Town) -> None:
    Policy.objects.create(entity=town.here, months={"office": 36}, prices={"office": "999"})
    mine = make_asset(town.works, "office", years=1)
    other = make_asset(town.there, "office", years=1)
    zones = replacing.Zones.load()
    assert zones.due("office", mine.purchase_date, town.works.path) == 2028 * 12 + 10
    assert zones.due("office", other.purchase_date, town.there.path) == 2030 * 12 + 10
    assert zones.due("laptop", mine.purchase_date, town.works.path) is None, "no life: never too old"
    assert set(replacing.due_in(replacing.alive(town.root), zones, 2028, 2028)) == {mine}
    assert set(replacing.due_in(replacing.alive(town.root), zones, 2030, 2030)) == {other}


def test_the_pyramid_counts_each_asset_once(town: Town) -> None:
    old_parc(town, 80)
    Asset.objects.filter(kind="laptop").update(warranty_end_date=TODAY + timedelta(days=1))
    found = replacing.pyramid(replacing.alive(town.root), TODAY)
    assert found.number == replacing.alive(town.root).count()
    assert sum(found.covered.values()) == replacing.alive(town.root).filter(kind="laptop").count()
    assert sum(count.total() for count in found.by_kind.values()) == found.number
    undated = replacing.alive(town.root).filter(purchase_date=None).count()
    assert sum(count[ageing.UNKNOWN] for count in found.by_kind.values()) == undated


def test_an_empty_parc_has_empty_pages(town: Town) -> None:
    browser = browser_of(town.technician)
    for path in (f"parc/{town.root.pk}/", f"parc/{town.root.pk}/plan/?etalement=lisse", "parc/remplacements/"):
        assert browser.get(f"/equipement/{path}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?etalement=lisse",
        "?etalement=budget&budget=1500",
        "?budget=x&type=y&etalement=z",
    ],
)
def test_pages_and_csv_of_every_way_to_spread(town: Town, query: str) -> None:
    old_parc(town, 60)
    browser = browser_of(town.technician)
    assert browser.get(f"/equipement/parc/{town.root.pk}/plan/{query}").status_code == 200
    sep = "&" if query else "?"
    text = b"".join(browser.get(f"/equipement/parc/{town.root.pk}/plan/{query}{sep}format=csv")).decode()  # type: ignore[arg-type]
    assert "Année;Type;Nombre;Coût (€)" in text
    assert ("Reporté" in text) is ("1500" in query)


@pytest.mark.parametrize(("typed", "budget"), [("NaN", 0), ("-Infinity", 0), ("1\u202f500,50", "1500.50"), ("-5", 0)])
def test_a_budget_as_people_write_it(town: Town, typed: str, budget: object) -> None:
    page = browser_of(town.technician).get(
        f"/equipement/parc/{town.root.pk}/plan/", {"etalement": "budget", "budget": typed}
    )
    assert (page.status_code, page.context["budget"]) == (200, Decimal(str(budget)))


def test_a_local_team_sees_its_own_parc(town: Town) -> None:
    make_asset(town.here, "office", years=9, name="PC-ICI")
    make_asset(town.there, "office", years=9, name="PC-LA-BAS")
    browser = browser_of(town.auditor)  # of là-bas
    page = browser.get("/equipement/parc/remplacements/").content.decode()
    assert "PC-LA-BAS" in page
    assert "PC-ICI" not in page
    assert browser.get(f"/equipement/parc/{town.here.pk}/").status_code == 404
    assert browser_of(town.head).get(f"/equipement/parc/{town.here.pk}/").status_code == 404


def test_queries_do_not_grow_with_the_parc(town: Town, django_assert_max_num_queries: object) -> None:
    old_parc(town, 120)
    browser = browser_of(town.technician)
    browser.get("/equipement/scenarios/")
    for path in (f"parc/{town.root.pk}/", f"parc/{town.root.pk}/plan/", "parc/remplacements/"):
        with django_assert_max_num_queries(40):  # type: ignore[operator]
            assert browser.get(f"/equipement/{path}").status_code == 200
