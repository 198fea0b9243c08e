"""The voice server’s settings, read once from the environment. One line of plain words per bad value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from parvis.ticket.addresses import Network
from parvis.voice.janus.configuration import JanusSettings
from parvis.voice.sip.settings import SipSettings
from parvis.voice.turn import TurnSettings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MIN_SECRET = 32
T = TypeVar("T")


class SettingsError(ValueError):
    """A setting is missing or wrong; `str()` names it and says what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one browser, one address or one silence may ask for."""

    handshake_seconds: float = 5.0
    first_message_seconds: float = 10.0
    pending_per_address: int = 64
    portal_silence_seconds: float = 60.0
    heartbeat_seconds: float = 5.0
    ping_seconds: float = 10.0
    browser_silence_seconds: float = 30.0
    people: int = 400
    """All rooms together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the voice server is told from outside."""

    name: str
    portal_url: str
    secret: str
    origins: frozenset[str]
    state_dir: Path
    listen: tuple[str, int] | None = ("127.0.0.1", 8002)
    socket: Path | None = None
    trusted_proxies: tuple[Network, ...] = ()
    janus: JanusSettings = field(default_factory=JanusSettings)
    sip: SipSettings | None = None
    turn: TurnSettings = field(default_factory=TurnSettings)
    limits: Limits = Limits()

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Settings(name={self.name!r}, listen={self.listen!r}, sip={self.sip!r})"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every `PARVIS_VOICE_…` variable.

        Raises:
            SettingsError: naming the first variable at fault.
        """
        read = _Reader(environ)
        socket = read("PARVIS_VOICE_SOCKET", Path, None)
        return cls(
            name=read("PARVIS_VOICE_NAME", _name, "voix"),
            portal_url=read("PARVIS_PORTAL_INTERNAL_URL", _url),
            secret=read("PARVIS_VOICE_SECRET", _secret),
            origins=read("PARVIS_ORIGINS", _origins),
            state_dir=read("PARVIS_VOICE_STATE_DIR", Path),
            listen=read("PARVIS_VOICE_LISTEN", _listen, None if socket else ("127.0.0.1", 8002)),
            socket=socket,
            trusted_proxies=read("PARVIS_TRUSTED_PROXIES", _networks, ()),
            janus=_janus(read),
            sip=_sip(read),
            turn=_turn(read),
            limits=Limits(people=read("PARVIS_VOICE_PEOPLE", _count, Limits().people)),
        )


def _janus(read: _Reader) -> JanusSettings:
    default = JanusSettings()
    return JanusSettings(
        binary=read("PARVIS_VOICE_JANUS", str, default.binary),
        modules=read("PARVIS_VOICE_JANUS_MODULES", Path, None),
        media_ports=read("PARVIS_VOICE_MEDIA_PORTS", _ports, default.media_ports),
        loopback_ports=read("PARVIS_VOICE_LOOPBACK_PORTS", _ports, default.loopback_ports),
        public_addresses=read("PARVIS_VOICE_PUBLIC_ADDRESSES", _addresses, ()),
        interfaces=read("PARVIS_VOICE_INTERFACES", _interfaces, ""),
        ipv6=read("PARVIS_VOICE_IPV6", _flag, False),
    )


def _sip(read: _Reader) -> SipSettings | None:
    trunks = read("PARVIS_VOICE_SIP_TRUNKS", _networks, ())
    if not trunks:
        return None
    listen = read("PARVIS_VOICE_SIP_LISTEN", _listen, ("0.0.0.0", 5060))  # noqa: S104  # reached by the trunk only
    media = read("PARVIS_VOICE_SIP_MEDIA_ADDRESS", _address, "")
    if not media and ip_address(listen[0]).is_unspecified:
        raise SettingsError("PARVIS_VOICE_SIP_MEDIA_ADDRESS is not set: which address does the operator send sound to?")
    user = read("PARVIS_VOICE_SIP_USER", str, "")
    password = read("PARVIS_VOICE_SIP_PASSWORD", str, "")
    if bool(user) != bool(password):
        raise SettingsError("PARVIS_VOICE_SIP_USER and PARVIS_VOICE_SIP_PASSWORD go together")
    default = SipSettings(listen=listen, trunks=trunks)
    return SipSettings(
        listen=listen,
        trunks=trunks,
        media_address=media,
        media_ports=read("PARVIS_VOICE_SIP_MEDIA_PORTS", _ports, default.media_ports),
        user=user,
        password=password,
        most_calls=read("PARVIS_VOICE_SIP_CALLS", _count, default.most_calls),
    )


def _turn(read: _Reader) -> TurnSettings:
    urls = read("PARVIS_VOICE_TURN_URLS", _turn_urls, ())
    secret = read("PARVIS_VOICE_TURN_SECRET", str, "")
    if any(url.startswith("turn") for url in urls) and len(secret) < 16:
        raise SettingsError("PARVIS_VOICE_TURN_SECRET: expected at least 16 characters, the same as coturn’s")
    return TurnSettings(urls, secret)


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], T], *default: Any) -> Any:
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
        raise ValueError("expected host:port, for example 127.0.0.1:8002")
    return _address(host.strip("[]") or "127.0.0.1"), int(port)


def _address(text: str) -> str:
    return str(ip_address(text))


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(_address(item.strip()) for item in text.split(",") if item.strip())


def _interfaces(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:,-]{1,200}", text):
        raise ValueError("expected names of interfaces or addresses, comma-separated")
    return text


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


def _ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and 1024 <= int(low) < int(high) < 65536):
        raise ValueError("expected a range of ports above 1023, for example 20000-21999")
    return int(low), int(high)


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 100_000:
        raise ValueError("expected a whole number above 0")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "yes", "no", "true", "false"):
        raise ValueError("expected yes or no")
    return text.lower() in ("1", "yes", "true")


def _turn_urls(text: str) -> tuple[str, ...]:
    urls = tuple(item.strip() for item in text.split(",") if item.strip())
    for url in urls:
        if not re.fullmatch(r"(stun|turns?):[A-Za-z0-9.\[\]:-]{1,255}(\?transport=(udp|tcp))?", url):
            raise ValueError(f"{url!r} is not an address such as turn:turn.example.fr:3478?transport=udp")
    return urls
