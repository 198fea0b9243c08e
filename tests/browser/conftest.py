"""A portal of its own (demo mode, fictional authority, no gateway) and a Chromium, shared by a worker's browser tests.

Tests that need this portal alone are of no group: they fill what the groups leave of each worker's time.

`portal` is the running portal, `open_page(width=…, theme=…)` a page in a fresh browser profile,
`sign_in(page, "Claire Le Goff")` the one-click sign-in of a persona.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests import databases
from tests.browser import patience
from tests.requirements import require
from tests.servers.process import accepts, free_port, running

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=patience.MILLISECONDS)
OpenPage = Callable[..., Page]
SignIn = Callable[[Page, str], None]
Theme = Literal["light", "dark"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:  # the first one does not pay for making the portal
                item.add_marker(pytest.mark.timeout(300, func_only=True))


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal."""

    url: str
    data_dir: Path
    log: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, **environment: str) -> str:
        """What a management command prints.

        Raises:
            RuntimeError: it failed; its errors are in the message.
        """
        return _manage(arguments, {**self.environment, **environment})

    def work(self) -> str:
        """Do what waits for the worker (these pages run without it: each step stands still to be looked at).

        What it prints is the answer, the letters that left among it.
        """
        return self.manage("db_worker", "--batch", "--queue-name", "*", "--no-startup-delay", "--no-reload")


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Portal with the fictional authority, on a free port."""
    folder = tmp_path_factory.mktemp("portal")
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {
        "PARVIS_MODE": "demo",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_URL": url,
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATABASE_URL": "sqlite",
        "PARVIS_AUTHORITY_NAME": "Métropole de Rivemarine",
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    log = folder / "portal.log"
    databases.copy_into(folder)
    for step in (("migrate", "--verbosity", "0"), ("demo_data",)):
        _manage(step, environment)
    command = [sys.executable, "-m", "parvis.serve.web"]
    with running(command, log_path=log, is_ready=lambda: accepts("127.0.0.1", port), timeout=40, env=environment):
        yield Portal(url, folder, log, environment)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What starts browsers: one for the session, since a thread bears no second."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """One Chromium for the session; pages are opened in profiles of their own."""
    require("chromium")
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Makes pages, each in a fresh profile, closed at the end of the test."""
    contexts = []

    def open_one(*, width: int = 1440, height: int = 900, theme: Theme = "light", javascript: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(patience.MILLISECONDS)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(portal: Portal) -> SignIn:
    """Signs a persona in, by name, with one click."""

    def go(page: Page, name: str) -> None:
        page.goto(f"{portal.url}/")
        page.get_by_role("button", name=name).click()
        page.wait_for_url(lambda address: "/connexion/" not in address)

    return go


def _manage(arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout
