"""The items of a GLPI as lines of an import: what its fields say, in the words this room understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag

from parvis.portal.accounts import vault
from parvis.portal.imports import values as cell
from parvis.portal.imports.facts import Said
from parvis.portal.imports.fields import SHORT
from parvis.portal.imports.glpi.client import Session
from parvis.portal.imports.glpi.transport import GlpiFailed
from parvis.portal.imports.models import Connection
from parvis.portal.imports.reading import ReadingBroken

FIELDS = {
    "name": "name", "serial": "serial", "otherserial": "tag", "entities_id": "entity", "locations_id": "site",
    "states_id": "state", "manufacturers_id": "manufacturer", "comment": "notes",
}  # fmt: skip
"""GLPI's columns → ours, the same for every type of item."""

KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "Computer": ("ordinateur", frozenset({"office", "laptop", "server", "tablet"})),
    "Monitor": ("écran", frozenset()),
    "Phone": ("phone", frozenset({"phone", "desk_phone"})),
    "Printer": ("imprimante", frozenset()),
    "NetworkEquipment": ("network", frozenset()),
    "Peripheral": ("accessoire", frozenset({"tablet"})),
}
"""Type of item → what it is, and what its own type may make of it."""
MODELS = {
    "Computer": "computermodels_id", "Monitor": "monitormodels_id", "Phone": "phonemodels_id",
    "Printer": "printermodels_id", "NetworkEquipment": "networkequipmentmodels_id", "Peripheral": "peripheralmodels_id",
}  # fmt: skip


def session_of(connection: Connection) -> Session:
    """A session to enter.

    Raises:
        GlpiFailed: the tokens were encrypted with another installation's key (`token_unreadable`).
    """
    try:
        app = vault.decrypt(connection.app_token) if connection.app_token else ""
        user = vault.decrypt(connection.user_token) if connection.user_token else ""
    except (InvalidTag, ValueError):
        raise GlpiFailed("token_unreadable") from None
    return Session(connection.url, app, user)


def lines_of_glpi(connection: Connection, *, most: int) -> Iterator[Said]:
    """One an item, of all types the connection reads.

    Raises:
        ReadingBroken: GLPI gave no usable answer, or more than `most` items.
    """
    try:
        with session_of(connection) as glpi:
            glpi.open_all_entities()
            people, money = _people(glpi), _money(glpi)
            number = 0
            for item_type in connection.item_types:
                for row in glpi.items(item_type):
                    if _flag(row, "is_template") or _flag(row, "is_deleted"):
                        continue
                    number += 1
                    if number > most:
                        raise ReadingBroken("too_many_lines")
                    yield _said(number, item_type, row, people, money)
    except GlpiFailed as problem:
        raise ReadingBroken(f"glpi_{problem.code}", problem.detail) from None


def _said(number: int, item_type: str, row: dict[str, Any], people: dict[str, str], money: Money) -> Said:
    said = {ours: _text(row.get(theirs)) for theirs, ours in FIELDS.items()}
    said["model"] = _text(row.get(MODELS[item_type]))
    said["kind"] = _kind(item_type, _text(row.get(f"{MODELS[item_type].removesuffix('models_id')}types_id")))
    login = _text(row.get("users_id")) or _text(row.get("contact")).partition("@")[0]
    said["agent"] = people.get(login, login)
    said |= money.get((item_type, _text(row.get("id"))), {})
    said = {name: text for name, text in said.items() if text}
    return Said(number, said, tuple(said.get(name, "") for name in SHORT))


def _kind(item_type: str, text: str) -> str:
    usual, allowed = KINDS[item_type]
    try:
        said = cell.kind(text)
    except ValueError:
        return usual
    return said.kind.replace("_", " ") if said.kind in allowed and not said.loose else usual


def _people(glpi: Session) -> dict[str, str]:
    """Login → every way to name that person: address, personnel number, name. Empty without the right to read them."""
    try:
        emails = {_text(row.get("users_id")): _text(row.get("email")) for row in glpi.items("UserEmail")}
        found = {}
        for row in glpi.items("User"):
            login = _text(row.get("name"))
            name = f"{_text(row.get('firstname'))} {_text(row.get('realname'))}".strip()
            ways = [emails.get(login, ""), _text(row.get("registration_number")), login, name]
            found[login] = " | ".join(way for way in ways if way)
    except GlpiFailed as problem:
        if problem.code not in {"right", "not_glpi", "glpi_error"}:
            raise
        return {}
    return found


Money = dict[tuple[str, str], dict[str, str]]
"""Type and id of an item → what was paid for it, and until when it is covered."""


def _money(glpi: Session) -> Money:
    """Read with keys, not words: GLPI would say the item's name instead of its number, and names are no keys."""
    found: Money = {}
    suppliers = _suppliers(glpi)
    try:
        for row in glpi.items("Infocom", expand_dropdowns="false"):
            said = {
                "purchase_date": _text(row.get("buy_date")), "cost": _text(row.get("value")),
                "order_number": _text(row.get("order_number")),
                "supplier": suppliers.get(_text(row.get("suppliers_id")), ""),
            }  # fmt: skip
            said["warranty_end_date"] = _covered(row)
            found[_text(row.get("itemtype")), _text(row.get("items_id"))] = said
    except GlpiFailed as problem:
        if problem.code not in {"right", "not_glpi", "glpi_error"}:
            raise
    return found


def _suppliers(glpi: Session) -> dict[str, str]:
    """Number → name. Empty without the right to read them."""
    try:
        return {_text(row.get("id")): _text(row.get("name")) for row in glpi.items("Supplier")}
    except GlpiFailed as problem:
        if problem.code not in {"right", "not_glpi", "glpi_error"}:
            raise
        return {}


def _covered(row: dict[str, Any]) -> str:
    start = _text(row.get("warranty_date")) or _text(row.get("buy_date"))
    try:
        count = int(_text(row.get("warranty_duration")) or 0)
        return cell.after_months(cell.day(start), count).isoformat() if 0 < count <= 240 else ""
    except ValueError:
        return ""


def _flag(row: dict[str, Any], name: str) -> bool:
    return str(row.get(name, 0)).lower() in {"1", "true"}


def _text(value: Any) -> str:
    """GLPI says « nothing » as null, 0, an empty text, or `&nbsp;`."""
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    found = cell.text(str(value)[:10_000])
    return "" if found == "0" else found
