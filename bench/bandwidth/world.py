"""One office desktop by RDP (xrdp) and by VNC (TigerVNC), the real gateway before each, the real viewer in Chromium.

The portal is played by `frontend/dev/harness.py`: once a screen is open it carries nothing of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.bandwidth.office import Office
from bench.processes import Child, NotStarted, free_ports, listens, wait_until
from bench.report import note
from tests.browser.journeys.link import Link

VIEWPORT = (1440, 900)
GEOMETRY = "1440x854"
"""The desktop: the window less the viewer's bar."""
_ROOT = Path(__file__).resolve().parents[2]
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
_PROGRAMS = ("xrdp", "Xtigervnc", "openbox", "xterm", "xdotool", "xsetroot", "wish")
_PATIENCE = 240.0
"""Seconds a part may take to start, or to show its picture: machines that measure are busy at times."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured: a protocol, the person's choice, and the round trip the portal tells the page, in ms."""

    name: str
    protocol: str
    choice: str
    rating: str
    fine: str
    """The row of the same protocol it is compared to."""


ROWS = (
    Row("RDP, fine", "rdp", "comfort", "good", "RDP, fine"),
    Row("RDP, light", "rdp", "light", "good", "RDP, fine"),
    Row("VNC, fine", "vnc", "comfort", "good", "VNC, fine"),
    Row("VNC, fair link", "vnc", "auto", "fair", "VNC, fine"),
    Row("VNC, light", "vnc", "light", "good", "VNC, fine"),
)
_ROUND_TRIPS = {"good": 20, "fair": 150}
"""Milliseconds that give the rating (frontend/src/viewer/link-quality.ts)."""


@dataclass
class Way:
    """How the desktop is reached by one protocol."""

    url: str
    gateway: int
    """Process number."""
    outer: Link
    """Between browser and gateway: the WebSocket, with its frames."""
    inner: Link
    """Between gateway and PC: with TLS, where there is one."""


@dataclass
class World:
    """What runs, and how a screen is opened."""

    browser: Browser
    office: Office
    ways: dict[str, Way]

    @contextmanager
    def screen(self, row: Row) -> Iterator[Page]:
        """A page that shows the desktop's first picture, and has taken the measure of its link.

        Raises:
            NotStarted: no picture came.
        """
        url = self.ways[row.protocol].url
        _tell(url, {"quality": {"rtt_ms": _ROUND_TRIPS[row.rating], "up_bytes": 0, "down_bytes": 0}})
        context = self.browser.new_context(locale="fr-FR", viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})
        context.set_default_timeout(_PATIENCE * 1000)
        try:
            page = context.new_page()
            page.add_init_script(f"localStorage.setItem('parvis.picture', '{row.choice}')")
            page.goto(url)
            if row.protocol == "rdp":
                page.get_by_label("Identifiant Windows").fill("claire")
                page.get_by_label("Mot de passe de cet ordinateur").fill("bench")
                page.get_by_role("button", name="Se connecter").click()
            page.wait_for_selector('#viewer[data-phase="live"], #viewer[data-phase="ended"]')
            if page.locator("#viewer").get_attribute("data-phase") == "ended":
                seen = " ".join(page.locator("#viewer").inner_text().split())
                raise NotStarted(f"no picture; the page says: {seen[:300]}")
            page.wait_for_selector(f'.pv-meter[data-rating="{row.rating}"]', state="attached")
            yield page
        finally:
            context.close()


def _tell(url: str, state: dict[str, object]) -> None:
    """What the played portal says of a session from now on."""
    body = json.dumps({"set": state}).encode()
    asked = urllib.request.Request(f"{url}control", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
    urllib.request.urlopen(asked, timeout=_PATIENCE).close()  # noqa: S310


@contextmanager
def running() -> Iterator[World]:
    """Everything started, and ended with the block.

    Raises:
        NotStarted: a program is missing, or something does not start.
    """
    from tests.servers.xrdp import xrdp_server

    absent = [name for name in _PROGRAMS if not shutil.which(name, path="/usr/sbin:/usr/bin:/bin")]
    if absent or not Path(_CHROMIUM).exists():
        raise NotStarted(f"not installed: {', '.join(absent) or 'chromium'}")
    note("bandwidth: starting xrdp, Xvnc and two gateways")
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="parvis-bench-")))
        # Looking whether it listens is to Xvnc a failed sign-in: it would shut this machine out.
        server = held.enter_context(
            xrdp_server(geometry=GEOMETRY, window_manager=True, vnc_options=("-UseBlacklist=0",))
        )
        office = Office(server.desktop)
        ports = {"rdp": server.port, "vnc": server.desktop.port}
        ways = {protocol: _way(held, folder, protocol, ports[protocol]) for protocol in ports}
        play = held.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS, timeout=_PATIENCE * 1000)
        held.callback(browser.close)
        yield World(browser, office, ways)


def _way(held: ExitStack, folder: Path, protocol: str, target: int) -> Way:
    page, door = free_ports(2)
    outer, inner = _line(held, door), _line(held, target)
    harness = [sys.executable, str(_ROOT / "frontend/dev/harness.py"), "--protocol", protocol]
    harness += ["--target", f"127.0.0.1:{inner.port}", "--page", str(page), "--gateway", f"ws://127.0.0.1:{outer.port}"]
    environ = {
        **os.environ,
        "PYTHONPATH": str(_ROOT / "src"),
        "PARVIS_GATEWAY_NAME": "bench",
        "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{door}",
        "PARVIS_PORTAL_INTERNAL_URL": f"http://127.0.0.1:{page}",
        "PARVIS_GATEWAY_SECRET": "bench" * 10,
        "PARVIS_ORIGINS": f"http://127.0.0.1:{page}",
        "PARVIS_ALLOWED_NETWORKS": "10.0.0.0/8",
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{inner.port}",
        "PARVIS_GATEWAY_STATE_DIR": str(folder / protocol),
    }
    (folder / protocol).mkdir()
    portal = held.enter_context(Child(harness, log=folder / f"portal-{protocol}.log", environ=environ))
    wait_until(lambda: listens(page), portal, _PATIENCE)
    command = [sys.executable, "-m", "parvis.gateway"]
    gateway = held.enter_context(Child(command, log=folder / f"gateway-{protocol}.log", environ=environ))
    wait_until(lambda: listens(door), gateway, _PATIENCE)
    return Way(f"http://127.0.0.1:{page}/", gateway.pid, outer, inner)


def _line(held: ExitStack, target: int) -> Link:
    line = Link()
    held.callback(line.close)
    line.target = target
    return line
