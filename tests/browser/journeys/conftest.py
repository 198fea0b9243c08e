"""The whole product, started as a newcomer starts it, seen from home through a line that can be cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from deploy import demo_stack
from deploy.demo_stack import DemoStack
from tests import databases
from tests.browser import patience
from tests.browser.journeys import portal
from tests.browser.journeys.link import Link
from tests.requirements import require
from tests.servers.desktop import Desktop, vnc_server
from tests.servers.nla import NlaServer, nla_server
from tests.servers.process import free_port
from tests.servers.xrdp import XrdpServer, xrdp_server

FAILED = pytest.StashKey[bool]()
RESULTS = Path(__file__).resolve().parents[3] / "test-results"


@dataclass
class World:
    """The stack, the office PCs behind it, the line to it."""

    stack: DemoStack
    link: Link
    xrdp: XrdpServer
    nla: NlaServer
    vnc: Desktop
    spare_port: int
    """A loopback port the gateway may reach and where nothing listens, until a test starts something."""

    @property
    def url(self) -> str:
        """What the agent types at home."""
        return f"http://localhost:{self.link.port}"


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    require("chromium", "xrdp", "Xtigervnc", "freerdp-shadow-cli", "xterm", "xdotool", "xclip", "setxkbmap")
    with ExitStack() as held:
        xrdp = held.enter_context(xrdp_server(window_manager=True))
        nla = held.enter_context(nla_server(window_manager=True))
        vnc = held.enter_context(vnc_server(password="secret12", window_manager=True))
        nla.desktop.call("setxkbmap", "fr")
        link, spare = Link(), free_port()
        held.callback(link.close)
        stack = held.enter_context(
            demo_stack.running(
                targets=[xrdp.port, nla.port, vnc.port, spare], url_port=link.port, prepare=databases.copy_into
            )
        )
        link.target = stack.port
        yield World(stack, link, xrdp, nla, vnc, spare)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures see whether the test failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.stash[FAILED] = report.failed


def fresh_profile(chromium: Browser, **options: Any) -> BrowserContext:
    """A browser nobody has used yet: French, 1440 × 900 unless `options` say otherwise."""
    usual = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": {"width": 1440, "height": 900}}
    context = chromium.new_context(**{**usual, **options})
    context.set_default_timeout(patience.MILLISECONDS)
    return context


@pytest.fixture
def home(chromium: Browser, world: World, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A private PC's browser. `@pytest.mark.parametrize("home", [{…}], indirect=True)` gives its profile options.

    A failure leaves its picture and the ends of the logs in test-results/.
    """
    context = fresh_profile(chromium, **getattr(request, "param", {}))
    world.link.mend()
    page = context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        RESULTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=RESULTS / f"{name}.png")
        for process in ("portal", "gateway", "worker"):
            (RESULTS / f"{name}.{process}.log").write_text(world.stack.log(process)[-20_000:])
    context.close()


@pytest.fixture
def dsi(chromium: Browser, world: World) -> Iterator[Page]:
    """The head of IT, signed in, at a PC of the authority: the line to the agent's home is not hers."""
    context = fresh_profile(chromium)
    page = context.new_page()
    portal.choose_persona(page, world.stack.url, "Hélène Marchand")
    yield page
    context.close()
