"""How the inside of a computer looks: badges with words, sizes."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.inventory.models import Acknowledgement, Inventory
from parvis.portal.kernel import clock
from parvis.portal.ui.templatetags.ui import state_badge

Kind = Acknowledgement.Kind

ANOMALY_LOOKS: Mapping[Kind, tuple[str, str]] = {
    Kind.USER: ("orange", "users"),
    Kind.SILENT: ("yellow", "clock"),
    Kind.GONE: ("red", "alert-triangle"),
}
"""Colour and icon."""


def anomaly(kind: Kind, inventory: Inventory) -> str:
    """What is odd, in words."""
    if kind == Kind.USER:
        return _("Autre utilisateur")
    if kind == Kind.SILENT:
        return _("Muet depuis 14 jours")
    return _("Allumé (%(state)s)") % {"state": inventory.asset.get_state_display().lower()}


def encryption(inventory: Inventory) -> SafeString:
    """Whether its disk is encrypted."""
    if inventory.encrypted is None:
        return state_badge(_("Non précisé"), "secondary", "help")
    if inventory.encrypted:
        return state_badge(_("Chiffré"), "green", "lock")
    return state_badge(_("En clair"), "red", "lock-open")


def antivirus(inventory: Inventory) -> SafeString:
    """Its name, and whether it knows the newest threats."""
    if not inventory.antivirus:
        return state_badge(_("Aucun relevé"), "secondary", "help")
    if inventory.antivirus_current is False:
        return state_badge(_("%(name)s, pas à jour") % {"name": inventory.antivirus}, "red", "alert-triangle")
    return state_badge(inventory.antivirus, "green", "shield-check")


def support(inventory: Inventory) -> SafeString:
    """Whether the maker still mends its system's faults."""
    ends = inventory.os_ends_date
    if ends is None:
        return state_badge(_("Non connu"), "secondary", "help")
    if ends < clock.today():
        return state_badge(_("Plus depuis le %(day)s") % {"day": f"{ends:%d/%m/%Y}"}, "red", "alert-triangle")
    return state_badge(_("Jusqu’au %(day)s") % {"day": f"{ends:%d/%m/%Y}"}, "green", "check")


def balance(left: int) -> SafeString:
    """What is left of a licence."""
    if left < 0:
        words = ngettext("%(n)d poste de trop", "%(n)d postes de trop", -left) % {"n": -left}
        return state_badge(words, "red", "alert-triangle")
    if left == 0:
        return state_badge(_("Complet"), "orange", "")
    return state_badge(ngettext("%(n)d libre", "%(n)d libres", left) % {"n": left}, "green", "")


def memory(megabytes: int | None) -> str:
    """`16 Go`: memory is counted in powers of two, shown as its makers do."""
    if not megabytes:
        return ""
    gigabytes = megabytes / 1024
    text = f"{gigabytes:.0f}" if gigabytes >= 1.5 else f"{gigabytes:.1f}".replace(".", ",")
    return _("%(n)s\u202fGo") % {"n": text}


def yes_no(value: bool | None) -> str:
    """For files."""
    return "" if value is None else _("oui") if value else _("non")
