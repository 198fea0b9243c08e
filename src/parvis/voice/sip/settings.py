"""Where telephones come from."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSettings:
    """The trunk, as agreed with the operator."""

    listen: tuple[str, int]
    """Address and UDP port; the address is also the one told in SDP unless `media_address` is set."""
    trunks: tuple[IPv4Network | IPv6Network, ...]
    """Who may call; everybody else is not answered at all."""
    media_address: str = ""
    """Told to the operator for sound; needed when `listen` is 0.0.0.0 or behind NAT."""
    media_ports: tuple[int, int] = (23000, 23999)
    user: str = ""
    password: str = ""
    """When set, calls must be signed by the operator (digest)."""
    most_calls: int = 60

    def allows(self, address: str) -> bool:
        """Whether a datagram of this address is looked at."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.trunks if network.version == ip.version)

    @property
    def told_address(self) -> str:
        """For SDP and Contact."""
        return self.media_address or self.listen[0]

    def __repr__(self) -> str:
        """Without the password."""
        return f"SipSettings(listen={self.listen!r}, trunks={self.trunks!r})"
