"""The head of IT brings a file and says what its columns are; and answers a reading that would take many away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

FILE = (
    "Matricule;Prénom;Nom;Courriel;Service\n"
    "900001;Billie;Parcours;billie.parcours@rivemarine.example;État civil\n"
    "900002;Charlie;Parcours;pas une adresse;État civil\n"
    "900003;Dominique;Parcours;dominique.parcours@rivemarine.example;Phares et balises\n"
)


def test_a_file_from_its_columns_to_the_directory(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=1440, height=900)
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/annuaire/sources/")
    page.get_by_role("link", name="Export de la paie").click()
    page.get_by_label("Fichier CSV ou Excel").set_input_files(
        {"name": "nouveaux.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    page.get_by_role("button", name="Déposer et vérifier").click()
    expect(page.get_by_role("heading", name="Que contiennent les colonnes")).to_be_visible()
    expect(page.get_by_label("Matricule")).to_have_value("Matricule")
    assert not violations(page)
    page.get_by_role("button", name="Voir les différences").click()
    expect(page.get_by_text("La lecture va commencer")).to_be_visible()
    assert not violations(page)

    portal.work()
    # The page sees by itself that it is over.
    expect(page.get_by_text("1 personne serait mise à jour")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Billie Parcours")).to_contain_text("Arrivée")
    expect(page.get_by_role("row").filter(has_text="Dominique Parcours")).to_contain_text("Phares et balises")
    assert not violations(page)
    with page.expect_download() as rejected:
        page.get_by_role("link", name="2 fiches rejetées").click()
    left_out = rejected.value.path().read_text(encoding="utf-8-sig")
    assert "pas une adresse" in left_out
    assert "Service inconnu" in left_out
    assert "Billie" not in left_out

    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_role("status").filter(has_text="Application")).to_be_visible()
    portal.work()
    expect(page.locator("main").get_by_text("Terminée")).to_be_visible()
    page.goto(f"{portal.url}/annuaire/personnes/?q=parcours")
    expect(page.get_by_role("link", name="Billie Parcours", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Dominique Parcours", exact=True)).to_have_count(0)


def test_too_many_departures_are_explained_and_asked_twice(
    portal: Portal, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/annuaire/sources/")
    page.get_by_role("link", name="Active Directory", exact=True).click()
    page.get_by_role("link", name="Voir les différences").click()
    expect(page.get_by_text(re.compile(r"268 agents sur 1\s900 partiraient"))).to_be_visible()
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_role("heading", name="Retirer l’accès à 268 agents")).to_be_visible()
    assert not violations(page)
    page.get_by_role("link", name="Annuler").click()
    page.get_by_role("button", name="Ne rien changer").click()
    expect(page.get_by_text("Abandonnée").first).to_be_visible()
