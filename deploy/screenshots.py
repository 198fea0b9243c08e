"""Renew `docs/images` from the demo: the pictures of the README are of the product as it is.

`python -m deploy.screenshots` takes all of them, `python -m deploy.screenshots plans vague` those two.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from deploy import demo_stack

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of which page, as whom, at which size."""

    name: str
    persona: str
    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False
    prepare: Callable[[Page], None] | None = None


def _open_screen(page: Page) -> None:
    page.get_by_text("Ouvrir mon ordinateur").first.click()
    page.locator('#viewer[data-phase="live"]').wait_for(state="attached", timeout=30_000)
    page.wait_for_timeout(4000)


def _open_waiting_run(page: Page) -> None:
    page.get_by_role("link", name="Décision demandée").first.click()
    page.wait_for_load_state("networkidle")


def _ask_what_applies(page: Page) -> None:
    page.get_by_placeholder("Nom, adresse ou fonction").fill("Claire Le Goff")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Claire Le Goff").first.click()
    page.wait_for_load_state("networkidle")


def _open_a_laptop_in_use(page: Page) -> None:
    page.goto(f"{page.url}?kind=laptop&state=deployed")
    page.wait_for_load_state("networkidle")
    page.locator(".listing-table tbody a").first.click()
    page.wait_for_load_state("networkidle")


def _compare_the_plans(page: Page) -> None:
    page.locator(".listing-table tbody a").first.click()
    page.get_by_role("link", name="20 portables et 10 heures de plus").click()
    page.get_by_role("link", name="Comparer au plan suivi").click()
    page.wait_for_load_state("networkidle")


def _follow_a_wave(page: Page) -> None:
    page.locator(".listing-table tbody a").first.click()
    page.get_by_role("link", name="Annoncer et suivre les vagues").click()
    waves = page.get_by_role("link", name="Suivre")
    waves.nth(min(1, waves.count() - 1)).click()  # at the end of a week the first one is over: its catch-up says more
    page.wait_for_load_state("networkidle")


SHOTS = (
    Shot("accueil", "Claire Le Goff", "/"),
    Shot("accueil-telephone", "Claire Le Goff", "/", PHONE),
    Shot("mon-bureau", "Claire Le Goff", "/mon-bureau/"),
    Shot("ecran", "Claire Le Goff", "/mon-bureau/", prepare=_open_screen),
    Shot("teletravail", "Hélène Marchand", "/teletravail/"),
    Shot("teletravail-sombre", "Hélène Marchand", "/teletravail/", dark=True),
    Shot("droits", "Hélène Marchand", "/teletravail/droits/"),
    Shot("materiel", "Yann Kerbrat", "/parc/"),
    Shot("fiche", "Yann Kerbrat", "/parc/", prepare=_open_a_laptop_in_use),
    Shot("prets", "Yann Kerbrat", "/prets/calendrier/"),
    Shot("niveau-equipement", "Hélène Marchand", "/equipement/"),
    Shot("presence", "Nadia Benali", "/presence/services/"),
    Shot("ma-presence-telephone", "Claire Le Goff", "/presence/", PHONE),
    Shot("sources", "Hélène Marchand", "/annuaire/sources/", prepare=_open_waiting_run),
    Shot("parcours", "Mathieu Riou", "/mon-teletravail/parcours/"),
    Shot("plans", "Hélène Marchand", "/deploiement/", prepare=_compare_the_plans),
    Shot("vague", "Hélène Marchand", "/deploiement/", prepare=_follow_a_wave),
    Shot("puissance-de-calcul", "Hélène Marchand", "/teletravail/capacite/"),
    Shot("organiser-une-reunion", "Claire Le Goff", "/reunions/nouvelle/"),
    Shot("tableau-des-salles", "Hélène Marchand", "/salles/planning/"),
    Shot("confiance", "Hélène Marchand", "/confiance/essai/", prepare=_ask_what_applies),
)


def main(names: Sequence[str] = ()) -> int:
    """Start the demo, take these pictures (none named: all), stop it."""
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    if len(shots) < len(names):
        print(f"Known: {', '.join(shot.name for shot in SHOTS)}", file=sys.stderr)
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo_stack.running() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for shot in shots:
            (IMAGES / f"{shot.name}.png").write_bytes(_take(browser, stack.url, shot))
            print(shot.name)
        browser.close()
    return 0


def _take(browser: Browser, url: str, shot: Shot) -> bytes:
    width, height = shot.size
    context = browser.new_context(
        locale="fr-FR",
        timezone_id="Europe/Paris",
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    page.goto(f"{url}/compte/connexion/")
    page.get_by_role("button", name=shot.persona).click()
    page.wait_for_load_state()
    page.goto(f"{url}{shot.path}")
    if shot.prepare:
        shot.prepare(page)
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    small = io.BytesIO()
    # 256 colours: a fifth of the size, no visible difference on pages.
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
