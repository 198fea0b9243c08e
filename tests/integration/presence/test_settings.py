"""What heads set: statuses, rules, closures; and who may not."""

from __future__ import annotations

from datetime import date

from parvis.portal.directory.models import Entity, Role
from parvis.portal.presence import queries
from parvis.portal.presence.models import Closure, Policy, StatusSetting
from tests.integration.authority import make_entity, make_member
from tests.integration.presence.conftest import Town
from tests.integration.signing_in import browser_of

STATUS = {
    "label": "Tiers-lieu", "letter": "TL", "colour": "azure", "place": "remote", "agent_may": "on", "head_may": "on",
    "confirmation": "never", "is_active": "on", "position": "3",
}  # fmt: skip


def test_the_head_of_it_of_the_whole_authority_words_statuses(town: Town) -> None:
    browser = browser_of(make_member(town.root, Role.HEAD_OF_IT))
    assert browser.get("/presence/reglages/statuts/nouveau/").status_code == 200
    assert "est enregistré" in browser.post("/presence/reglages/statuts/nouveau/", STATUS, follow=True).content.decode()
    assert queries.statuses()["own_1"].label == "Tiers-lieu"
    address = "/presence/reglages/statuts/telework/"
    assert browser.get(address).status_code == 200
    changed = {**STATUS, "label": "À la maison", "letter": "M", "place": "absent"}
    browser.post(address, changed)
    assert (queries.statuses()["telework"].letter, queries.statuses()["telework"].place) == ("M", "remote")
    again = browser.post("/presence/reglages/statuts/nouveau/", STATUS).content.decode()
    assert "Un autre statut porte ce nom." in again
    named = {**STATUS, "label": "Grève", "letter": "G", "place": "absent", "seen_by_colleagues": "on"}
    answer = browser.post("/presence/reglages/statuts/nouveau/", named).content.decode()
    assert "Une absence n’est jamais nommée aux collègues." in answer
    assert StatusSetting.objects.count() == 2
    assert browser.get("/presence/reglages/statuts/inconnu/").status_code == 404
    assert "Tiers-lieu" in browser.get("/presence/reglages/").content.decode()


def test_statuses_are_nobody_elses(town: Town) -> None:
    for user in (town.head_of_it, town.head, town.user, town.technician):
        browser = browser_of(user)
        assert browser.post("/presence/reglages/statuts/nouveau/", STATUS).status_code == 403
    assert browser_of(town.user).get("/presence/reglages/").status_code == 403
    assert not StatusSetting.objects.exists()


def test_a_head_sets_the_rules_of_their_department_only(town: Town) -> None:
    browser = browser_of(town.head)
    fields = {"confirms": "False", "late_days": "3", "school_zone": "A", "alsace_moselle": ""}
    assert browser.get(f"/presence/reglages/regles/{town.civil.pk}/").status_code == 200
    browser.post(f"/presence/reglages/regles/{town.civil.pk}/", fields)
    policy = queries.policy_of(town.civil)
    assert (policy.confirms, policy.late_days, policy.school_zone, policy.alsace_moselle) == (False, 3, "A", False)
    assert browser.post(f"/presence/reglages/regles/{town.parks.pk}/", fields).status_code == 404
    answer = browser.post(f"/presence/reglages/regles/{town.civil.pk}/", {**fields, "late_days": "63"})
    assert answer.status_code == 200
    assert Policy.objects.get(entity=town.civil).late_days == 3
    assert browser.get(f"/presence/reglages/regles/?entity={town.civil.pk}").status_code == 302
    for wrong in (str(town.parks.pk), "x", ""):
        assert browser.get(f"/presence/reglages/regles/?entity={wrong}").status_code == 404


def test_closures(town: Town) -> None:
    browser = browser_of(town.head)
    fields = {"entity": str(town.civil.pk), "label": "Pont", "starts_date": "2027-05-07", "ends_date": "2027-05-07"}
    assert (
        "elle est dans tous les calendriers"
        in browser.post("/presence/reglages/fermetures/nouvelle/", fields, follow=True).content.decode()
    )
    closure = Closure.objects.get()
    assert closure.starts_date == date(2027, 5, 7)
    for wrong in (
        {"ends_date": "2027-05-01"},
        {"ends_date": "2029-05-01"},
        {"label": " "},
        {"entity": str(town.here.pk)},
    ):
        answer = browser.post("/presence/reglages/fermetures/nouvelle/", {**fields, **wrong})
        assert answer.status_code == 200
    assert Closure.objects.count() == 1
    foreign = browser_of(town.foreign_head)
    assert foreign.post(f"/presence/reglages/fermetures/{closure.pk}/retirer/").status_code == 404
    browser.post(f"/presence/reglages/fermetures/{closure.pk}/retirer/")
    assert not Closure.objects.exists()


def test_of_several_authorities_the_head_of_it_of_one_does_not_word_them_for_all(town: Town) -> None:
    head = make_member(town.root, Role.HEAD_OF_IT)
    make_entity("Autre métropole", kind=Entity.Kind.METROPOLE)
    assert browser_of(head).post("/presence/reglages/statuts/nouveau/", STATUS).status_code == 403
    assert not StatusSetting.objects.exists()
