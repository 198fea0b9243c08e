"""What a person does in the portal's pages."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Page, expect

from tests.browser.journeys.people import Person


def choose_persona(page: Page, url: str, name: str) -> None:
    """One click on the demo's sign-in page."""
    page.goto(f"{url}/compte/connexion/")
    page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}(\s|$)")).click()
    page.wait_for_url(re.compile(rf"^{re.escape(url)}/(?!compte/connexion)"))


def give_password(page: Page, url: str, person: Person) -> None:
    """E-mail and password, as on the first day."""
    page.goto(f"{url}/compte/connexion/")
    page.get_by_label("Adresse électronique").fill(person.email)
    page.get_by_label("Mot de passe", exact=False).first.fill(person.password)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def enrol_totp(page: Page) -> pyotp.TOTP:
    """Follow the guided enrolment to its end; the phone's application."""
    page.get_by_role("link", name="Avec mon téléphone").click()
    page.get_by_text("L’image ne passe pas").click()
    phone = pyotp.TOTP(re.sub(r"\s", "", page.locator("#key").inner_text()))
    page.get_by_label("Code", exact=False).last.fill(phone.now())
    page.get_by_role("button", name="Vérifier et enregistrer").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name=re.compile("^Bonjour"))).to_be_visible()
    return phone


def give_totp(page: Page, phone: pyotp.TOTP) -> None:
    """The second step of a later sign-in: wait for a code that has not served yet, then copy it."""
    used = phone.now()
    while phone.now() == used:
        page.wait_for_timeout(500)
    page.get_by_label("Code", exact=False).last.fill(phone.now())
    page.get_by_role("button", name=re.compile("Continuer|Valider|Vérifier|Se connecter")).first.click()


def sign_out(page: Page, url: str) -> None:
    """By the page that asks for it."""
    page.goto(f"{url}/compte/deconnexion/")
    page.locator("main").get_by_role("button", name=re.compile("déconnecter")).click()


def open_screen(page: Page, url: str, person: Person) -> None:
    """From the home page to the screen's page, by the buttons."""
    page.goto(f"{url}/")
    page.get_by_role("link", name="Mon bureau").first.click()
    expect(page.get_by_text(person.computer_name).first).to_be_visible()
    page.get_by_text("Ouvrir mon ordinateur").first.click()
    page.wait_for_url(f"{url}/mon-bureau/{person.computer}/ecran")
