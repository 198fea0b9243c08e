"""An agent goes from the first sign-in to a working screen alone: every page, in French, without a mouse."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import people
from tests.browser.journeys.conftest import World
from tests.browser.journeys.keyboard import enter, tab_to, tick, type_french
from tests.browser.journeys.people import Office, Person
from tests.browser.journeys.screen import Screen, wait

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(300, func_only=True),
]

# The head says yes, and the portal opens what was granted: the colleagues' part, as services.
OPEN = """
from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import opening, requests
request = Request.objects.select_related("agent__entity", "agent__user").get(agent__user={user})
head = User.objects.get(email="helene.marchand@rivemarine.example")
now = clock.now()
requests.decide(actor=head, request=request, granted=True, now=now)
request.refresh_from_db()
opening.open_request(actor=None, request=request, now=now)
"""
TYPED = "ca marche de chez moi"
STAND = """
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.telework.models import Enrolment, HelpCall
enrolment = Enrolment.objects.get(agent__user={user})
tries = sorted(enrolment.tries.values_list("stage", "outcome"))
print([bool(enrolment.finished_at), tries, HelpCall.objects.filter(enrolment=enrolment).count(),
    RemoteSession.objects.filter(user={user}, started_at__isnull=False).count()])
"""


def _sign_in(page: Page, url: str, person: Person) -> None:
    page.goto(f"{url}/compte/connexion/")
    tab_to(page, page.get_by_label("Adresse électronique"))
    page.keyboard.insert_text(person.email)
    tab_to(page, page.get_by_label("Mot de passe", exact=False).first)
    page.keyboard.insert_text(person.password)
    page.keyboard.press("Enter")


def _second_factor(page: Page) -> None:
    enter(page, page.get_by_role("link", name="Avec mon téléphone"))
    enter(page, page.get_by_text("L’image ne passe pas"))
    phone = pyotp.TOTP(re.sub(r"\s", "", page.locator("#key").inner_text()))
    tab_to(page, page.get_by_label("Code", exact=False).last)
    page.keyboard.insert_text(phone.now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    tick(page, page.get_by_role("checkbox"))
    enter(page, page.get_by_role("button", name="Continuer"))
    expect(page.get_by_role("heading", name=re.compile("^Bonjour"))).to_be_visible()


def _ask(page: Page, url: str) -> None:
    page.goto(f"{url}/mon-teletravail/demander/")
    enter(page, page.get_by_role("link", name="Lire et accepter la charte"))
    tick(page, page.locator("[name=agreed]"))
    enter(page, page.get_by_role("button", name="Accepter"))
    page.wait_for_url("**/mon-teletravail/demander/")  # and one is back at the three questions
    tick(page, page.get_by_role("radio", name="Mon ordinateur personnel"))
    tick(page, page.get_by_role("radio", name="Fibre ou câble"))
    tick(page, page.get_by_role("checkbox", name="mardi"))
    enter(page, page.get_by_role("button", name="Envoyer ma demande"))
    expect(page.get_by_text("Votre demande est partie")).to_be_visible()


def _agreement(page: Page, url: str) -> None:
    page.goto(f"{url}/mon-teletravail/parcours/")  # the agreement comes first
    tick(page, page.locator("[name=agreed]"))
    enter(page, page.get_by_role("button", name="Accepter"))


def _connection(page: Page) -> None:
    expect(page.get_by_role("heading", name="Préparer votre télétravail")).to_be_visible()
    enter(page, page.locator("main a[href$='/parcours/connexion/']").first)
    enter(page, page.get_by_role("button", name="Mesurer ma connexion"))
    expect(page.locator("#result")).to_be_visible()
    go_on = page.locator("main").get_by_role("link", name="Continuer").or_(
        page.get_by_role("button", name="Continuer quand même")
    )  # fmt: skip
    enter(page, go_on.first)


def _computer(page: Page, world: World) -> None:
    enter(page, page.locator("main a[href$='/parcours/ordinateur/']").first)
    check, opener = page.locator("#screen-check"), page.locator("#screen-open")
    expect(check.or_(opener).first).to_be_visible()
    if check.is_visible():  # the portal has not looked at this PC yet
        enter(page, check)
    expect(opener).to_be_visible(timeout=60_000)
    with page.context.expect_page() as opened:
        enter(page, opener)
    screen = opened.value
    Screen(screen).wait_live()
    Screen(screen).wait_painted(colours=200)
    type_french(screen, TYPED)  # the screen has the keyboard by itself
    written = (world.stack.data_dir / "desktops").glob
    wait(
        lambda: any(TYPED in file.read_text(encoding="utf-8") for file in written("*/Compte rendu.txt")),
        "the keys do not reach the PC",
    )
    screen.close()
    # The page has seen it by itself: nobody is asked whether it works.
    enter(page, page.locator("#screen-next"))


def test_from_the_first_sign_in_to_the_first_screen(world: World, home: Page) -> None:
    port = int(world.stack.environ["PARVIS_DEMO_BASE_PORT"])  # the demo's own desktop: it writes down what is typed
    person = people.make(world.stack, "parcours", Office("vnc", port, world.vnc), persona=False)
    _sign_in(home, world.url, person)
    _second_factor(home)
    _ask(home, world.url)
    people.run(world.stack, OPEN.format(user=person.user))

    _agreement(home, world.url)
    _connection(home)
    _computer(home, world)
    enter(home, home.locator("main a[href$='/parcours/premiers-pas/']").first)
    enter(home, home.get_by_role("button", name="J’ai lu, j’ai terminé"))
    expect(home.get_by_role("heading", name="Votre télétravail est prêt")).to_be_visible()

    stages = [(stage, "passed") for stage in ("computer", "connection", "factor", "guide")]
    found = people.run(world.stack, STAND.format(user=person.user)).splitlines()[-1]
    assert found == str([True, stages, 0, 1])
    wait(lambda: home.locator("main .path-done").count() == 1, "the page does not say that it is done")
