"""Telephone numbers as they are kept (ITU-T E.164) and as they are read aloud. Pure."""

from __future__ import annotations

import re

from parvis.portal.directory.rules import phone_shown

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_TYPED = re.compile(r"[0-9+ .()\-/\u00a0\u202f\u2009]+")
_NATIONAL = re.compile(r"0[1-9][0-9]{8}", re.ASCII)


def e164(typed: str) -> str | None:
    """`02 98 00 12 34`, `+33 (0)2 98 00 12 34`, `0033298001234` → `+33298001234`; None: not a number to be dialled."""
    if not _TYPED.fullmatch(typed.strip()):
        return None
    number = re.sub(r"[^0-9+]", "", typed.replace("(0)", ""))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if _NATIONAL.fullmatch(number):
        number = f"+33{number[1:]}"
    if number.startswith("+330"):
        number = f"+33{number[4:]}"
    if number.startswith("+33") and len(number) != len("+33298001234"):
        return None
    return number if _E164.fullmatch(number) else None


def shown(number: str) -> str:
    """As it is dialled in France: `02 98 00 12 34`; a foreign one with its country."""
    return phone_shown(number)


def pin_shown(pin: str) -> str:
    """In groups of two or three that can be read aloud: `482 117`, `48 21`."""
    size = 3 if len(pin) % 3 == 0 else 2
    return "\u00a0".join(pin[at : at + size] for at in range(0, len(pin), size))


def is_pin(text: str) -> bool:
    """Digits that can be dialled; empty too: some numbers have none."""
    return re.fullmatch(r"[0-9]{0,12}", text, re.ASCII) is not None
