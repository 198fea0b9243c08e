"""How assets look: badges, icons, and the lines of their sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.parc import rules
from parvis.portal.parc.asset_forms import serial_label
from parvis.portal.parc.history import ORIGINS
from parvis.portal.parc.models import COMPUTER_KINDS, Asset
from parvis.portal.ui import formats
from parvis.portal.ui.templatetags.ui import state_badge

ASSET_LOOKS: Mapping[str, tuple[str, str]] = {
    "ordered": ("azure", "truck-delivery"),
    "stock": ("blue", "package"),
    "deployed": ("green", "check"),
    "repair": ("orange", "tool"),
    "lost": ("red", "alert-triangle"),
    "retired": ("secondary", "archive"),
    "disposed": ("secondary", "recycle"),
}
"""Colour and icon of each state."""

KIND_ICONS: Mapping[str, str] = {
    "office": "device-desktop",
    "laptop": "device-laptop",
    "server": "server",
    "admin": "shield-lock",
    "school": "school",
    "screen": "device-imac",
    "phone": "device-mobile",
    "desk_phone": "phone",
    "tablet": "devices",
    "printer": "printer",
    "network": "router",
    "sim": "device-mobile-message",
    "badge": "id-badge-2",
    "accessory": "headset",
}

MOVE_WORDS: Mapping[str, tuple[str, str]] = {
    "stock": ("package", "btn"),
    "deployed": ("check", "btn"),
    "repair": ("tool", "btn"),
    "lost": ("alert-triangle", "btn"),
    "retired": ("archive", "btn"),
    "disposed": ("recycle", "btn"),
}
"""Icon and look of the button that moves an asset there."""


def asset_state(asset: Asset) -> SafeString:
    """Where it is in its life, as a badge."""
    return state_badge(asset.get_state_display(), *ASSET_LOOKS[asset.state])


def move_label(state: str) -> str:
    """What the button says."""
    return {
        "stock": _("Remettre en stock"),
        "deployed": _("Mettre en service"),
        "repair": _("Envoyer en réparation"),
        "lost": _("Déclarer perdu ou volé"),
        "retired": _("Retirer du service"),
        "disposed": _("Sortir du parc"),
    }[state]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the sheet."""

    label: str
    value: SafeString | str
    origin: str = ""
    """Who said so, in words; empty: not known."""
    fixed: bool = False
    """Digits of the same width: numbers one copies."""


def identity(asset: Asset, *, manages: bool) -> list[Fact]:
    """What it is and where: for whoever sees the asset."""
    site: SafeString | str = str(asset.site or "—")
    if asset.site is not None and manages:
        site = format_html('<a href="{}">{}</a>', reverse("parc:site", args=[asset.site_id]), asset.site)
    facts = [
        _fact(asset, "kind", _("Type"), asset.get_kind_display()),
        _fact(asset, "model", _("Modèle"), str(asset.model or "")),
        _fact(asset, "serial", str(serial_label(asset.kind)), asset.serial, fixed=True),
        _fact(asset, "tag", _("Numéro d’inventaire"), asset.tag, fixed=True),
        _fact(asset, "entity", _("Service"), str(asset.entity)),
        _fact(asset, "site", _("Site"), site),
        _fact(asset, "room", _("Local"), asset.room),
    ]
    if asset.kind in {"phone", "desk_phone", "sim", "tablet"}:
        facts.append(_fact(asset, "phone_number", _("Numéro de ligne"), asset.phone_number, fixed=True))
    if asset.is_computer or asset.kind in {"network", "printer", "desk_phone"}:
        facts.append(_fact(asset, "address", _("Adresse réseau"), asset.address, fixed=True))
    if asset.is_computer or asset.kind in {"network", "printer", "desk_phone", "tablet"}:
        facts.append(_fact(asset, "mac_address", _("Adresse MAC"), asset.mac_address, fixed=True))
    if asset.is_computer or asset.kind in {"network", "printer"}:
        port = rules.probe_port(asset.kind, asset.probe_port)
        facts.append(_fact(asset, "probe_port", _("Port vérifié"), str(port), fixed=True))
    return facts


def purchase(asset: Asset, *, repairs: Decimal | None, today: date) -> list[Fact]:
    """How it was bought and what it costs: for who watches the parc."""
    supplier: SafeString | str = ""
    if asset.supplier is not None:
        supplier = format_html(
            '<a href="{}">{}</a>', reverse("parc:supplier", args=[asset.supplier_id]), asset.supplier
        )
    contract: SafeString | str = ""
    if asset.contract is not None:
        contract = format_html(
            '<a href="{}">{}</a>', reverse("parc:contract", args=[asset.contract_id]), asset.contract
        )
    return [
        _fact(asset, "purchase_date", _("Acheté le"), _bought(asset.purchase_date, today)),
        _fact(asset, "warranty_end_date", _("Garantie"), warranty(asset.warranty_end_date, today)),
        _fact(asset, "cost", _("Prix d’achat"), formatted(asset.cost)),
        Fact(_("Réparations et entretien"), formatted(repairs) or "—"),
        _fact(asset, "supplier", _("Fournisseur"), supplier),
        _fact(asset, "order_number", _("Bon de commande"), asset.order_number, fixed=True),
        _fact(asset, "contract", _("Contrat"), contract),
    ]


def warranty(end: date | None, today: date) -> str:
    """`jusqu’au lundi 23 novembre 2026 (encore 14 mois)`; empty when nothing is known."""
    if end is None:
        return ""
    if end < today:
        return _("finie depuis le %(day)s") % {"day": formats.day(end)}
    return _("jusqu’au %(day)s (%(left)s)") % {"day": formats.day(end), "left": _left(end, today)}


def _left(end: date, today: date) -> str:
    months = rules.months_between(today, end)
    if months:
        return ngettext("encore %(count)d mois", "encore %(count)d mois", months) % {"count": months}
    days = (end - today).days
    return ngettext("encore %(count)d jour", "encore %(count)d jours", days) % {"count": days}


def _bought(bought: date | None, today: date) -> str:
    if bought is None:
        return ""
    years = rules.months_between(bought, today) // 12
    if years < 1:
        return formats.day(bought)
    age = ngettext("%(count)d an", "%(count)d ans", years) % {"count": years}
    return _("%(day)s (%(age)s)") % {"day": formats.day(bought), "age": age}


def formatted(amount: Decimal | None) -> str:
    """`1 234,50 €`; empty for None."""
    return formats.euros(amount) if amount is not None else ""


def is_computer_kind(kind: str) -> bool:
    """Whether this kind is a computer."""
    return kind in COMPUTER_KINDS


def _fact(asset: Asset, name: str, label: str, value: SafeString | str, *, fixed: bool = False) -> Fact:
    origin = str(ORIGINS.get(asset.origins.get(name, ""), "")) if value else ""
    return Fact(label, value or "—", origin, fixed)
