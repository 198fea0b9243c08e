"""What is opened in Chromium, and how: the same remote screen through Parvis and through its peer."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from bench.processes import NotStarted

_FIRST_FRAME_MS = 20_000

Region = tuple[int, int, int, int]
"""x, y, width, height of the remote screen, in its own pixels."""
EDITOR: Region = (115, 565, 690, 165)
"""The end of the demo desktop's document, on a screen of `VIEWPORT` less the viewer's bar."""
TERMINAL: Region = (14, 14, 820, 170)
"""The first lines of the terminal at the top left."""
VIEWPORT = (1440, 900)
_BAR = 46
"""Height of our viewer's bar: the peer gets a smaller window, so that both remote screens have one size."""


@dataclass(frozen=True, slots=True)
class Target:
    """A page that shows a remote screen."""

    name: str
    url: str
    region: Region
    persona: bool
    """Ours: sign in first."""
    peer: str | None = None
    """What it is compared with."""
    credentials: tuple[str, str] | None = None
    """Windows' user and password, asked for on a card (RDP)."""

    @property
    def viewport(self) -> tuple[int, int]:
        width, height = VIEWPORT
        return (width, height) if self.persona else (width, height - _BAR)

    def open(self, page: Page) -> float:
        """Go there; milliseconds the machine took from navigation to the first picture, typing excluded."""
        page.goto(self.url)
        if self.credentials:
            page.get_by_label("Identifiant Windows").fill(self.credentials[0])
            page.get_by_label("Mot de passe de cet ordinateur").fill(self.credentials[1])
            page.get_by_role("button", name="Se connecter").click()
        late = f"new Promise((done) => setTimeout(() => done(null), {_FIRST_FRAME_MS}))"
        found = page.evaluate(f"Promise.race([parvisBench.firstFrame, {late}])")
        if found is None:
            seen = " ".join(page.evaluate("document.body.innerText").split())
            raise NotStarted(f"no picture after {_FIRST_FRAME_MS // 1000} s; the page says: {seen[:300]}")
        if self.credentials:
            return float(found["cardShown"] + found["firstFrame"] - found["clicked"])
        return float(found["firstFrame"])

    def focus(self, page: Page) -> None:
        """Click where the text is, and begin a line."""
        x, y, _, height = self.region
        page.mouse.click(x + 200, y + height // 2 + (_BAR if self.persona else 0))
        page.keyboard.press("Enter")
