"""The gateway's settings, read once from the environment. One line of plain words per bad value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from parvis.ticket.addresses import PRIVATE_NETWORKS, AddressPolicy, Network

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MIN_SECRET = 32
T = TypeVar("T")


class SettingsError(ValueError):
    """A setting is missing or wrong; `str()` names it and says what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one browser, one address or one silence may ask for. Sizes in bytes, times in seconds."""

    max_frame: int = 4 * 1024 * 1024
    handshake_seconds: float = 5.0
    """From the accepted socket to a complete HTTP upgrade."""
    first_message_seconds: float = 10.0
    """From the upgrade to a complete ticket or RDCleanPath request."""
    connect_seconds: float = 8.0
    """For name resolution, TCP, X.224 and TLS, each."""
    pending_per_address: int = 128
    """Connections of one client address that have not shown a valid ticket yet."""
    portal_silence_seconds: float = 60.0
    """Without an answer from the portal for this long, no new session."""
    heartbeat_seconds: float = 2.0
    ping_seconds: float = 5.0
    browser_silence_seconds: float = 30.0
    """Without a byte from the browser, pongs included, for this long, it is lost."""
    peer_timeout_seconds: float = 20.0
    """Unacknowledged TCP data for this long ends a connection (RFC 5482)."""
    drain_seconds: float = 5.0
    """At its end: how long the last events may take to reach the portal."""
    drain_limit_seconds: float = 8 * 3600.0
    """After SIGUSR1: how long live sessions may go on before they are closed and the process ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the gateway is told from outside."""

    name: str
    """Stable name of this gateway, the same after a restart."""
    portal_url: str
    """`http://host:port`, `https://…` or `unix:/path` of the portal's internal interface."""
    secret: str
    """Shared with the portal; never logged."""
    origins: frozenset[str]
    addresses: AddressPolicy
    state_dir: Path
    listen: tuple[str, int] | None = ("127.0.0.1", 8001)
    listen_fd: int | None = None
    """The socket bound to that address, when it is inherited: the next gateway has it too (`parvis serve`)."""
    socket: Path | None = None
    """Unix socket on which the portal hands over accepted WebSocket connections."""
    trusted_proxies: tuple[Network, ...] = ()
    """Peers whose X-Forwarded-For is believed."""
    limits: Limits = Limits()

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Settings(name={self.name!r}, listen={self.listen!r})"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every `PARVIS_…` variable the gateway knows.

        Raises:
            SettingsError: naming the first variable at fault.
        """
        read = _Reader(environ)
        socket = read("PARVIS_GATEWAY_SOCKET", Path, None)
        listen = read("PARVIS_GATEWAY_LISTEN", _listen, None if socket else ("127.0.0.1", 8001))
        return cls(
            name=read("PARVIS_GATEWAY_NAME", _name, "gateway"),
            portal_url=read("PARVIS_PORTAL_INTERNAL_URL", _url),
            secret=read("PARVIS_GATEWAY_SECRET", _secret),
            origins=read("PARVIS_ORIGINS", _origins),
            addresses=_addresses(read),
            state_dir=read("PARVIS_GATEWAY_STATE_DIR", Path),
            listen=listen,
            listen_fd=read("PARVIS_LISTEN_FD", int, None) if listen else None,
            socket=socket,
            trusted_proxies=read("PARVIS_TRUSTED_PROXIES", _networks, ()),
            limits=_limits(read),
        )


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], T], *default: T) -> T:
        text = self._environ.get(name, "").strip()
        if not text:
            if default:
                return default[0]
            raise SettingsError(f"{name} is not set")
        try:
            return parse(text)
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from None


def _listen(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ValueError("expected host:port, for example 127.0.0.1:8001")
    return host.strip("[]") or "127.0.0.1", int(port)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected letters, digits, dots and hyphens, at most 63")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return text
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected http://host:port, https://host or unix:/path")
    return text.rstrip("/")


def _secret(text: str) -> str:
    if len(text) < _MIN_SECRET:
        raise ValueError(f"expected at least {_MIN_SECRET} characters")
    return text


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(item.strip() for item in text.split(",") if item.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
            raise ValueError(f"{origin!r} is not an origin such as https://parvis.example.fr")
    return origins


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())


def _addresses(read: _Reader) -> AddressPolicy:
    allowed = read("PARVIS_ALLOWED_NETWORKS", str, PRIVATE_NETWORKS)
    denied = read("PARVIS_DENIED_NETWORKS", str, "")
    targets = read("PARVIS_LOOPBACK_TARGETS", str, "")
    for name, arguments in (
        ("PARVIS_ALLOWED_NETWORKS", (allowed,)),
        ("PARVIS_DENIED_NETWORKS", ("", denied)),
        ("PARVIS_LOOPBACK_TARGETS", ("", "", targets)),
    ):
        try:
            AddressPolicy.parse(*arguments)
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from None
    policy = AddressPolicy.parse(allowed, denied, targets)
    if any(not ip_address(address).is_loopback for address, _ in policy.loopback_targets):
        raise SettingsError("PARVIS_LOOPBACK_TARGETS: only loopback addresses belong here")
    return policy


def _limits(read: _Reader) -> Limits:
    values: dict[str, float] = {}
    for field, kind in (
        ("max_frame", int),
        ("handshake_seconds", float),
        ("first_message_seconds", float),
        ("connect_seconds", float),
        ("pending_per_address", int),
        ("portal_silence_seconds", float),
        ("heartbeat_seconds", float),
        ("ping_seconds", float),
        ("browser_silence_seconds", float),
        ("peer_timeout_seconds", float),
        ("drain_seconds", float),
        ("drain_limit_seconds", float),
    ):
        default = getattr(Limits(), field)
        values[field] = read(f"PARVIS_GATEWAY_{field.upper()}", _positive(kind), default)
    return Limits(**values)  # type: ignore[arg-type]  # each value has its field's type


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = kind(text)
        if not 0 < number < 1e9:
            raise ValueError("expected a number above 0")
        return number

    return parse
