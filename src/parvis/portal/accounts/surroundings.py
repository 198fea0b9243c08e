"""Where a sign-in comes from, in words for its owner: the place on the network and the trust in the device.

Rooms above know networks and devices: the wiring provides them here. Until then, a private address is the internal
network and any other one the Internet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the list of sign-ins says of one."""

    network: Text
    """« Réseau interne », « Internet », or the name of a network of the authority."""
    trust: Text = ""
    """The trust level of the device, in a few words; empty if nobody knows."""
    color: str = "secondary"
    """Of the trust level's badge."""


Describe = Callable[[UserSession], Surroundings]


def by_address(row: UserSession) -> Surroundings:
    """Until another room has spoken."""
    try:
        inside = ip_address(row.ip).is_private
    except ValueError:
        inside = False
    return Surroundings(network=_("Réseau interne") if inside else _("Internet"))


_describe: Describe = by_address


def provide(describe: Describe) -> None:
    """Set who knows. Called once, by the wiring."""
    global _describe
    _describe = describe


def of(row: UserSession) -> Surroundings:
    """The surroundings of a sign-in."""
    return _describe(row)
