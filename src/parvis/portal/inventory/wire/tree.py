"""What XML and JSON have in common once read: a few scalars, and rows by section. Names are in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from parvis.portal.inventory.wire import limits

Scalar = str | int | float | bool
Row = dict[str, Scalar]
Form = Literal["xml", "json"]

SECTIONS = frozenset(
    [
        "accountinfo",
        "antivirus",
        "batteries",
        "bios",
        "cpus",
        "drives",
        "hardware",
        "memories",
        "monitors",
        "network_device",
        "networks",
        "operatingsystem",
        "printers",
        "securitycenter",
        "simcards",
        "softwares",
        "storages",
        "users",
        "versionclient",
    ]
)
"""What is read of a report; processes, environment, registry and keys of licences are not even kept in memory."""

ITSELF = ""
"""The field of a section that is a text itself."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One message."""

    form: Form
    root: Mapping[str, Scalar]
    """`deviceid`, `query` or `action`, `itemtype`, `tag`, `partial`…"""
    sections: Mapping[str, list[Row]]
    has_content: bool
    """Whether an inventory is in it at all."""


def most_rows(section: str) -> int:
    """How many rows of a section are kept."""
    return limits.MOST_PROGRAMS if section == "softwares" else limits.MOST_ROWS
