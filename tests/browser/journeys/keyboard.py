"""A French keyboard: which keys a person presses for each character.

Playwright's own typing inserts accents without a key; a remote screen needs the keys. Each entry is (code, key):
`code` is the place on the keyboard (what RDP sends), `key` the character (what RFB sends).
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

PLAIN = {
    **{letter: f"Key{letter.upper()}" for letter in "bcdefghijklnoprstuvxy"},
    "a": "KeyQ", "q": "KeyA", "z": "KeyW", "w": "KeyZ", "m": "Semicolon",
    " ": "Space", ",": "KeyM", ";": "Comma", ":": "Period", "!": "Slash",
    "&": "Digit1", "é": "Digit2", '"': "Digit3", "'": "Digit4", "(": "Digit5",
    "-": "Digit6", "è": "Digit7", "_": "Digit8", "ç": "Digit9", "à": "Digit0",
    "ù": "Quote", "$": "BracketRight",
}  # fmt: skip
SHIFTED = {
    **{letter.upper(): code for letter, code in PLAIN.items() if letter.isascii() and letter.isalpha()},
    **{str(number): f"Digit{number}" for number in range(10)},
    "?": "KeyM", ".": "Comma", "/": "Period",
}  # fmt: skip
ALTGR = {
    "#": "Digit3", "{": "Digit4", "[": "Digit5", "|": "Digit6", "\\": "Digit8", "^": "Digit9",
    "@": "Digit0", "]": "Minus", "}": "Equal", "€": "KeyE",
}  # fmt: skip

SHIFT_BIT = 8


def type_french(page: Page, text: str) -> None:
    """Press the keys of a French keyboard for `text`; `\\n` is Enter."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, code: str, key: str, modifiers: int = 0, virtual: int = 0) -> None:
        session.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "code": code, "key": key, "modifiers": modifiers, "windowsVirtualKeyCode": virtual},
        )

    def press(code: str, key: str, modifiers: int = 0, virtual: int = 0) -> None:
        send("rawKeyDown", code, key, modifiers, virtual)
        send("keyUp", code, key, modifiers, virtual)
        page.wait_for_timeout(12)  # a person, not a burst

    for character in text:
        if character == "\n":
            press("Enter", "Enter", virtual=13)
        elif character in PLAIN:
            press(PLAIN[character], character)
        elif character in SHIFTED:
            send("rawKeyDown", "ShiftLeft", "Shift", SHIFT_BIT, 16)
            press(SHIFTED[character], character, SHIFT_BIT)
            send("keyUp", "ShiftLeft", "Shift", 0, 16)
        else:
            send("rawKeyDown", "AltRight", "AltGraph", 0, 225)
            press(ALTGR[character], character)
            send("keyUp", "AltRight", "AltGraph", 0, 225)
    session.detach()


MOST_TABS = 60


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the keyboard."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by the Tab key")


def enter(page: Page, target: Locator) -> None:
    """Go to it by Tab and press Enter."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def tick(page: Page, target: Locator) -> None:
    """Go to a box by Tab, or to a choice by the arrows, and tick it."""
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            break
        kind = page.evaluate("document.activeElement.type + ':' + document.activeElement.name")
        own = f"radio:{target.get_attribute('name')}"
        page.keyboard.press("ArrowDown" if kind == own else "Tab")
    else:
        raise AssertionError(f"{target} is not reached by the keyboard")
    if not target.is_checked():
        page.keyboard.press("Space")
    assert target.is_checked()
