"""A loan from the wish to the shelf, in two real browsers: asked for, granted, prepared, signed for on screen at the
counter, given back, put in order, lendable again.
"""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import OpenPage, Portal, SignIn

pytestmark = pytest.mark.browser

TECHNICIAN, AGENT, TAG = "Yann Kerbrat", "Solène Zacharie", "TAB-7788"
MAKE = f"""
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.loans.models import Checklist, Offer, Part, PoolAsset
from parvis.portal.parc.models import Asset
user = User.objects.create_user(
    "s.zacharie@rivemarine.example", first_name="Solène", last_name="Zacharie", is_demo_persona=True
)
entity = Entity.objects.get(name="État civil")
Agent.objects.create(
    user=user, first_name="Solène", last_name="Zacharie", email=user.email, entity=entity, search="solene zacharie"
)
root = Entity.objects.get(parent=None, name="Métropole de Rivemarine")
offer = Offer.objects.create(
    entity=root, name="Tablette de chantier", approval="it", notice_days=0, terms="Je la rends propre."
)
Part.objects.create(offer=offer, kind="tablet", label="Tablette")
Checklist.objects.create(offer=offer, phase="prepare", title="Charger la tablette")
Checklist.objects.create(offer=offer, phase="return", title="Effacer la tablette")
asset = Asset.objects.create(
    entity=root, kind="tablet", name="Tablette 1", tag="{TAG}", state="stock", search="tablette 1 {TAG.lower()}"
)
PoolAsset.objects.create(asset=asset)
print(offer.pk)
"""
COUNT = """() => {
  window.acts = 0;
  document.addEventListener("click", (event) => { if (event.isTrusted && event.detail) window.acts += 1; }, true);
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest("[data-counter-field]")) window.acts += 1;
  }, true);
}"""

ENTER_AT_ONCE = """() => {
  const eager = new MutationObserver(() => {
    const form = document.querySelector("[data-counter-answer=ask] form");
    if (!form) return;
    eager.disconnect();
    form.requestSubmit(document.activeElement.closest("button"));
  });
  eager.observe(document.querySelector("[data-counter]"), { childList: true, subtree: true });
}"""


def _ask(page: Page, portal: Portal, offer: str) -> None:
    page.goto(f"{portal.url}/prets/catalogue/{offer}/demander/")
    page.evaluate(
        """() => {
          const day = new Date().toLocaleDateString("sv-SE", { timeZone: "Europe/Paris" });
          for (const name of ["starts_date", "ends_date"]) document.querySelector(`[name=${name}]`).value = day;
        }"""
    )
    page.get_by_label("Pour quoi faire").fill("Visite de chantier")
    page.get_by_role("button", name="Demander ce prêt").click()
    expect(page.locator("main")).to_contain_text("Votre demande est partie")


def _prepare(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/prets/a-accorder/?q=zacharie")
    page.locator("main table a").filter(has_text="Zacharie").first.click()
    page.get_by_role("button", name="Accorder et réserver").click()
    page.goto(f"{portal.url}/prets/a-preparer/")
    page.get_by_role("link", name=f"Préparer {AGENT}").click()
    page.get_by_label("Charger la tablette").check()
    page.get_by_role("button", name="Prêt à remettre").click()
    expect(page.locator("main")).to_contain_text("prêt à remettre")


def _scan(page: Page) -> None:
    """A scanner is a keyboard: it types the label and Enter, wherever the keyboard is."""
    page.keyboard.type(TAG)
    page.keyboard.press("Enter")
    expect(page.locator("[data-counter-answer=ask]")).to_contain_text(TAG)


def _sign(page: Page) -> None:
    box = page.locator("[data-signature] canvas").bounding_box()
    assert box is not None
    at = [(0.1, 0.7), (0.25, 0.2), (0.4, 0.8), (0.6, 0.3), (0.9, 0.5)]
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in at]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def test_from_the_wish_to_the_shelf(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    offer = portal.manage("shell", "--verbosity", "0", "-c", MAKE).strip()
    agent, team = open_page(width=390, height=844), open_page()
    mistakes: list[str] = []
    for page in (agent, team):
        page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    sign_in(agent, AGENT)
    sign_in(team, TECHNICIAN)
    _ask(agent, portal, offer)
    _prepare(team, portal)

    # At the counter: scan, the agent signs, Enter. Nothing else.
    team.goto(f"{portal.url}/prets/comptoir/")
    team.evaluate(COUNT)
    _scan(team)
    _sign(team)
    team.keyboard.press("Enter")
    expect(team.locator("[data-counter-answer=ok]")).to_contain_text("est remis")
    assert team.evaluate("window.acts") == 2, "one stroke of the agent, one key of the clerk"
    expect(team.locator("#counter-queue")).not_to_contain_text("Zacharie")
    expect(team.locator("[data-counter-field]")).to_be_focused()

    # The agent has it, and the receipt.
    agent.goto(f"{portal.url}/prets/")
    agent.get_by_role("link", name="Tablette de chantier").first.click()
    with agent.expect_download() as waiting:
        agent.get_by_role("link", name="Reçu signé").click()
    receipt = PdfReader(BytesIO(waiting.value.path().read_bytes()))
    assert AGENT in receipt.pages[0].extract_text()
    assert len(receipt.pages[0].images) == 1

    # Back: scanned again, its Enter at the very moment the form is there; put in order; on the shelf.
    team.evaluate(ENTER_AT_ONCE)
    team.keyboard.type(TAG)
    team.keyboard.press("Enter")
    expect(team.locator("[data-counter-answer=ok]")).to_contain_text("Tout est repris")
    team.get_by_role("link", name="Remettre en état").click()
    team.get_by_label("Effacer la tablette").check()
    team.get_by_role("button", name="Enregistrer").click()
    expect(team.locator("main")).to_contain_text("de nouveau disponible")
    team.goto(f"{portal.url}/prets/stock/?q={TAG}")
    expect(team.locator("main table")).to_contain_text("Tablette 1")
    assert mistakes == [], "the content security policy, or a script, complained"


def test_a_name_typed_signs_without_a_pointer(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    """Keyboard only: the pad may be left alone."""
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/prets/comptoir/")
    page.locator("#counter-queue input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("[data-counter-answer=ask]")).to_be_visible()
    page.locator("summary", has_text="Signer en écrivant son nom").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Bernadette Boucher")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-counter-answer=ok]")).to_contain_text("est remis")
