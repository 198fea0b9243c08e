"""The screen's page, as the person before it uses it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import patience


class Screen:
    """The viewer in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def connect(self, *, username: str | None = None, password: str | None = None) -> None:
        """Fill the card if it asks, and click."""
        if username is not None:
            self.page.get_by_label("Identifiant Windows").fill(username)
        if password is not None:
            self.page.get_by_label("Mot de passe de cet ordinateur").fill(password)
        button = self.page.get_by_role("button", name="Se connecter")
        if username is not None or password is not None:
            button.click()

    def wait_live(self, seconds: float = patience.SECONDS) -> None:
        """The remote picture is there."""
        expect(self.page.locator('#viewer[data-phase="live"]')).to_be_attached(timeout=seconds * 1000)

    def phase(self) -> str:
        """Where the viewer stands, in one word."""
        return self.page.locator("#viewer").get_attribute("data-phase") or ""

    def colours(self) -> int:
        """How many colours the picture has: one is blank."""
        picture = Image.open(io.BytesIO(self.page.screenshot(clip={"x": 0, "y": 50, "width": 1440, "height": 800})))
        return len(picture.convert("RGB").getcolors(2**24) or [])

    def wait_painted(self, colours: int = 8) -> None:
        """More than a plain surface."""
        wait(lambda: self.colours() >= colours, "the picture stays blank")

    def focus(self) -> None:
        """Click in the middle of the picture, as one does before typing."""
        self.page.mouse.click(400, 350)

    def end(self) -> None:
        """The end button, and its question."""
        self.page.get_by_role("button", name="Terminer").first.click()
        self.page.get_by_role("dialog").get_by_role("button", name="Terminer").click()


def wait(condition: Callable[[], object], problem: str, seconds: float = patience.SECONDS) -> None:
    """Until it is true.

    Raises:
        AssertionError: with `problem`, after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, problem
        time.sleep(0.1)


def wait_text(path: Path, text: str, seconds: float = patience.SECONDS) -> None:
    """Until the file on the other side holds the text."""
    deadline = time.monotonic() + seconds
    while True:
        content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if text in content:
            return
        assert time.monotonic() < deadline, f"{text!r} is not in {content!r}"
        time.sleep(0.1)
