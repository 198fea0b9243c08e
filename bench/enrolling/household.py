"""One agent at home, from the first sign-in to the end of the path. No colleague helps; nothing but pages is used."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyotp

from bench.enrolling.pages import Browser, Page, Unexpected
from parvis.serve.load_test.browsers import VncBrowser
from parvis.serve.load_test.traffic import Delays

READY_SECONDS = 120.0
MOST_CUTS = 3
_SAMPLES = 3
_LOOKED_AT = 64 * 1024
"""Bytes of screen: a look at it."""


@dataclass
class Household:
    """An agent, their browser, and how long each stage took them. Machine time: a person reads, too."""

    email: str
    password: str
    browser: Browser
    seconds: dict[str, float] = field(default_factory=dict)
    screen_bytes: int = 0
    cuts: int = 0
    """How often the screen was cut and came back: nobody does anything for it, and it is counted."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add to a stage's seconds."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - began

    def ask(self) -> None:
        """The first evening: account, second factor, charter, three questions."""
        with self.timed("sign_in"):
            page = self.browser.get("/compte/connexion/")
            page = self.browser.submit(page, page.form("password"), login=self.email, password=self.password)
        with self.timed("second_factor"):
            self._second_factor()
        with self.timed("charter"):
            self._accept(self.browser.get("/mon-teletravail/charte/"))
        with self.timed("request"):
            page = self.browser.get("/mon-teletravail/demander/")
            page = self.browser.submit(
                page, page.form("machine"), level="2", machine="own", line="fibre", days=["1", "3"]
            )
            if page.path != "/mon-teletravail/":
                raise Unexpected(f"the request was not taken: {page.heading}")

    def enrol(self) -> None:
        """The day of the wave: connection, one's own screen, the guide."""
        with self.timed("agreement"):
            self._agreement()
        with self.timed("connection"):
            self._expect_stage("connection")
            self._connection()
        with self.timed("computer"):
            self._computer()
        with self.timed("guide"):
            page = self.browser.get("/mon-teletravail/parcours/premiers-pas/")
            page = self.browser.submit(page, page.form("/mon-teletravail/parcours/premiers-pas/"))
        if "/mon-teletravail/parcours/" not in page.url:
            raise Unexpected(f"the path does not end: {page.heading}")

    def _second_factor(self) -> None:
        page = self.browser.get("/compte/deuxieme-etape/application/")
        phone = pyotp.TOTP(re.sub(r"\s", "", page.said_in("key")))
        page = self.browser.submit(page, page.form("code"), code=phone.now())
        form = page.form("kept")
        page = self.browser.submit(page, form, kept="on")
        if "/compte/deuxieme-etape/codes" in page.url:
            raise Unexpected(f"the second factor is not accepted: {page.heading}")

    def _accept(self, page: Page) -> None:
        self.browser.submit(page, page.form("agreed"), agreed="on")

    def _agreement(self) -> None:
        page = self.browser.get("/mon-teletravail/")
        for link in page.links:
            if re.fullmatch(r"/mon-teletravail/textes/\d+/", link):
                self._accept(self.browser.get(link))
                return

    def _expect_stage(self, name: str) -> None:
        page = self.browser.get("/mon-teletravail/parcours/")
        if not any(f"/parcours/{_STAGE_PATHS[name]}/" in link for link in page.links):
            raise Unexpected(f"the path does not lead to {name}: {page.heading}")

    def _connection(self) -> None:
        page = self.browser.get("/mon-teletravail/parcours/connexion/")
        delays = []
        for _ in range(_SAMPLES):
            began = time.monotonic()
            self.browser.download("/mon-teletravail/parcours/connexion/echo")
            delays.append(time.monotonic() - began)
        began = time.monotonic()
        size = self.browser.download("/mon-teletravail/parcours/connexion/mesure")
        kbps = int(size * 8 / 1000 / max(time.monotonic() - began, 0.001))
        latency = int(min(delays) * 1000)
        page = self.browser.submit(
            page, page.form("down_kbps"), down_kbps=str(min(kbps, 10_000_000)), latency_ms=str(latency),
            jitter_ms=str(int(max(delays) * 1000) - latency), websocket="true", browser_fit="true",
        )  # fmt: skip
        if any("/connexion/continuer/" in form.action for form in page.forms):
            page = self.browser.submit(page, page.form("/mon-teletravail/parcours/connexion/continuer/"))

    def _computer(self) -> None:
        page = self.browser.get("/mon-teletravail/parcours/ordinateur/")
        if _screen_in(page) is None:  # the portal has not seen the computer lately: it looks when asked
            page = self.browser.submit(page, page.form("/mon-teletravail/parcours/ordinateur/verifier/"))
        screen = self._wait_ready(page)
        page = self.browser.get(screen)
        found = re.search(r'id="viewer-config"[^>]*>(.*?)</script>', page.text, re.S)
        if found is None:
            raise Unexpected(f"no viewer at {page.path}: {page.heading}")
        config = json.loads(found[1])
        session = self._see(config)
        self._wait_passed()
        self.browser.post_json(config["end_url"], config["csrf"], {"session": session})

    def _see(self, config: dict[str, str]) -> object:
        """Open the screen as the viewer does, which comes back by itself when the line is cut; its session."""
        session: object = None
        while True:
            grant = self.browser.post_json(config["connect_url"], config["csrf"], {"session": session})
            session = grant["session"]
            try:
                self.screen_bytes = asyncio.run(self._see_screen(str(grant["ticket"])))
            except ConnectionError:
                if self.cuts == MOST_CUTS:
                    raise
                self.cuts += 1
                time.sleep(1.0)
            else:
                return session

    def _wait_ready(self, page: Page) -> str:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            if (screen := _screen_in(page)) is not None:
                return screen
            if time.monotonic() > deadline:
                raise Unexpected(f"the computer is not ready: {page.heading}")
            time.sleep(1.0)
            page = self.browser.get("/mon-teletravail/parcours/ordinateur/")

    async def _see_screen(self, ticket: str) -> int:
        """The gateway's own session, to the first pictures."""
        delays = Delays()
        browser = VncBrowser(ticket, delays)
        await browser.open(self.browser.url.replace("http", "ws", 1), origin=self.browser.url)
        deadline = time.monotonic() + 20
        while browser.received < _LOOKED_AT and time.monotonic() < deadline:
            browser.send()
            await asyncio.sleep(0.05)
        received = browser.received
        browser.close()
        if received < _LOOKED_AT:
            raise Unexpected(f"the screen stays blank: {received} bytes")
        return received

    def _wait_passed(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            page = self.browser.get("/mon-teletravail/parcours/")
            if any("/parcours/premiers-pas/" in link for link in page.links):
                return
            if time.monotonic() > deadline:
                raise Unexpected("the screen was seen, and the path does not know")
            time.sleep(0.5)


def _screen_in(page: Page) -> str | None:
    return next((link for link in page.links if re.fullmatch(r"/mon-bureau/\d+/ecran", link)), None)


_STAGE_PATHS = {"connection": "connexion", "computer": "ordinateur", "guide": "premiers-pas"}
