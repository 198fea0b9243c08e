"""X11 keysyms (RFC 6143 §7.5.4) to what the desktop understands: a character, or a named key with its modifiers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

_NAMED: Final = {
    0xFF08: "backspace", 0xFF09: "tab", 0xFE20: "tab", 0xFF0D: "enter", 0xFF8D: "enter", 0xFF1B: "escape",
    0xFFFF: "delete", 0xFF9F: "delete", 0xFF50: "home", 0xFF51: "left", 0xFF52: "up", 0xFF53: "right",
    0xFF54: "down", 0xFF55: "page-up", 0xFF56: "page-down", 0xFF57: "end", 0xFF63: "insert", 0xFF95: "home",
    0xFF96: "left", 0xFF97: "up", 0xFF98: "right", 0xFF99: "down", 0xFF9A: "page-up", 0xFF9B: "page-down",
    0xFF9C: "end", 0xFFBE: "f1", 0xFFC1: "f4", 0xFFC2: "f5",
}  # fmt: skip
_MODIFIERS: Final = {
    0xFFE1: "shift", 0xFFE2: "shift", 0xFFE3: "control", 0xFFE4: "control", 0xFFE9: "alt", 0xFFEA: "alt",
    0xFFE7: "super", 0xFFE8: "super", 0xFFEB: "super", 0xFFEC: "super", 0xFE03: "altgr", 0xFF7E: "altgr",
}  # fmt: skip
#: Keysyms older than Unicode that French keyboards and the browser still produce.
_LEGACY: Final = {
    0x20AC: "€", 0x13BC: "Œ", 0x13BD: "œ", 0x13BE: "Ÿ", 0x0AA9: "—", 0x0AAA: "–", 0x0AAE: "…", 0x0AD0: "‘",
    0x0AD1: "’", 0x0AD2: "“", 0x0AD3: "”", 0xFF80: " ", 0xFFAA: "*", 0xFFAB: "+", 0xFFAC: ",", 0xFFAD: "-",
    0xFFAE: ".", 0xFFAF: "/", 0xFFBD: "=", **{0xFFB0 + digit: str(digit) for digit in range(10)},
}  # fmt: skip
#: Dead keys → the combining character they put on the next letter, and what they type alone.
_DEAD: Final = {
    0xFE50: ("\u0300", "`"), 0xFE51: ("\u0301", "´"), 0xFE52: ("\u0302", "^"), 0xFE53: ("\u0303", "~"),
    0xFE57: ("\u0308", "¨"), 0xFE5B: ("\u0327", "¸"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """One stroke. `text` is what it types (empty for named keys and shortcuts), `name` what it is called:
    the named key, or the lower-case character."""

    name: str
    text: str = ""
    shift: bool = False
    control: bool = False
    alt: bool = False


def character(keysym: int) -> str:
    """The character of a keysym, or an empty string."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        found = chr(keysym - 0x01000000)
        # Controls, surrogates, private and unassigned code points are not text.
        return "" if unicodedata.category(found)[0] == "C" else found
    return _LEGACY.get(keysym, "")


class Keyboard:
    """Follows the modifiers and dead keys; `press` returns the stroke that results, if any."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._dead: tuple[str, str] | None = None

    def holds(self, modifier: str) -> bool:
        """Whether shift, control, alt, altgr or super is down."""
        return any(_MODIFIERS[keysym] == modifier for keysym in self._held)

    def release(self, keysym: int) -> None:
        """The key went up."""
        self._held.discard(keysym)

    def release_all(self) -> None:
        """The client left, and its keys with it."""
        self._held.clear()
        self._dead = None

    def press(self, keysym: int) -> Key | None:
        """The key went down."""
        if keysym in _MODIFIERS:
            self._held.add(keysym)
            return Key("super") if _MODIFIERS[keysym] == "super" else None
        if keysym in _DEAD:
            self._dead = _DEAD[keysym]
            return None
        if keysym in _NAMED:
            self._dead = None
            return self._stroke(_NAMED[keysym], "")
        text = self._accented(character(keysym))
        return self._stroke(text.lower(), text) if text else None

    def _accented(self, text: str) -> str:
        if self._dead is None or not text:
            return text
        combining, alone = self._dead
        self._dead = None
        if text == " ":
            return alone
        combined = unicodedata.normalize("NFC", text + combining)
        return combined if len(combined) == 1 else alone + text

    def _stroke(self, name: str, text: str) -> Key:
        control, alt = self.holds("control"), self.holds("alt")
        # Windows browsers report AltGr as Control + Alt: what comes then is text, not a shortcut.
        types = self.holds("altgr") or control == alt
        return Key(
            name,
            text if types else "",
            shift=self.holds("shift"),
            control=control and not (types and text),
            alt=alt and not (types and text),
        )
