"""What of a report is only shown: short lists of short texts, as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from parvis.portal.inventory.wire.tree import Row, Tree
from parvis.portal.inventory.wire.values import text

MOST = 40
"""Lines of a list."""
SIZE = 120
"""Characters of a text."""

SHOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "drives": {
        "name": ("letter", "type", "volumn"),
        "label": ("label", "description"),
        "filesystem": ("filesystem",),
        "total_mb": ("total",),
        "free_mb": ("free",),
        "encrypted": ("encrypt_status",),
    },
    "storages": {
        "name": ("model", "name"),
        "manufacturer": ("manufacturer",),
        "serial": ("serial", "serialnumber"),
        "size_mb": ("disksize",),
        "type": ("type", "interface"),
    },
    "memories": {"name": ("caption", "description"), "size_mb": ("capacity",), "type": ("type",), "speed": ("speed",)},
    "batteries": {
        "name": ("name",),
        "manufacturer": ("manufacturer",),
        "serial": ("serial",),
        "made_mwh": ("capacity",),
        "real_mwh": ("real_capacity",),
    },
    "cpus": {"name": ("name", "type"), "cores": ("core", "cores"), "speed": ("speed",)},
    "printers": {"name": ("name",), "driver": ("driver",), "port": ("port",)},
    "simcards": {"operator": ("operator_name",), "iccid": ("iccid", "serial"), "state": ("state",)},
}
"""Section → what a line is called in `Content.details` → the fields it may be in, best first."""


def of(tree: Tree) -> dict[str, object]:
    """The lists that have lines."""
    found: dict[str, object] = {}
    for section, columns in SHOWN.items():
        lines = [line for row in tree.sections.get(section, [])[:MOST] if (line := _line(row, columns))]
        if lines:
            found[section] = lines
    return found


def _line(row: Row, columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    line = {}
    for name, fields in columns.items():
        told = next((plain for field in fields if (plain := text(row.get(field), SIZE))), "")
        if told:
            line[name] = told
    return line
