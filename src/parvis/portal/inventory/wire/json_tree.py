"""JSON of GLPI-Agent. Counted before it is read: a value costs a hundred times its byte in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.inventory.wire.tree import ITSELF, SECTIONS, Row, Scalar, Tree, most_rows


def read(text: bytes) -> Tree:
    """The whole message.

    Raises:
        Unreadable: malformed, too much of anything, not an object.
    """
    if text.count(b"{") + text.count(b"[") > limits.MOST_ELEMENTS:
        raise Unreadable("too_complex")
    if text.count(b",") + text.count(b":") > limits.MOST_SCALARS:
        raise Unreadable("too_complex")
    try:
        found = json.loads(text.decode("utf-8-sig", "replace"), parse_constant=_no_constant)
    except ValueError:
        raise Unreadable("malformed") from None
    except RecursionError:
        raise Unreadable("too_complex") from None
    if not isinstance(found, dict):
        raise Unreadable("not_a_report")
    content = found.get("content")
    if content is not None and not isinstance(content, dict):
        raise Unreadable("malformed")
    root = {name.lower()[:60]: value for name, value in found.items() if isinstance(value, Scalar)}
    return Tree("json", root, _sections(content or {}), content is not None)


def _sections(content: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Rows by section; a section that is one object has one row, one that is a text a row with it."""
    sections: dict[str, list[Row]] = {}
    for name, value in content.items():
        section = name.lower()
        if section not in SECTIONS:
            continue
        found = value if isinstance(value, list) else [value]
        rows = [_row(each) for each in found[: most_rows(section)]]
        sections.setdefault(section, []).extend(row for row in rows if row)
    return sections


def _row(value: object) -> Row:
    if isinstance(value, Scalar):
        return {ITSELF: value}
    if not isinstance(value, dict):
        return {}
    row: Row = {}
    for name, each in value.items():
        if len(row) >= limits.MOST_FIELDS:
            break
        if isinstance(each, list):
            each = " ".join(str(part)[:100] for part in each[:20] if isinstance(part, Scalar))
        if isinstance(each, Scalar):
            row.setdefault(name.lower()[:60], each)
    return row


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("no number of JSON")
