"""Where Parvis may connect: the check made on an address after DNS, never on a name.

Used by the gateway before it connects, by the portal's reachability probe and by
wake-up. Requirement 4 of THREAT_MODEL.md: the client never chooses the target, and
even a wrong or hostile record in the computers' table cannot reach loopback,
link-local, cloud metadata or a network outside the allowed ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE_NETWORKS = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""Allowed by default: the private ranges (RFC 1918, RFC 4193)."""


class AddressForbidden(ValueError):
    """The address may not be reached through Parvis; `str()` says why."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """`allowed` and `denied` networks (denied wins), and exact loopback exceptions for the demo."""

    allowed: tuple[Network, ...]
    denied: tuple[Network, ...] = ()
    loopback_targets: frozenset[tuple[str, int]] = frozenset()
    """(address, port) pairs on loopback, e.g. the demo desktop; production settings refuse any."""

    @classmethod
    def parse(cls, allowed: str, denied: str = "", loopback_targets: str = "") -> AddressPolicy:
        """Read comma-separated CIDRs, and `address:port` pairs.

        Raises:
            ValueError: a network or a pair is malformed.
        """
        pairs = set()
        for item in _items(loopback_targets):
            host, _, port = item.rpartition(":")
            pairs.add((str(ip_address(host.strip("[]"))), int(port)))
        return cls(
            allowed=tuple(ip_network(item) for item in _items(allowed)),
            denied=tuple(ip_network(item) for item in _items(denied)),
            loopback_targets=frozenset(pairs),
        )


def check_address(address: str, port: int, policy: AddressPolicy) -> Address:
    """The address to connect to, once it is known to be allowed.

    Raises:
        AddressForbidden: with the reason, for the audit trail and the DSI.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        raise AddressForbidden(f"{address!r} is not an IP address") from None
    if isinstance(ip, IPv6Address):
        # An IPv4 address in IPv6 clothes is judged as what it is (RFC 4291, RFC 3056, RFC 4380).
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        ip = embedded or ip
    if (str(ip), port) in policy.loopback_targets:
        return ip
    for forbidden, reason in (
        (ip.is_loopback, "loopback"),
        (ip.is_link_local, "link-local (cloud metadata included)"),
        (ip.is_multicast, "multicast"),
        (ip.is_unspecified, "unspecified"),
        (ip.is_reserved and not ip.is_private, "reserved"),
    ):
        if forbidden:
            raise AddressForbidden(f"{ip} is {reason}")
    if any(ip in network for network in policy.denied if network.version == ip.version):
        raise AddressForbidden(f"{ip} is in a denied network")
    if not any(ip in network for network in policy.allowed if network.version == ip.version):
        raise AddressForbidden(f"{ip} is outside the allowed networks")
    return ip


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
