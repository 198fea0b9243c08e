"""What agents have and lack, counted from the database."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q

from parvis.portal.directory.models import Agent
from parvis.portal.equipment import loading, queries, rules
from parvis.portal.equipment.models import Choice, Policy
from parvis.portal.loans.models import Item, Loan, Offer
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import Right
from tests.integration.authority import make_agent, make_entity
from tests.integration.equipment.conftest import NOW, TODAY, Town, make_asset, make_profile
from tests.integration.signing_in import browser_of, program_of


def slots(agent: Agent) -> list[tuple[str, str]]:
    person = queries.person_of(agent, TODAY)
    return [(slot.line.kinds[0], slot.state) for slot in queries.slots_of(person)]


def profile_of(agent: Agent) -> str:
    person = queries.person_of(agent, TODAY)
    assert person is not None
    return person.kit.name if person.kit else ""


def lend(town: Town, agent: Agent, kind: str) -> Item:
    offer = Offer.objects.create(entity=town.root, name=f"Prêt {kind}")
    loan = Loan.objects.create(
        entity=town.root, offer=offer, agent=agent, starts_date=TODAY, ends_date=TODAY + timedelta(days=9),
        state=Loan.State.OUT, requested_at=NOW,
    )  # fmt: skip
    asset = make_asset(town.root, kind, agent)  # handed over, it is assigned as long as the loan runs
    return Item.objects.create(loan=loan, asset=asset, starts_date=TODAY, ends_date=loan.ends_date, state="out")


def test_assignments_fill_the_profile_and_the_rest_lacks(town: Town) -> None:
    make_asset(town.here, "office", town.claire, years=1)
    make_asset(town.here, "screen", town.claire, years=9)
    assert slots(town.claire) == [("office", rules.THERE), ("screen", rules.OLD), ("screen", rules.LACKING)]
    assert slots(town.marc) == [("phone", rules.LACKING)]


def test_a_loan_counts_while_it_runs_unless_the_settings_say_no(town: Town) -> None:
    town.field.entitlements.update(quantity=2)
    item = lend(town, town.marc, "phone")
    assert slots(town.marc) == [("phone", rules.THERE), ("phone", rules.LACKING)], "once, though it is assigned too"
    town.field.entitlements.update(quantity=1)
    Policy.objects.create(entity=town.here, months={}, prices={}, loans_count=False)
    assert slots(town.marc) == [("phone", rules.LACKING)]
    Policy.objects.all().delete()
    item.state = Item.State.BACK
    item.save()
    Assignment.objects.filter(asset=item.asset).delete()
    assert slots(town.marc) == [("phone", rules.LACKING)]


def test_a_shared_computer_counts_where_sharing_will_do(town: Town) -> None:
    other = make_agent(town.there, job_title="Comptable")
    make_asset(town.here, "office", town.claire, other)
    assert slots(town.claire)[0] == ("office", rules.LACKING)
    town.office.entitlements.filter(kind="office").update(shared_will_do=True)
    assert slots(town.claire)[0] == ("office", rules.THERE)


def test_a_computer_shared_with_who_has_left_is_ones_own(town: Town) -> None:
    gone = make_agent(town.here, is_active=False)
    make_asset(town.here, "office", town.claire, gone)
    assert slots(town.claire)[0] == ("office", rules.THERE)


def test_the_right_to_open_a_screen_makes_a_teleworker_while_it_lasts(town: Town) -> None:
    make_profile(town.root, "Télétravail", 20, [("laptop", 1, 1000)], telework="yes")
    computer = Computer.objects.get(pk=make_asset(town.here, "office", town.claire).pk)
    right = Right.objects.create(agent=town.claire, computer=computer, starts_date=TODAY, granted_at=NOW)
    assert profile_of(town.claire) == "Télétravail"
    Right.objects.filter(pk=right.pk).update(starts_date=TODAY - timedelta(5), ends_date=TODAY - timedelta(1))
    assert profile_of(town.claire) == "Bureau"
    Right.objects.filter(pk=right.pk).update(ends_date=None, revoked_at=NOW)
    assert profile_of(town.claire) == "Bureau"


def test_the_most_local_profile_wins_and_the_choice_by_hand_over_all(town: Town) -> None:
    make_profile(town.here, "Bureau d’ici", 99, [("office", 1, 500)])
    assert profile_of(town.claire) == "Bureau d’ici"
    assert profile_of(town.far) == "Bureau"
    Choice.objects.create(agent=town.claire, profile=town.field, chosen_at=NOW)
    assert profile_of(town.claire) == "Terrain"


def test_the_level_of_an_entity_is_the_sum_of_what_is_below(town: Town) -> None:
    make_asset(town.here, "office", town.claire, years=1)
    level = queries.level_of(town.root, TODAY)
    everyone = Agent.objects.filter(is_active=True).count()
    assert level.total.agents == everyone
    assert sum(row.tally.agents for row in level.rows) == everyone
    assert sum((row.tally.cost for row in level.rows), Decimal(0)) == level.total.cost
    assert sum(row.lacking for row in level.kinds) == level.total.lacking
    here = next(row for row in level.rows if row.entity == town.here)
    assert here.tally.agents == Agent.objects.filter(entity__path__startswith=town.here.path).count()


def test_free_stock_is_what_nobody_has_and_nobody_lends(town: Town) -> None:
    from parvis.portal.loans.models import PoolAsset

    make_asset(town.here, "screen")
    make_asset(town.here, "screen", state="repair")
    PoolAsset.objects.create(asset=make_asset(town.here, "screen"))
    assert queries.free_stock(town.root) == {"screen": 1}


def crowd(town: Town, number: int) -> None:
    """Agents of many jobs and ages of things, so that cases differ."""
    chance = random.Random(7)
    services = [make_entity(f"Service {at}", town.here) for at in range(6)]
    for at in range(number):
        agent = make_agent(chance.choice(services), job_title=chance.choice(["Paveur", "Comptable", ""]))
        for kind in chance.sample(["office", "laptop", "screen", "phone", "badge"], chance.randint(0, 3)):
            make_asset(town.here, kind, agent, years=chance.choice([None, 0.2, 3.9, 4.1, 4.99, 5.01, 7.9, 8.1, 12]))
        if at == 5:
            lend(town, agent, "phone")


def test_cases_judged_once_give_what_each_agent_judged_alone_gives(town: Town) -> None:
    crowd(town, 120)
    Policy.objects.create(entity=town.here, months={**rules.LIVES, "office": 48}, prices={})
    facts = loading.load(Q(), today=TODAY)
    exact = {each.id: each for each in loading.survey(facts).people}
    for until in (loading.NOW, TODAY.year + 4):
        for person in loading.survey(facts, until_year=until).people:
            assert person.outcome.tally == exact[person.id].outcome.tally
            dues = [_year(slot, until) for slot in person.outcome.slots or ()]
            assert dues == [_year(slot, until) for slot in exact[person.id].outcome.slots or ()]


def _year(slot: rules.Slot, until: int) -> int | None:
    """The year a thing falls due, as far as the survey tells years apart."""
    if slot.due is None or until == loading.NOW:
        return None
    return min(max(slot.due // 12, TODAY.year), until + 1)


def test_the_number_of_queries_does_not_grow_with_the_agents(town: Town, django_assert_max_num_queries: object) -> None:
    crowd(town, 60)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        queries.level_of(town.root, TODAY)
    browser = browser_of(town.technician)
    browser.get("/equipement/agents/")
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        assert browser.get(f"/equipement/service/{town.root.pk}/").status_code == 200
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        page = browser.get("/equipement/agents/?gap=incomplete").content.decode()
    assert page.count("/equipement/agents/") > 30


# Pages


def test_a_head_of_department_reads_their_own_department_only(town: Town) -> None:
    browser = browser_of(town.head)
    assert browser.get("/equipement/").url.endswith(f"/service/{town.here.pk}/")  # type: ignore[attr-defined]
    page = browser.get(f"/equipement/service/{town.here.pk}/").content.decode()
    assert "Voirie" in page
    assert "Scénarios" not in page
    assert browser.get(f"/equipement/service/{town.there.pk}/").status_code == 404
    assert browser.get(f"/equipement/agents/{town.far.pk}/").status_code == 404
    assert browser.get(f"/equipement/agents/{town.claire.pk}/").status_code == 200
    for path in ("profils/", "scenarios/", "parc/", "parc/remplacements/", "equiper/"):
        assert browser.get(f"/equipement/{path}").status_code == 403, path


def test_an_agent_without_a_role_reads_nothing(town: Town) -> None:
    user = make_agent(town.here, account=True).user
    assert user is not None
    assert browser_of(user).get("/equipement/").status_code == 403
    assert browser_of(user).get("/equipement/agents/").status_code == 403


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("gap=complete", ["Marc"]),
        ("gap=lacking", ["Claire"]),
        ("kind=screen", ["Claire"]),
        ("kind=phone", []),
    ],
)
def test_the_list_of_agents_is_narrowed_by_gap_and_kind(town: Town, query: str, names: list[str]) -> None:
    make_asset(town.works, "phone", town.marc)
    page = browser_of(town.technician).get(f"/equipement/agents/?{query}").content.decode()
    assert [name for name in ("Claire", "Marc") if f">{name} Essai<" in page] == names


def test_the_csv_says_the_same_as_the_page(town: Town) -> None:
    make_asset(town.here, "office", town.claire, years=1)
    browser = browser_of(town.technician)
    answer = browser.get(f"/equipement/service/{town.root.pk}/?format=csv")
    lines = b"".join(answer).decode().splitlines()  # type: ignore[arg-type]
    total = queries.level_of(town.root, TODAY).total
    assert lines[-1].startswith(f"Total · Métropole;{total.agents};")
    assert lines[-1].endswith(f";{total.cost}")
    agents = b"".join(browser.get("/equipement/agents/?format=csv")).decode()  # type: ignore[arg-type]
    assert "Essai Claire;Comptable;Ici;Bureau;Poste de bureau;;Écran × 2;400.00" in agents


def test_the_agent_card_says_what_lacks_to_who_follows_the_department(town: Town) -> None:
    page = browser_of(town.technician).get(f"/annuaire/agents/{town.claire.pk}/").content.decode()
    assert "Il manque\u202f: Poste de bureau, Écran × 2." in page
    assert f"/equipement/equiper/{town.claire.pk}/" in page


def test_programs_read_levels_in_their_perimeter(town: Town) -> None:
    program = program_of(town.head)
    level = program.get(f"/api/v1/equipment/entities/{town.here.pk}/level").json()
    assert level["agents"] == Agent.objects.filter(entity__path__startswith=town.here.path).count()
    assert level["cost"] is not None
    assert program.get(f"/api/v1/equipment/entities/{town.there.pk}/level").status_code == 404
    one = program.get(f"/api/v1/equipment/agents/{town.marc.pk}").json()
    assert one == {
        "agent_id": town.marc.pk,
        "profile_id": town.field.pk,
        "slots": [
            {"kind": "phone", "label": "Téléphone mobile", "state": "lacking", "is_required": True, "price": "300.00"}
        ],
    }
    assert program.get("/api/v1/equipment/profiles").status_code == 403
    assert len(program_of(town.technician).get("/api/v1/equipment/profiles").json()["items"]) == 2


def test_a_review_reads_the_same_figures(town: Town) -> None:
    found = queries.summary(town.here, TODAY)
    level = queries.level_of(town.here, TODAY)
    assert found["cost"] == level.total.cost
    assert found["percent"] == level.total.percent
    assert set(found["by_kind"]) == {row.kind.value for row in level.kinds}  # type: ignore[call-overload]
