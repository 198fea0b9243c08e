"""The product as a newcomer starts it, office PCs behind it, a Chromium before it: started once, for both sections."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.processes import NotStarted
from bench.report import note
from bench.screen.bare_novnc import bare_novnc
from bench.screen.targets import EDITOR, TERMINAL, Target
from deploy import demo_stack
from deploy.demo_stack import DemoStack

_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
_PERSONA = "Claire Le Goff"
_EMAIL = "claire.legoff@rivemarine.example"
_PROBE = (Path(__file__).parent / "probe.js").read_text()
_XRDP_PROGRAMS = ("xrdp", "Xtigervnc", "openbox", "xterm", "xdotool")
_GEOMETRY = "1440x854"
_TIMEOUT_MS = 15_000
_FOCUS_ATTEMPTS = 4
_WORSE = re.compile(r'"level": "(warning|error|critical)"|Traceback')

# In the portal: Claire's demo PC, and a second one of hers that is the xrdp server of port {xrdp}, or none.
_PREPARE = """
import json
from datetime import timedelta
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import DisplaySettings, Right
agent = Agent.objects.get(user__email={email!r})
demo = Computer.objects.get(assignments__agent=agent)
found = dict(demo=demo.pk, vnc=demo.display.port, rdp=None)
if {xrdp}:
    now = clock.now()
    computer = Computer.objects.create(entity=agent.entity, name="RIV-BENCH", address="127.0.0.1", probe_port={xrdp},
        reachability="on", last_seen_at=now, checked_at=now)
    Assignment.objects.create(agent=agent, asset=computer)
    DisplaySettings.objects.create(computer=computer, protocol="rdp", port={xrdp})
    yesterday = clock.today(now) - timedelta(days=1)
    Right.objects.create(agent=agent, computer=computer, granted_at=now, starts_date=yesterday)
    found["rdp"] = computer.pk
print(json.dumps(found))
"""


@dataclass
class World:
    """What there is to open. `missing`: what is not there, and why."""

    stack: DemoStack
    browser: Browser
    targets: list[Target]
    missing: list[str] = field(default_factory=list)

    def trouble(self) -> str:
        """The last line above `info` in the logs of gateway and portal, for a failure's report."""
        told = []
        for name in ("gateway", "portal"):
            worse = [line for line in self.stack.log(name).splitlines() if _WORSE.search(line)]
            told += [f"{name}: {_short(line)}" for line in worse[-1:]]
        return " ".join(told)

    @contextmanager
    def page(self, target: Target) -> Iterator[Page]:
        """A page in a fresh profile: nothing cached, signed in if the target needs it, the probe installed."""
        width, height = target.viewport
        context = self.browser.new_context(locale="fr-FR", viewport={"width": width, "height": height})
        try:
            page = context.new_page()
            if target.persona:
                page.goto(f"{self.stack.url}/compte/connexion/")
                page.get_by_role("button", name=_PERSONA).click()
                page.wait_for_url(f"{self.stack.url}/")
            page.set_default_timeout(_TIMEOUT_MS)
            page.add_init_script(_PROBE)
            yield page
        finally:
            context.close()


def _short(line: str) -> str:
    """The event and the last line of its error, of a line of JSON log."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line[:200]
    error = str(entry.get("error") or entry.get("exception") or "").strip().splitlines()
    return f"{entry.get('event')} {error[-1][:200] if error else ''}".strip()


_shared: World | None = None
_held = ExitStack()
atexit.register(_held.close)


def shared() -> World:
    """The one world of this run; it ends with `close`, or with the process.

    Raises:
        NotStarted: Chromium is missing, or the demo does not start.
    """
    global _shared
    if _shared is None:
        if not Path(_CHROMIUM).exists():
            raise NotStarted("Chromium is not installed (apt install chromium)")
        note("screens: starting the demo")
        try:
            _shared = _start(_held)
        except RuntimeError as error:
            raise NotStarted(str(error)) from None
    return _shared


def close() -> None:
    """Stop everything, if anything runs."""
    global _shared
    _shared = None
    _held.close()


def _start(held: ExitStack) -> World:
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="parvis-bench-")))
    absent = [name for name in _XRDP_PROGRAMS if not shutil.which(name, path="/usr/sbin:/usr/bin:/bin")]
    missing = [f"xrdp: not installed: {', '.join(absent)}"] if absent else []
    xrdp_port = xrdp_vnc_port = 0
    if not absent:
        try:
            xrdp_port, xrdp_vnc_port = _xrdp(held)
        except (NotStarted, RuntimeError) as error:
            missing.append(f"xrdp: {error}")
    stack = held.enter_context(
        demo_stack.running({"PARVIS_SESSIONS_PER_USER": "100"}, targets=[xrdp_port] if xrdp_port else [], seconds=120)
    )
    found = _prepare(stack, xrdp_port)
    playwright = held.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
    held.callback(browser.close)

    def screen(computer: int) -> str:
        return f"{stack.url}/mon-bureau/{computer}/ecran"

    peer = Target("VNC demo desktop: bare noVNC + websockify", _bare(held, found["vnc"], folder), EDITOR, persona=False)
    targets = [peer, Target("VNC demo desktop: Parvis", screen(found["demo"]), EDITOR, persona=True, peer=peer.name)]
    if xrdp_port:
        peer = Target(
            "xrdp's desktop by VNC: bare noVNC + websockify",
            _bare(held, xrdp_vnc_port, folder),
            TERMINAL,
            persona=False,
        )
        ours = Target(
            "xrdp: Parvis",
            screen(found["rdp"]),
            TERMINAL,
            persona=True,
            peer=peer.name,
            credentials=("claire", "bench"),
        )
        targets += [peer, ours]
    return World(stack, browser, targets, missing)


def _xrdp(held: ExitStack) -> tuple[int, int]:
    """Ports of an xrdp and of the VNC desktop behind it, with a terminal that waits for keys.

    Raises:
        NotStarted: the terminal does not get the focus.
    """
    from tests.servers.desktop import typing_terminal
    from tests.servers.xrdp import xrdp_server

    server = held.enter_context(xrdp_server(geometry=_GEOMETRY, window_manager=True))
    for _ in range(_FOCUS_ATTEMPTS):  # the window manager may still be starting
        try:
            held.enter_context(typing_terminal(server.desktop))
        except subprocess.CalledProcessError:
            continue
        return server.port, server.desktop.port
    raise NotStarted("the terminal of the X desktop does not get the focus")


def _bare(held: ExitStack, port: int, folder: Path) -> str:
    return held.enter_context(bare_novnc(port, folder))


def _prepare(stack: DemoStack, xrdp_port: int) -> dict[str, int]:
    script = _PREPARE.format(email=_EMAIL, xrdp=xrdp_port)
    found: dict[str, int] = json.loads(stack.manage("shell", "-v", "0", "-c", script).strip().splitlines()[-1])
    return found
