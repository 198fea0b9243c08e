"""The head of IT brings a file of the parc, sees what it would change, applies it, and takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

FILE = (
    "Numéro d'inventaire;Nom;Type;Entité;Fabricant;Modèle;Numéro de série;Statut;Date d'achat;Prix d'achat\n"
    "PARC-1;PARCOURS-1;Notebook;État civil;HP;EliteBook;PRC0001;En stock;01/03/2026;1 234,50 €\n"
    "PARC-2;PARCOURS-2;Notebook;Phares et balises;HP;EliteBook;PRC0002;En stock;01/03/2026;12\n"
    "PARC-3;PARCOURS-3;Notebook;État civil;HP;EliteBook;PRC0003;En stock;bientôt;12\n"
)


def test_a_file_from_its_columns_to_the_parc_and_back(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=1440, height=900)
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/parc/import/")
    page.get_by_role("link", name="Importer un fichier").click()
    page.get_by_label("Fichier CSV ou Excel").set_input_files(
        {"name": "export-glpi.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    page.get_by_role("button", name="Déposer et vérifier").click()
    expect(page.get_by_role("heading", name="Que contiennent les colonnes")).to_be_visible()
    expect(page.get_by_label("Numéro de série")).to_have_value("Numéro de série")
    expect(page.get_by_label("Situation", exact=True)).to_have_value("Statut")
    assert not violations(page)
    page.get_by_role("button", name="Voir les différences").click()
    expect(page.get_by_text("La lecture va commencer")).to_be_visible()

    portal.work()
    # The page sees by itself that it is over.
    expect(page.get_by_text("1 ligne serait écrite dans le parc")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="PARCOURS-2")).to_contain_text("Service inconnu")
    assert not violations(page)
    with page.expect_download() as rejected:
        page.get_by_role("link", name="2 lignes rejetées").click()
    left_out = rejected.value.path().read_text(encoding="utf-8-sig")
    assert "PARCOURS-3" in left_out
    assert "bientôt" in left_out
    assert "PARCOURS-1" not in left_out

    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_role("status").filter(has_text="Application")).to_be_visible()
    portal.work()
    expect(page.locator("main").get_by_text("Terminé", exact=True)).to_be_visible()
    address = page.url
    page.goto(f"{portal.url}/parc/?q=PRC0001")
    expect(page.get_by_role("link", name="PARCOURS-1")).to_be_visible()

    page.goto(address)
    page.get_by_role("link", name="Annuler cet import").click()
    assert not violations(page)
    page.get_by_role("button", name="Annuler l’import").click()
    portal.work()
    expect(page.locator("main").get_by_text("1 annulées, 0 gardées")).to_be_visible()
    page.goto(f"{portal.url}/parc/?q=PRC0001")
    expect(page.get_by_role("link", name="PARCOURS-1")).to_have_count(0)


def test_on_a_phone_a_conflict_is_decided_field_by_field(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/parc/import/")
    page.get_by_role("link", name="portables-2026.csv").click()
    page.goto(f"{page.url}?kind=conflict")
    assert not violations(page)
    page.locator("td a[href*='/lignes/']").first.click()
    box = page.get_by_role("checkbox", name="Bon de commande")
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("C’est noté pour cette ligne")).to_be_visible()


def test_the_export_is_an_archive(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=1440, height=900)
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/parc/import/exporter")
    assert not violations(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Tout (archive zip)").click()
    assert saved.value.path().read_bytes()[:4] == b"PK\x03\x04"
