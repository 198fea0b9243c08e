"""A technician takes in a telephone, gives it, sends it to repair and gets it back: all on its page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


def test_the_life_of_a_telephone(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=1440, height=900)
    sign_in(page, "Yann Kerbrat")
    page.goto(f"{portal.url}/parc/materiel/nouveau/")
    page.get_by_role("link", name="Téléphone mobile").click()
    expect(page.get_by_label("Adresse MAC")).to_have_count(0)
    page.get_by_label("Nom", exact=False).first.fill("MOB-PARCOURS")
    page.get_by_label("Service").select_option(label="Métropole de Rivemarine")
    page.get_by_label("IMEI").fill("356938035643809")
    page.get_by_role("combobox", name="Marque").fill("Fairphone")
    page.get_by_role("combobox", name="Modèle").fill("5")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="MOB-PARCOURS")).to_be_visible()
    assert not violations(page)

    page.get_by_label("Affecter à un agent").fill("claire le goff")
    page.get_by_role("button", name="Affecter à Claire Le Goff").click()
    expect(page.locator("[aria-labelledby=agents]").get_by_text("Claire Le Goff")).to_be_visible()
    expect(page.locator("[aria-labelledby=situation]").get_by_text("En service")).to_be_visible()

    page.get_by_role("link", name="Ouvrir une intervention").click()
    page.get_by_label("Objet").fill("Écran fendu")
    page.get_by_label("En réparation").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[aria-labelledby=situation]").get_by_text("En réparation")).to_be_visible()
    page.get_by_role("link", name="Terminer : Écran fendu").click()
    page.get_by_label("Coût").fill("80")
    page.get_by_role("button", name="Terminer").click()
    expect(page.locator("[aria-labelledby=situation]").get_by_text("En service")).to_be_visible()
    expect(page.locator("[aria-labelledby=history]")).to_contain_text("Affecté à Claire Le Goff")
    expect(page.locator("[aria-labelledby=history]")).to_contain_text("Réparation terminée")

    page.get_by_role("link", name="Déclarer perdu ou volé").click()
    expect(page.get_by_text("Il n’est plus affecté à personne.")).to_be_visible()
    page.get_by_label("Motif").fill("Oublié dans le bus")
    page.get_by_role("button", name="Déclarer perdu ou volé").click()
    expect(page.locator("[aria-labelledby=agents]")).to_contain_text("Personne pour le moment.")
    page.goto(f"{portal.url}/parc/a-surveiller/")
    expect(page.locator("[aria-labelledby=lost]")).to_contain_text("MOB-PARCOURS")
    assert not violations(page)


def test_a_room_is_placed_on_a_plan_without_a_mouse(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "Yann Kerbrat")
    page.goto(f"{portal.url}/parc/sites/")
    page.get_by_role("link", name="Hôtel de Métropole", exact=True).click()
    page.get_by_role("link", name="Plan : Rez-de-chaussée").click()
    page.get_by_label("Quel local").fill("Local parcours")
    page.get_by_role("button", name="Placer").click()
    page.get_by_label("Depuis la gauche (%)").fill("50")
    page.get_by_label("Depuis le haut (%)").fill("50")
    page.locator("form", has=page.get_by_label("Depuis la gauche (%)")).get_by_role("button", name="Placer").click()
    expect(page.locator("[aria-labelledby=rooms]")).to_contain_text("Local parcours")
    page.mouse.move(0, 0)  # a button under the mouse is between two colours for a moment
    page.wait_for_timeout(400)
    assert not violations(page)
    page.get_by_role("button", name="Retirer Local parcours du plan").click()
    expect(page.locator("[aria-labelledby=rooms]")).not_to_contain_text("Local parcours")
