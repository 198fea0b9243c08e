"""A French keyboard: which keys a person presses for each character.

Playwright's own typing inserts accents without a key; a remote screen needs the keys. Each entry is (code, key):
`code` is the place on the keyboard (what RDP sends), `key` the character (what RFB sends).
"""

from __future__ import annotations

from playwright.sync_api import Page

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
