"""What a request wants: the three programs speak two languages, in which a few words suffice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parvis.portal.inventory.wire import json_tree, values, xml_tree
from parvis.portal.inventory.wire.body import Packing, packing_of, unpack
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.inventory.wire.tree import Form, Tree

Wish = Literal["prolog", "contact", "inventory", "other"]
"""May I send? (XML) · Here I am (JSON) · Here is my report · What this portal does not do (discovery, deployment)."""

DEVICE_SIZE = 200
NAME_SIZE = 120
ITEM_TYPES = frozenset({"Computer", "Phone", "NetworkEquipment", "Printer", "Unmanaged"})

_XML_WISHES: dict[str, Wish] = {"prolog": "prolog", "inventory": "inventory"}
_JSON_WISHES: dict[str, Wish] = {"contact": "contact", "inventory": "inventory", "netinventory": "inventory"}


@dataclass(frozen=True, slots=True)
class Message:
    """A request, understood."""

    wish: Wish
    device_id: str
    name: str
    """The computer's, where an inventory says it: with cloned disks many have the same `device_id`."""
    form: Form
    packing: Packing
    text: bytes
    """Decompressed."""
    partial: bool = False
    """It says a part only (JSON): it replaces no other."""


def understand(data: bytes) -> Message:
    """What the body of a request says, without reading the report itself.

    Raises:
        Unreadable: see `problems.PROBLEMS`; what has no `text` any more is kept nowhere.
    """
    packing = packing_of(data)
    text = unpack(data)
    form = form_of(text)
    tree = xml_tree.glance(text) if form == "xml" else json_tree.read(text)
    device_id = values.text(tree.root.get("deviceid"), DEVICE_SIZE)
    wish = _wish_of(tree)
    if not device_id and wish != "other":
        raise Unreadable("no_device")
    return Message(wish, device_id, _name_of(tree), form, packing, text, tree.root.get("partial") is True)


def form_of(text: bytes) -> Form:
    """By the first character, whatever the header says.

    Raises:
        Unreadable: neither.
    """
    first = text[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"<":
        return "xml"
    if first == b"{":
        return "json"
    raise Unreadable("malformed")


def _name_of(tree: Tree) -> str:
    rows = [*tree.sections.get("hardware", [])[:1], *tree.sections.get("network_device", [])[:1]]
    return next((name for row in rows if (name := values.text(row.get("name"), NAME_SIZE))), "")


def _wish_of(tree: Tree) -> Wish:
    if tree.form == "xml":
        wish = _XML_WISHES.get(str(tree.root.get("query", "")).lower(), "other")
    else:
        wish = _JSON_WISHES.get(str(tree.root.get("action", "inventory")).lower(), "other")
        if wish == "inventory":
            _check_inventory(tree)
    if wish == "inventory" and not tree.has_content:
        raise Unreadable("not_a_report")
    return wish


def _check_inventory(tree: Tree) -> None:
    """What the published schema demands of the root, and of the content."""
    root = tree.root
    sound = (
        isinstance(root.get("deviceid"), str)
        and isinstance(root.get("partial", False), bool)
        and isinstance(root.get("tag", ""), str)
        and root.get("itemtype", "Computer") in ITEM_TYPES
        and "versionclient" in tree.sections
    )
    if not sound:
        raise Unreadable("not_a_report")
