"""Where a sign-in comes from, in words for its owner: the place on the network and the trust in the device.

Rooms above know networks and devices: the wiring provides them here. Until then, a private address is the internal
network and any other one the Internet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

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


INSIDE = tuple(
    ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10")
)
"""Addresses that no provider of the Internet routes (RFC 1918, RFC 4193)."""

Describe = Callable[[UserSession], Surroundings]


def by_address(row: UserSession) -> Surroundings:
    """Until another room has spoken."""
    try:
        address = ip_address(row.ip)
        inside = any(address in each for each in INSIDE)
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
