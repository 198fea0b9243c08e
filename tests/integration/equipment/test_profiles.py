"""Profiles: written, tried out, chosen by hand; whose they are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from parvis.portal.directory.models import Role
from parvis.portal.equipment import queries, rules
from parvis.portal.equipment.models import Choice, Policy, Profile
from parvis.portal.equipment.services import profiles as services
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import AssetModel
from tests.integration.authority import make_member
from tests.integration.equipment.conftest import NOW, TODAY, Town, make_asset, make_profile
from tests.integration.signing_in import browser_of


def form(town: Town, **fields: object) -> dict[str, object]:
    """A profile's form as the page sends it: one condition, one line."""
    return {
        "name": "Direction",
        "entity": town.here.pk,
        "description": "Qui dirige",
        "rank": 5,
        "criteria-TOTAL_FORMS": 2,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-words": "Directrice, directeur",
        "criteria-0-telework": "any",
        "criteria-1-telework": "any",
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 0,
        "lines-0-kind": "laptop",
        "lines-0-label": "Portable léger",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "1 299,90",
        "lines-0-is_required": "on",
        "lines-0-other_kind": "tablet",
        "lines-1-quantity": "1",
        **fields,
    }


def test_a_profile_is_written_and_changed_on_a_page(town: Town) -> None:
    browser = browser_of(town.technician)
    model = AssetModel.objects.create(name="X1", manufacturer="Fabricant", kind="laptop")
    make_asset(town.here, "laptop", model=model)
    answer = browser.post("/equipement/profils/nouveau/", form(town, **{"lines-0-accepted_models": model.pk}))
    profile = Profile.objects.get(name="Direction")
    assert answer.url == f"/equipement/profils/{profile.pk}/"  # type: ignore[attr-defined]
    assert [each.words for each in profile.criteria.all()] == ["Directrice, directeur"], "an empty row does not count"
    line = profile.entitlements.get()
    assert (line.kind, line.unit_price, line.other_kinds) == ("laptop", Decimal("1299.90"), ["tablet"])
    assert list(line.accepted_models.all()) == [model]
    page = browser.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert 'value="Directrice, directeur"' in page
    again = form(town, name="Encadrement", **{"criteria-INITIAL_FORMS": 1, "criteria-0-DELETE": "on"})
    browser.post(f"/equipement/profils/{profile.pk}/", again)
    profile.refresh_from_db()
    assert (profile.name, profile.criteria.count(), profile.entitlements.count()) == ("Encadrement", 0, 1)
    assert AuditRecord.objects.filter(action="equipment.profile_saved").count() == 2


def test_a_name_that_is_taken_is_said_beside_it(town: Town) -> None:
    browser = browser_of(town.technician)
    sent = form(town, name="Bureau", entity=town.root.pk)
    assert "porte déjà ce nom" in browser.post("/equipement/profils/nouveau/", sent).content.decode()
    assert Profile.objects.filter(name="Bureau").count() == 1


def test_a_negative_price_or_too_many_things_are_refused(town: Town) -> None:
    browser = browser_of(town.technician)
    for wrong in ({"lines-0-unit_price": "-1"}, {"lines-0-quantity": "21"}, {"lines-0-kind": "spaceship"}):
        assert browser.post("/equipement/profils/nouveau/", form(town, **wrong)).status_code == 200
    assert not Profile.objects.filter(name="Direction").exists()


def test_a_department_elsewhere_is_refused(town: Town) -> None:
    sent = form(town, **{"criteria-0-department": town.there.pk})
    page = browser_of(town.technician).post("/equipement/profils/nouveau/", sent).content.decode()
    assert "n’est pas dans" in page
    assert not Profile.objects.filter(name="Direction").exists()


def test_the_profiles_of_above_are_read_and_not_changed(town: Town) -> None:
    local = make_member(town.here, Role.TECHNICIAN)
    browser = browser_of(local)
    page = browser.get(f"/equipement/profils/{town.office.pk}/").content.decode()
    assert "Tout le monde." in page
    assert '<form method="post" novalidate' not in page
    assert browser.post(f"/equipement/profils/{town.office.pk}/", form(town)).status_code == 403
    assert browser.post(f"/equipement/profils/{town.office.pk}/supprimer/").status_code == 403
    with pytest.raises(NotAllowed):
        services.delete_profile(actor=local, profile=town.office, now=NOW)
    foreign = make_profile(town.there, "De là-bas", 1, [])
    assert browser.get(f"/equipement/profils/{foreign.pk}/").status_code == 404


def test_the_tester_says_which_profile_and_why(town: Town) -> None:
    browser = browser_of(town.technician)
    page = browser.get(f"/equipement/profils/essai/?agent={town.marc.pk}").content.decode()
    assert "Profil «\u202fTerrain\u202f»" in page
    assert "sa fonction contient" in page
    assert "agent des routes" in page
    assert "Bureau" in page, "the one that would have fitted after it"
    assert (
        browser_of(make_member(town.there, Role.AUDITOR))
        .get(f"/equipement/profils/essai/?agent={town.marc.pk}")
        .status_code
        == 404
    )


def choose(browser: Client, town: Town, profile: object) -> None:
    browser.post(f"/equipement/agents/{town.marc.pk}/profil/", {"profile": profile})


def test_the_choice_by_hand_wins_until_it_is_taken_away(town: Town) -> None:
    browser = browser_of(town.technician)
    choose(browser, town, town.office.pk)
    person = queries.person_of(town.marc, TODAY)
    assert person is not None
    assert person.kit is not None
    assert (person.kit.name, person.criterion) == ("Bureau", None)
    choose(browser, town, "")
    choose(browser, town, "")
    assert not Choice.objects.exists()
    assert AuditRecord.objects.filter(action="equipment.profile_chosen").count() == 2


def test_a_profile_of_elsewhere_cannot_be_chosen(town: Town) -> None:
    foreign = make_profile(town.there, "De là-bas", 1, [])
    choose(browser_of(town.technician), town, foreign.pk)
    assert not Choice.objects.exists()
    with pytest.raises(Conflict):
        services.choose_profile(actor=town.technician, agent=town.marc, profile=foreign, now=NOW)


def test_the_head_of_it_says_how_long_things_are_kept(town: Town) -> None:
    make_asset(town.here, "office", town.claire, years=4)
    browser = browser_of(town.head_of_it)
    kinds = {f"months_{kind}": str(months) for kind, months in rules.LIVES.items()}
    prices = {f"price_{kind}": str(price) for kind, price in rules.PRICES.items()}
    sent = {"old_means": "missing", **kinds, **prices, "months_office": "36", "price_office": "812,50"}
    assert browser.post(f"/equipement/reglages/{town.here.pk}/", sent).status_code == 302
    policy = Policy.objects.get()
    assert (policy.months["office"], policy.prices["office"], policy.loans_count) == (36, "812.50", False)
    person = queries.person_of(town.claire, TODAY)
    assert queries.slots_of(person)[0].state == rules.LACKING
    assert queries.nearest_policy(town.works) == policy
    assert queries.nearest_policy(town.there) is None
    browser.post(f"/equipement/reglages/{town.here.pk}/supprimer/")
    assert not Policy.objects.exists()
    assert browser_of(town.technician).get(f"/equipement/reglages/{town.here.pk}/").status_code == 403
