"""What a report says of an asset's own fields, in the words of the asset where they mean the same."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

from parvis.portal.inventory import rules
from parvis.portal.inventory.content import Content, Network
from parvis.portal.parc import rules as parc
from parvis.portal.parc.asset_services import AssetData
from parvis.portal.parc.models import COMPUTER_KINDS, Asset, AssetModel

MAKERS = {
    "hewlett-packard": "HP",
    "hewlett packard": "HP",
    "hp inc.": "HP",
    "hpe": "HPE",
    "dell inc.": "Dell",
    "dell computer corporation": "Dell",
    "lenovo": "Lenovo",
    "asustek computer inc.": "ASUS",
    "fujitsu client computing limited": "Fujitsu",
    "microsoft corporation": "Microsoft",
    "apple inc.": "Apple",
    "vmware, inc.": "VMware",
    "acer incorporated": "Acer",
}
"""Makers under several names, in lower case, and the one people use."""

MOVING = frozenset({"laptop", "phone", "tablet"})
"""Kinds whose address is their user's home or hotel as often as the office: never written on the asset."""


def values_for(asset: Asset, content: Content) -> AssetData:
    """What the report says of the asset's fields. A value that means the same as the asset's is the asset's."""
    values = AssetData()
    name = name_of(content, asset.kind)
    if name and name.upper() != asset.name.upper():
        values["name"] = name
    _add_serial(values, asset, content)
    _add_network(values, asset, content)
    model = model_of(content, asset.kind)
    if model is not None and str(model) != str(asset.model or ""):
        values["model"] = model
    return values


def values_of_new(content: Content, kind: str) -> AssetData:
    """The fields of an asset made by a report; the caller adds the entity."""
    blank = Asset(kind=kind)
    values = values_for(blank, content)
    values["kind"] = kind
    values["name"] = name_of(content, kind) or _invented_name(content, kind)
    return values


def fields_said(content: Content) -> frozenset[str]:
    """The fields of the asset that the report speaks of at all, whether or not they are as the asset has them."""
    said = {
        "name": content.name,
        "serial": content.serial or content.board_serial,
        "mac_address": content.networks,
        "address": content.networks,
        "model": content.model,
        "kind": content.chassis,
    }
    return frozenset(field for field, value in said.items() if value)


def kind_difference(asset: Asset, content: Content) -> dict[str, str]:
    """A laptop that the list calls an office PC, or the other way: said, never written."""
    both = {"office", "laptop"}
    kind = rules.kind_of(content)
    return {"kind": kind} if content.chassis and {asset.kind, kind} == both else {}


def name_of(content: Content, kind: str) -> str:
    """The reported name as an asset of this kind may have it; empty: none it may have."""
    text = " ".join(content.name.split())[:63]
    if kind in COMPUTER_KINDS:
        text = text.split(".")[0]
        return text if parc.name_is_valid(text) else ""
    return text if text.isprintable() else ""


def _invented_name(content: Content, kind: str) -> str:
    serial = rules.normal_identity("serial", content.serial or content.board_serial)
    tail = re.sub(r"[^A-Za-z0-9-]", "", serial or content.device_id)[-20:].strip("-") or "inconnu"
    return f"{'poste' if kind in COMPUTER_KINDS else 'materiel'}-{tail}"


def _add_serial(values: AssetData, asset: Asset, content: Content) -> None:
    maker = content.manufacturer
    serial = rules.normal_identity("serial", content.serial, manufacturer=maker)
    serial = (serial or rules.normal_identity("board", content.board_serial))[:100]
    if serial and serial != rules.normal_identity("serial", asset.serial, manufacturer=maker):
        values["serial"] = serial


def _add_network(values: AssetData, asset: Asset, content: Content) -> None:
    """The first real card; none if the asset's own card or address is among the reported ones, or is a host name."""
    cards = [(rules.normal_identity("mac", card.mac), card) for card in content.networks if not card.virtual]
    cards = [(mac, card) for mac, card in cards if mac]
    if not cards:
        return
    mac, card = next(((mac, card) for mac, card in cards if _address(card)), cards[0])
    if asset.mac_address not in {each for each, _card in cards}:
        values["mac_address"] = mac
    everywhere = {address for _mac, each in cards for address in each.addresses}
    fixed = asset.kind not in MOVING and (not asset.address or _is_ip(asset.address))
    if fixed and asset.address not in everywhere and (address := _address(card)):
        values["address"] = address


def _address(card: Network) -> str:
    """Its first IPv4 address that others can reach."""
    for text in card.addresses:
        try:
            address = ip_address(text)
        except ValueError:
            continue
        if address.version == 4 and not (address.is_loopback or address.is_link_local or address.is_unspecified):
            return str(address)
    return ""


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def maker_of(text: str) -> str:
    """The maker under the name people use."""
    text = " ".join(text.split())
    usual = MAKERS.get(text.lower())
    if usual:
        return usual
    return "" if rules.is_filler(text) else text[:80]


def model_of(content: Content, kind: str) -> AssetModel | None:
    """The model, added if it is new; None: not said, or not a model (unset firmware)."""
    name = " ".join(content.model.split())[:120]
    if rules.is_filler(name):
        return None
    return AssetModel.objects.get_or_create(manufacturer=maker_of(content.manufacturer), name=name, kind=kind)[0]


def shown(name: str, value: Any) -> str:
    """A reported value in words, as differences keep it (a model by its key)."""
    if name == "model":
        model = AssetModel.objects.filter(pk=value).first()
        return str(model or "")
    if name == "kind":
        return str(Asset.Kind(value).label) if value in Asset.Kind.values else str(value)
    return str(value)
