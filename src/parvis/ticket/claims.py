"""What a ticket says."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

MAX_LIFETIME_SECONDS = 60
"""A ticket lives at most this long (requirement 1 of THREAT_MODEL.md)."""

_HEX = frozenset("0123456789abcdef")


class TicketError(ValueError):
    """The ticket is malformed, forged, expired or says something impossible.

    `code` is one word of the table in `docs/reference/gateway-protocol.md`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Protocol(enum.StrEnum):
    """The remote display protocols relayed by the gateway."""

    RDP = "rdp"
    VNC = "vnc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the remote session may do, decided by the portal at connection time."""

    clipboard_to_pc: bool = False
    clipboard_from_pc: bool = False
    idle_seconds: int
    """Seconds without a key or a pointer movement before the gateway closes."""
    ends_at: int
    """Absolute end of the session, Unix seconds."""
    keyboard_layout: int = 0x040C
    """Windows keyboard layout id announced to the PC; 0x040C is French."""
    color_depth: int = 32
    """Bits per pixel asked of an RDP server: 16, 24 or 32."""
    autologon: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """One permission to open one connection, once, to one place."""

    jti: str
    """128 random bits, 32 lowercase hexadecimal digits."""
    iat: int
    exp: int
    session: UUID
    connection: UUID
    sign_in: str
    user: int
    computer: int
    protocol: Protocol
    host: str
    port: int
    policy: Policy
    correlation: str

    def __post_init__(self) -> None:
        """Refuse impossible claims on both sides: at signing and at verification."""
        _require(len(self.jti) == 32 and set(self.jti) <= _HEX, "jti")
        _require(len(self.correlation) == 32 and set(self.correlation) <= _HEX, "correlation")
        _require(0 < self.exp - self.iat <= MAX_LIFETIME_SECONDS, "lifetime")
        _require(0 < self.port < 65536, "port")
        _require(0 < len(self.host) <= 253 and self.host.isprintable() and " " not in self.host, "host")
        _require(0 < len(self.sign_in) <= 64, "sign_in")
        _require(self.policy.color_depth in (16, 24, 32), "color_depth")
        _require(0 <= self.policy.keyboard_layout <= 0xFFFFFFFF, "keyboard_layout")
        _require(self.policy.idle_seconds > 0, "idle_seconds")

    def to_json(self) -> dict[str, Any]:
        """The payload as JSON types."""
        data = asdict(self)
        data["session"], data["connection"] = str(self.session), str(self.connection)
        data["protocol"] = str(self.protocol)
        return data

    @classmethod
    def from_json(cls, data: object) -> Claims:
        """Read a payload strictly: exact keys, exact types.

        Raises:
            TicketError: `malformed`, naming the first field at fault.
        """
        fields = _fields(data, _CLAIM_TYPES)
        fields["policy"] = Policy(**_fields(fields["policy"], _POLICY_TYPES))
        try:
            fields["session"], fields["connection"] = UUID(fields["session"]), UUID(fields["connection"])
            fields["protocol"] = Protocol(fields["protocol"])
        except ValueError as error:
            raise TicketError("malformed", str(error)) from None
        return cls(**fields)


_CLAIM_TYPES: dict[str, type] = {
    "jti": str,
    "iat": int,
    "exp": int,
    "session": str,
    "connection": str,
    "sign_in": str,
    "user": int,
    "computer": int,
    "protocol": str,
    "host": str,
    "port": int,
    "policy": dict,
    "correlation": str,
}
_POLICY_TYPES: dict[str, type] = {
    "clipboard_to_pc": bool,
    "clipboard_from_pc": bool,
    "idle_seconds": int,
    "ends_at": int,
    "keyboard_layout": int,
    "color_depth": int,
    "autologon": bool,
}


def _fields(data: object, types: dict[str, type]) -> dict[str, Any]:
    if not isinstance(data, dict) or data.keys() != types.keys():
        raise TicketError("malformed", "unexpected set of fields")
    for name, expected in types.items():
        # `type is`, not isinstance: True is an int for isinstance.
        if type(data[name]) is not expected:
            raise TicketError("malformed", f"{name} is not a {expected.__name__}")
    return dict(data)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise TicketError("malformed", f"impossible {what}")
