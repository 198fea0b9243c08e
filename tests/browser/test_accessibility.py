"""Requirement 27: no serious axe-core violation on any page, and no page wider than a phone.

The pages come from the URLconf: every address without a parameter that answers a GET with a page,
seen by several personas, light and dark, on a desk and on a phone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"
DESK, PHONE = 1440, 390
PERSONAS = ("Claire Le Goff", "Nadia Benali", "Hélène Marchand", "Sophie Tanguy")
PUBLIC = ("/connexion/", "/mot-de-passe/oublie/", "/accessibilite/")
NOT_PAGES = ("/livez", "/readyz", "/metrics", "/api/", "/internal/", "/deconnexion/", "/static/")
SEARCHES = (
    "/recherche/?q=etat",
    "/annuaire/personnes/?q=marie",
    "/annuaire/?q=zzzz",
    "/portail/tuiles/?q=zzzz",
    "/portail/apercu/?q=claire",
)

ROOMS = ("telework", "telework_staff", "rollout", "capacity", "booking", "conferencing", "meetings")
"""Their pages of one object are walked too, by the links to them."""
SEVERAL_OF = dict.fromkeys(
    ("rollout:plan", "rollout:campaign", "rollout:plans", "rollout:waves", "meetings:meeting"), 4
)
"""What may be done with a campaign, its plans, a meeting depends on where they stand and on who runs them: not all of
it is on the first page."""
REACHED = {
    "Claire Le Goff": {
        "telework:proof", "telework:end", "booking:booking", "booking:move", "booking:cancel", "booking:room",
        "booking:door", "booking:book", "conferencing:guide", "meetings:meeting", "meetings:join", "meetings:change",
        "meetings:cancel",
    },
    "Nadia Benali": {"telework_staff:request", "telework_staff:refuse"},
    "Hélène Marchand": {
        "rollout:campaign", "rollout:members", "rollout:member", "rollout:choose", "rollout:offers",
        "rollout:change_campaign", "rollout:plans", "rollout:plan", "rollout:ask_plan", "rollout:compare_plans",
        "rollout:choose_plan", "rollout:waves", "rollout:publish_wave", "rollout:wave", "rollout:place",
        "telework_staff:request", "telework_staff:text", "telework_staff:text_people", "telework_staff:policy",
        "telework_staff:job", "booking:pool", "booking:change_pool", "booking:delete_pool", "booking:create_resource",
        "booking:paste", "booking:resource", "booking:delete_resource", "booking:gauge", "booking:poster",
        "conferencing:tool", "conferencing:change", "conferencing:remove", "conferencing:declare",
    },
    "Yann Kerbrat": {"telework_staff:help_call", "rollout:wave"},
}  # fmt: skip


def addresses(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    """Every address of the portal that needs no parameter."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, here)
        elif isinstance(entry, URLPattern) and "<" not in here and "(" not in here:
            yield here


@cache
def pages() -> tuple[str, ...]:
    found = [path for path in addresses() if not path.startswith(NOT_PAGES)]
    # Those of django-allauth come under the address they are included at; a prefix makes no difference here.
    return (*dict.fromkeys(found), *SEARCHES)


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds serious or critical (by these rules alone if any is named), in one line each."""
    if not page.evaluate("'axe' in window"):
        # Not a script tag: the content security policy would refuse it.
        page.evaluate(f"() => {{ {AXE.read_text(encoding='utf-8')} }}")
    found = page.evaluate(
        """async (rules) => {
          const all = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "RGAAv4"] };
          const runOnly = rules.length ? { type: "rule", values: rules } : all;
          const answer = await axe.run(document, { runOnly, resultTypes: ["violations"] });
          return answer.violations
            .filter((each) => ["serious", "critical"].includes(each.impact))
            .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
        }""",
        list(rules),
    )
    return [str(line) for line in found]


def settle(page: Page, theme: str) -> None:
    """Put the theme on and wait until htmx has its answers and the page is drawn."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
    # Not `wait_for_function`: the content security policy forbids its eval.
    for _ in range(100):
        if page.locator(".htmx-request").count() == 0:
            break
        page.wait_for_timeout(50)
    page.evaluate(
        """async () => {
          const frame = () => new Promise(requestAnimationFrame);
          await frame();
          const moving = () => document.getAnimations().some((each) => each instanceof CSSTransition);
          for (let n = 0; n < 120 && moving(); n++) await frame();
        }"""
    )


def barriers(page: Page, address: str) -> list[str]:
    """What is wrong with the page at this address; nothing where there is no page for this person."""
    # Idle connections are closed by the portal after some seconds: a request that meets the end is sent again.
    answer = page.request.get(address, max_retries=2)
    if answer.status in (204, 403, 404, 405) or "text/html" not in answer.headers.get("content-type", ""):
        return []
    if answer.status != 200:
        return [f"{address}: {answer.status}"]
    if "<html" not in answer.text():
        return []  # a part of a page, for htmx
    missing: list[str] = []
    page.on("response", lambda each: missing.append(each.url) if each.status >= 400 else None)
    page.goto(address)
    problems = [f"not found: {url}" for url in missing]
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            settle(page, theme)
            # In the dark only colours change.
            found = violations(page) if theme == "light" else violations(page, "color-contrast")
            problems += [f"{theme}, {width} px: {each}" for each in found]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"{wide} px wide on a screen of {width}")
    if page.locator("h1").count() != 1:
        problems.append(f"{page.locator('h1').count()} headings of level 1")
    return [f"{address}: {problem}" for problem in problems]


@pytest.fixture
def axe() -> None:
    if not AXE.exists():
        message = "axe-core is not installed (npm ci in frontend/)"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


def test_the_list_of_pages_is_not_empty() -> None:
    assert {"/", "/services/", "/portail/tuiles/", "/plan-du-site/"} <= set(pages())


@pytest.mark.timeout(1500, func_only=True)
@pytest.mark.parametrize("persona", PERSONAS)
def test_no_page_is_a_barrier(portal: Portal, open_page: OpenPage, sign_in: SignIn, axe: None, persona: str) -> None:
    page = open_page()
    sign_in(page, persona)
    problems = [problem for path in pages() for problem in barriers(page, portal.url + path)]
    assert not problems, "\n".join(problems)


def view_of(address: str) -> str:
    """The name of the view behind an address; empty where there is none."""
    try:
        return resolve(address.partition("?")[0]).view_name
    except Resolver404:
        return ""


def room_of(address: str) -> str:
    return view_of(address).partition(":")[0]


def enough_of(address: str, seen: Counter[str]) -> bool:
    name = view_of(address)
    return seen[name] >= SEVERAL_OF.get(name, 1)


def links(page: Page) -> list[str]:
    """Where the page leads to within this portal, as addresses."""
    found = page.locator("main a[href]").evaluate_all(
        "all => all.map(a => new URL(a.href)).filter(u => u.origin === location.origin).map(u => u.pathname + u.search)"
    )
    return [str(each) for each in found]


@pytest.mark.timeout(1500, func_only=True)
@pytest.mark.parametrize("persona", REACHED)
def test_no_page_of_one_object_is_a_barrier(
    portal: Portal, open_page: OpenPage, sign_in: SignIn, axe: None, persona: str
) -> None:
    """Pages about one object have no address of their own in the URLconf: one of each kind is reached by its link."""
    page = open_page()
    sign_in(page, persona)
    waiting = [path for path in pages() if room_of(path) in ROOMS]
    met: set[str] = set()
    walked, seen, problems = set(waiting), Counter[str](), []
    while waiting:
        address = waiting.pop(0)
        if address in walked:  # by the test above
            walked.discard(address)
            seen[view_of(address)] += 1
            answer = page.request.get(portal.url + address, max_retries=2)
            if answer.status != 200 or "<html" not in answer.text():
                continue
            page.goto(portal.url + address)
        elif address in met or enough_of(address, seen):
            continue
        else:
            seen[view_of(address)] += 1
            met.add(address)
            problems += barriers(page, portal.url + address)
        waiting += [
            each for each in links(page) if room_of(each) in ROOMS and each not in met and not enough_of(each, seen)
        ]
    assert not problems, "\n".join(problems)
    assert REACHED[persona] <= seen.keys()


def test_no_page_before_sign_in_is_a_barrier(portal: Portal, open_page: OpenPage, axe: None) -> None:
    page = open_page()
    public = [path for path in pages() if path.endswith(PUBLIC)]
    problems = [problem for path in public for problem in barriers(page, portal.url + path)]
    assert len(public) >= 3
    assert not problems, "\n".join(problems)


def test_axe_sees_a_barrier_when_there_is_one(portal: Portal, open_page: OpenPage, axe: None) -> None:
    """The check can fail: an image without text and grey on grey are found."""
    page = open_page()
    page.goto(f"{portal.url}/accessibilite/")
    page.evaluate("document.querySelector('main').innerHTML = '<img src=\"/x.png\"><button></button>'")
    assert {line.split(":")[0] for line in violations(page)} >= {"image-alt", "button-name"}


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_open_menus_are_no_barrier(portal: Portal, open_page: OpenPage, sign_in: SignIn, axe: None, width: int) -> None:
    page = open_page(width=width)
    sign_in(page, "Hélène Marchand")
    page.get_by_role("button", name="Compte de Hélène Marchand").click()
    for theme in ("light", "dark"):
        settle(page, theme)
        assert not violations(page)
    page.keyboard.press("Escape")
    if width == PHONE:
        page.get_by_role("button", name="Ouvrir le menu").click()
    page.get_by_role("button", name="Portail").click()
    for theme in ("light", "dark"):
        settle(page, theme)
        assert not violations(page)
    page.get_by_role("link", name="Annonces").click()
    page.wait_for_url("**/portail/annonces/")


def test_messages_and_mistakes_are_no_barrier(portal: Portal, open_page: OpenPage, sign_in: SignIn, axe: None) -> None:
    """What a page says after an act, which no page shows by itself: done, and to be corrected."""
    page = open_page()
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/compte/")
    page.locator("main").get_by_role("button", name="Enregistrer").first.click()
    expect(page.locator(".alert-success")).to_be_visible()
    for theme in ("light", "dark"):
        settle(page, theme)
        assert not violations(page)
    page.goto(f"{portal.url}/annuaire/mouvements/preparer")
    page.locator("form[method=post]").last.evaluate("form => { form.noValidate = true; }")
    page.locator("main").get_by_role("button", name="Préparer").click()
    expect(page.locator(".alert-danger")).to_be_visible()
    for theme in ("light", "dark"):
        settle(page, theme)
        assert not violations(page)
