"""Pure rules of this room."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

DOWN_AFTER = 3
"""Failed checks in a row before a tool counts as down."""
CHECK_SECONDS = 300
"""How often each tool is checked."""


def is_down(failures: int) -> bool:
    """Whether so many failures in a row mean that it does not work."""
    return failures >= DOWN_AFTER


def e164(text: str) -> str | None:
    """A telephone number as it is stored (ITU-T E.164), however it was typed; None: it is none."""
    number = re.sub(r"[\s.()\-/]", "", text).replace("+330", "+33")
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0") and len(number) == 10:
        number = "+33" + number[1:]
    return number if _NUMBER.fullmatch(number) else None
