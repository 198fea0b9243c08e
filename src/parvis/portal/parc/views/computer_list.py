"""What a computer's state on the network looks like, and who sees the lists of the parc."""

from __future__ import annotations

from django.utils.safestring import SafeString

from parvis.portal.accounts.models import User
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role
from parvis.portal.kernel import authz
from parvis.portal.parc import queries
from parvis.portal.parc.models import Asset
from parvis.portal.ui.templatetags.ui import state_badge

STATE_LOOKS = {
    Asset.Reachability.ON: ("green", "power"),
    Asset.Reachability.ASLEEP: ("blue", "zzz"),
    Asset.Reachability.UNREACHABLE: ("orange", "plug-connected-x"),
    Asset.Reachability.UNKNOWN: ("secondary", "help-circle"),
}
"""Colour and icon of each state."""


def state_of(asset: Asset) -> SafeString:
    """The state as a badge."""
    color, icon = STATE_LOOKS[Asset.Reachability(asset.reachability)]
    return state_badge(asset.get_reachability_display(), color, icon)


def watches(user: User) -> authz.Decision:
    """The lists are for the IT team and the auditors."""
    return authz.YES if has_role(user, *queries.VIEWING_ROLES) else NOT_STAFF
