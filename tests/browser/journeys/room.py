"""A live room for the journeys: the real portal, the real voice server with its Janus, browsers on another machine.

Janus leaves loopback out, so the browsers live in a network namespace of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

from tests import databases
from tests.browser import patience
from tests.requirements import require
from tests.servers import tone_browser
from tests.servers.netns import RemoteMachine, remote_machine
from tests.servers.process import accepts, free_port, running

SECRET = "a-secret-shared-with-the-voice-server-only"
PREPARE = """
import json, secrets, sys
from datetime import timedelta
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.live_rooms.services import rooms
from parvis.portal.live_rooms.models import LiveRoom
now = clock.now()
entity, made = Entity.objects.get_or_create(name="Rivemarine", kind="metropole", path="000001.")
asked = json.loads(sys.argv[1])
room = rooms.open_room(
    entity=entity, title=asked["title"], mode=asked["mode"], has_lobby=asked["lobby"], for_public=True,
    starts_at=now, ends_at=now + timedelta(hours=1), now=now,
)
keys = {}
for name, role in asked["seats"].items():
    keys[name] = secrets.token_urlsafe(24)
    rooms.take_seat(room=room, key=keys[name], name=name, role=role, now=now)
print(json.dumps({"key": room.key, "pin": room.pin, "public": room.public_key, "seats": keys}))
"""


@dataclass
class Place:
    """What runs, and where."""

    url: str
    folder: Path
    machine: RemoteMachine
    environment: dict[str, str]
    cut: Callable[[], None]
    """Cuts every WebSocket to the voice server, without a word."""

    def open_room(
        self, title: str = "Point projet", mode: str = "meeting", *, lobby: bool = False, **seats: str
    ) -> dict[str, Any]:
        """A room now, with guests' seats by name and role; its keys."""
        asked = json.dumps({"title": title, "mode": mode, "lobby": lobby, "seats": seats})
        return dict(json.loads(self.python(PREPARE, asked).splitlines()[-1]))

    def python(self, code: str, *arguments: str) -> str:
        """Run `code` in the portal's own settings; what it prints."""
        begin = "import django; django.setup()\n"
        command = [sys.executable, "-c", begin + code, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def guest(self, room: dict[str, Any], name: str) -> str:
        """A guest's own address."""
        return f"{self.url}/reunions/salle/invite/{room['seats'][name]}/"


@contextlib.contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Portal and voice server behind one address, as a reverse proxy shows them."""
    require("janus", "chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with remote_machine() as machine, contextlib.ExitStack() as held:
        here = str(ip_address(machine.address) - 1)
        portal, voice, front = (free_port(here) for _each in range(3))
        url = f"http://{here}:{front}"
        environment = {
            **os.environ,
            "PARVIS_MODE": "development",
            "PARVIS_DATA_DIR": str(folder / "data"),
            "PARVIS_URL": url,
            "PARVIS_LISTEN": f"{here}:{portal}",
            "PARVIS_DATABASE_URL": "sqlite",
            "PARVIS_VOICE_SECRET": SECRET,
            "PARVIS_VOICE_PHONE_NUMBER": "+33298001234",
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
        }
        databases.copy_into(folder / "data")
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        web = [sys.executable, "-m", "parvis.serve.web"]
        held.enter_context(
            running(
                web, log_path=folder / "portal.log", is_ready=lambda: accepts(here, portal), timeout=60, env=environment
            )
        )
        cut = held.enter_context(_front(here, front, portal, voice))
        talk = {
            **os.environ,
            "PARVIS_VOICE_STATE_DIR": str(folder / "voice"),
            "PARVIS_PORTAL_INTERNAL_URL": f"http://{here}:{portal}",
            "PARVIS_VOICE_SECRET": SECRET,
            "PARVIS_ORIGINS": url,
            "PARVIS_VOICE_LISTEN": f"{here}:{voice}",
            "PARVIS_VOICE_INTERFACES": here,
        }
        found = Place(url, folder, machine, environment, cut)
        log = folder / "voice.log"
        server = [sys.executable, "-m", "parvis.voice"]
        held.enter_context(running(server, log_path=log, is_ready=lambda: _works(found), timeout=90, env=talk))
        yield found


def _works(found: Place) -> bool:
    code = (
        "from parvis.portal.live_rooms import health\nfrom parvis.portal.kernel import clock\n"
        "print(health.current(clock.now()).available)"
    )
    return found.python(code).strip() == "True"


@contextlib.contextmanager
def _front(here: str, port: int, portal: int, voice: int) -> Iterator[Callable[[], None]]:
    """One address for both, as nginx gives them: `/voice/` to the voice server, the rest to the portal."""
    loop = asyncio.new_event_loop()
    talking: set[asyncio.StreamWriter] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            is_voice = head.split(b" ", 2)[1].startswith(b"/voice/")
            if not is_voice:  # one request a connection: the next may be for the other server
                head = head.replace(b"Connection: keep-alive", b"Connection: close")
            theirs, ours = await asyncio.open_connection(here, voice if is_voice else portal)
            if is_voice:
                talking.update((ours, writer))
            try:
                ours.write(head)
                await asyncio.gather(pump(reader, ours), pump(theirs, writer))
            finally:
                ours.close()
        writer.close()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    # From the other thread: in this one Playwright's loop may be running already.
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, here, port), loop).result(30)

    def cut() -> None:
        while talking:
            loop.call_soon_threadsafe(talking.pop().transport.abort)

    yield cut

    async def stop() -> None:
        server.close()
        tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextlib.contextmanager
def browser(playwright: Playwright, at: Place, name: str, *, hertz: int) -> Iterator[Browser]:
    """A Chromium on the other machine, whose microphone hears a tone."""
    folder = at.folder / name
    with tone_browser.started(
        playwright, at.machine, folder, hertz=hertz, origin=at.url, plays_unasked=False
    ) as started:
        yield started


LISTEN = """
() => {
  // What the page plays, seen from outside of it: every element that is given a stream is measured.
  const own = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...own,
    set(stream) {
      own.set.call(this, stream);
      if (!stream || !stream.getAudioTracks().length) return;
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 32768;
      context.createMediaStreamSource(stream).connect(analyser);
      window.heard = { context, analyser };
    },
  });
}
"""
HEARS = f"(hertz) => window.heard ? ({tone_browser.SHARE_OF_TONE})([heard.context, heard.analyser], hertz) : 0"


def open_page(started: Browser, address: str, *, width: int = 1440, height: int = 900) -> Page:
    """A page at this address, in a fresh profile; what it plays is measured."""
    context = started.new_context(
        locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": width, "height": height}
    )
    context.set_default_timeout(patience.MILLISECONDS)
    context.grant_permissions(["microphone", "camera"], origin=address.split("/reunions")[0])
    page = context.new_page()
    page.add_init_script(f"({LISTEN})()")
    page.goto(address)
    return page


def hears(page: Page, hertz: int) -> float:
    """How much of the last 0.7 s that the page plays is that tone."""
    return float(page.evaluate(HEARS, hertz))
