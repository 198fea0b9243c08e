"""A screen that nobody uses warns, then closes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy import demo_stack
from tests import databases
from tests.browser.journeys import portal
from tests.browser.journeys.conftest import fresh_profile
from tests.browser.journeys.screen import Screen

pytestmark = [
    pytest.mark.browser, pytest.mark.gateway, pytest.mark.xdist_group("journeys-idle"),
    pytest.mark.timeout(360, func_only=True),
]  # fmt: skip

LIMIT = 60
"""Seconds: the shortest an installation can set."""


@pytest.fixture
def left_open(chromium: Browser) -> Iterator[Page]:
    """A screen of the demo, in an installation that waits a minute only."""
    with demo_stack.running({"PARVIS_IDLE_MINUTES": "1"}, prepare=databases.copy_into) as stack:
        context = fresh_profile(chromium)
        page = context.new_page()
        portal.choose_persona(page, stack.url, "Claire Le Goff")
        page.get_by_role("link", name="Mon bureau").first.click()
        page.get_by_text("Ouvrir mon ordinateur").first.click()
        yield page
        context.close()


def test_a_warning_then_the_end(left_open: Page) -> None:
    screen = Screen(left_open)
    screen.wait_live()
    warning = left_open.get_by_text("Toujours là")
    expect(warning).to_be_visible(timeout=LIMIT * 1000)
    first = warning.inner_text()
    left_open.wait_for_timeout(2500)
    assert warning.inner_text() != first  # it counts down

    left_open.keyboard.press("ArrowLeft")
    alive = time.monotonic()
    expect(warning).to_be_hidden()
    expect(left_open.get_by_role("heading", name="Session terminée")).to_be_visible(timeout=(LIMIT + 30) * 1000)
    assert time.monotonic() - alive > LIMIT - 5  # the key counted for the gateway too
    expect(left_open.locator("#viewer")).to_contain_text("L’écran a été fermé parce que vous ne l’utilisiez plus.")
