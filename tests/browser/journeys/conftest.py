"""The whole product, started as a newcomer starts it, seen from home through a line that can be cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from deploy import demo_stack
from deploy.demo_stack import DemoStack
from tests.browser.journeys.link import Link
from tests.requirements import require
from tests.servers.desktop import Desktop, vnc_server
from tests.servers.nla import NlaServer, nla_server
from tests.servers.process import free_port
from tests.servers.xrdp import XrdpServer, xrdp_server

FAILED = pytest.StashKey[bool]()
RESULTS = Path(__file__).resolve().parents[3] / "test-results"
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


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
            demo_stack.running(targets=[xrdp.port, nla.port, vnc.port, spare], url_port=link.port)
        )
        link.target = stack.port
        yield World(stack, link, xrdp, nla, vnc, spare)


@pytest.fixture(scope="package")
def chromium(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures see whether the test failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.stash[FAILED] = report.failed


@pytest.fixture
def home(chromium: Browser, world: World, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A private PC's browser: a profile of its own, French, 1440 × 900. A failure leaves its picture in test-results/."""
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    world.link.mend()
    page = context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        RESULTS.mkdir(exist_ok=True)
        page.screenshot(path=RESULTS / f"{request.node.name}.png")
        for process in ("portal", "gateway", "worker"):
            (RESULTS / f"{request.node.name}.{process}.log").write_text(world.stack.log(process)[-20_000:])
    context.close()
