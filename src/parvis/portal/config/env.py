"""The environment, parsed once: every variable of the portal. `docs/reference/settings.md` is made from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from parvis.portal.config import buckets
from parvis.ticket.addresses import PRIVATE_NETWORKS, AddressPolicy


class EnvironmentInvalid(ValueError):
    """A variable has a value that cannot be used; `str()` names it and says what is expected."""


def _doc(text: str, default: Any, *, shown: bool = True) -> Any:
    return field(default=default, metadata={"doc": text}, repr=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the installation says of itself. Field `x_y` is the variable `PARVIS_X_Y`."""

    mode: str = _doc("`demo`, `development` or `production`.", "production")
    data_dir: Path = _doc("Folder of the embedded database, keys, files and journals.", Path("var"))  # noqa: RUF009 - a Path never changes
    url: str = _doc("Address the portal is opened at, without a final slash.", "http://localhost:8000")
    database_url: str = _doc(
        "`sqlite` (embedded, in the data folder) or `postgresql://user:password@host:port/name`.", "sqlite"
    )
    cache_url: str = _doc(
        "Several machines: the Redis or Valkey server they share, `redis://user:password@host:port/0`, `rediss://…` "
        "(TLS) or `unix:///path`. Empty: files in the data folder, for one machine.",
        "",
    )
    hints: str = _doc(
        "`on`: gateways hear at once that something must end (PostgreSQL's LISTEN/NOTIFY, or a socket in the data "
        "folder); `off`: they find it within two seconds. `off` where a pooler in transaction mode forbids LISTEN.",
        "on",
    )
    shared_dir: str = _doc(
        "Several machines: the folder they share, with the uploaded files. Empty: the data folder.", ""
    )
    keys_dir: str = _doc("Folder of the keys, the same on every machine. Empty: `keys` in the data folder.", "")
    secret_key: str = _doc("Django's secret; made and kept in the data folder if empty.", "")
    gateway_secret: str = _doc("Shared by portal and gateways; made and kept in the data folder if empty.", "")
    gateway_origin: str = _doc("`wss://…` of a gateway on another origin; empty: same origin.", "")
    voice_secret: str = _doc("Shared by portal and voice server; made and kept in the data folder if empty.", "")
    voice_phone_number: str = _doc(
        "Number people dial to reach our own meeting rooms, as in `+33298001234`. Empty: no phone-in.", ""
    )
    trusted_proxies: frozenset[str] = _doc(
        "Addresses or networks of reverse proxies whose X-Forwarded-For is believed, comma-separated.", frozenset()
    )
    proxy_secret: str = _doc(
        "Known to portal and reverse proxy only: with it the proxy vouches for client certificates. Empty: none count.",
        "",
    )
    allowed_networks: str = _doc("Networks where office PCs are, CIDR, comma-separated.", PRIVATE_NETWORKS)
    denied_networks: str = _doc("Networks never reached (servers, administration), CIDR, comma-separated.", "")
    loopback_targets: str = _doc("Demo only: `127.0.0.1:port` pairs that may be reached.", "")
    directory_servers: str = _doc(
        "LDAP servers that may be reached though their network is not allowed: `address:port`, comma-separated.", ""
    )
    files_url: str = _doc(
        "Where uploaded files are kept: `disk` (the data folder), or a bucket that several portals share: "
        "`s3://bucket/prefix?endpoint=https://host`, with `&region=…`, `&ca=/path/of/ca.pem` and `&style=virtual` "
        "where they are needed. With PostgreSQL only.",
        buckets.DISK,
    )
    files_access_key: str = _doc("Access key of the bucket.", "", shown=False)
    files_secret_key: str = _doc("Secret key of the bucket.", "", shown=False)
    files_credentials: str = _doc(
        "Path of a file with both keys, a line each, instead of the two variables (systemd's credentials, a mounted "
        "secret).",
        "",
    )
    email_url: str = _doc("`smtp://user:password@host:port`, `smtps://…`, or empty: mails are written to the log.", "")
    email_from: str = _doc("Sender of the mails.", "parvis@localhost")
    caldav_url: str = _doc(
        "Agents' calendars on a CalDAV server, asked when they are busy (start and end only): "
        "`https://user:password@host/path/{email}/`, with `{email}` or `{name}` (what is before the @). Empty: none.",
        "",
    )
    authority_name: str = _doc("Name shown in the pages.", "Parvis")
    log_level: str = _doc("`debug`, `info`, `warning` or `error`.", "info")
    help_contact: str = _doc("Phone number or address of the help desk, shown to agents in difficulty.", "")
    session_hours: int = _doc("Absolute length of a remote session, in hours.", 10)
    idle_minutes: int = _doc("A remote session without a key or pointer movement ends after this long.", 30)
    resume_minutes: int = _doc("After a cut, the screen comes back without a new password for this long.", 5)
    sessions_per_user: int = _doc("Remote sessions a user may have at once.", 2)
    retention_months: int = _doc(
        "Remote sessions, refusals and audit records are deleted after this long, in months.", 12
    )
    portal_processes: int = _doc(
        "Portal processes of this machine under `parvis serve`; each uses one core at most, and 330 MB "
        "at work (152 when it has just started). "
        "0: as many as cores, four at most (one for a trial).",
        0,
    )
    backup_recipients: frozenset[str] = _doc(
        "Public keys that backups are encrypted for (`parvis backup-key` makes one), comma-separated.", frozenset()
    )

    demo_base_port: int = _doc("Demo only: first of the 34 ports of the demonstration desktops.", 5901)
    demo_real: str = _doc(
        "Demo only: `auto` (also a real TigerVNC and a real xrdp desktop, where they are installed) or `off`.", "auto"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work, with the variable's name."""
        _check(self.mode in ("demo", "development", "production"), "mode", "demo, development or production")
        parts = urlsplit(self.url)
        _check(parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.path, "url", "https://host")
        _check(
            self.database_url == "sqlite" or self.database_url.startswith("postgresql://"),
            "database_url",
            "sqlite or postgresql://…",
        )
        for name in ("session_hours", "idle_minutes", "resume_minutes", "sessions_per_user", "retention_months"):
            _check(getattr(self, name) > 0, name, "a number above zero")
        _ = self.bucket
        _check(self.portal_processes <= 64, "portal_processes", "at most 64")
        _check(not self.proxy_secret or len(self.proxy_secret) >= 32, "proxy_secret", "at least 32 characters")
        _check(self.hints in ("on", "off"), "hints", "on or off")
        _check(self.demo_real in ("auto", "off"), "demo_real", "auto or off")
        _check(self.log_level in ("debug", "info", "warning", "error"), "log_level", "debug, info, warning or error")
        try:
            _ = self.addresses, self.directory_addresses
            _networks(self.trusted_proxies)
        except ValueError as error:
            raise EnvironmentInvalid(f"PARVIS_ALLOWED_NETWORKS and the like: {error}") from None
        _check(not self.caldav_url or _is_caldav(self.caldav_url, self.mode), "caldav_url", "https://host/…{email}…")
        cache = urlsplit(self.cache_url)
        _check(
            not self.cache_url or cache.scheme in (("redis", "rediss") if cache.hostname else ("unix",)),
            "cache_url",
            "redis://host:port/0, rediss://… or unix:///path",
        )
        if self.mode == "production":
            _check(parts.scheme == "https", "url", "https://… in production")
            _check(not self.loopback_targets, "loopback_targets", "nothing in production: it is for the demo only")

    @property
    def demo(self) -> bool:
        """One-click personas and the demo desktop exist only then."""
        return self.mode == "demo"

    @property
    def demo_desktop_ports(self) -> range:
        """Where the demonstration desktops listen."""
        return range(self.demo_base_port, self.demo_base_port + 30)

    @property
    def demo_sleeper_port(self) -> int:
        """A demonstration desktop that listens only after a magic packet came to `demo_wake_port` (UDP)."""
        return self.demo_base_port + 30

    @property
    def demo_wake_port(self) -> int:
        """UDP port of the sleeper's relay."""
        return self.demo_base_port + 31

    @property
    def demo_vnc_port(self) -> int:
        """A real TigerVNC desktop, where it is installed."""
        return self.demo_base_port + 32

    @property
    def demo_rdp_port(self) -> int:
        """A real xrdp in front of that desktop, where it is installed."""
        return self.demo_base_port + 33

    @property
    def shared_folder(self) -> Path:
        """Where `files` and `exports` are: what pages and workers of all machines must find."""
        return Path(self.shared_dir) if self.shared_dir else self.data_dir

    @property
    def keys_folder(self) -> Path:
        """Where the keys are."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    @property
    def addresses(self) -> AddressPolicy:
        """Where the gateway and the portal's probes may connect."""
        return AddressPolicy.parse(self.allowed_networks, self.denied_networks, self.loopback_targets)

    @property
    def directory_addresses(self) -> AddressPolicy:
        """Where the portal may look for LDAP servers: the same, and the exact servers named for it."""
        return AddressPolicy.parse(self.allowed_networks, self.denied_networks, self.directory_servers)

    def is_proxy(self, address: str) -> bool:
        """Whether a peer of this address is one of the reverse proxies (a cluster's have no fixed address)."""
        if address in self.trusted_proxies:
            return True
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in _networks(self.trusted_proxies))

    @property
    def bucket(self) -> buckets.Bucket | None:
        """Where uploaded files are kept; None: on the disk, in the data folder.

        Raises:
            EnvironmentInvalid: it cannot be used.
        """
        try:
            found = buckets.parse(
                self.files_url,
                access_key=self.files_access_key,
                secret_key=self.files_secret_key,
                credentials=self.files_credentials,
                production=self.mode == "production",
            )
        except ValueError as error:
            raise EnvironmentInvalid(f"PARVIS_FILES_URL: expected {error}") from None
        embedded = found is not None and self.mode == "production" and self.database_url == "sqlite"
        # The embedded database has one writer: it would wait for the network with every file that is saved.
        _check(not embedded, "files_url", "disk with the embedded database; a bucket goes with PostgreSQL")
        return found

    @property
    def https(self) -> bool:
        """Whether the browser reaches the portal by TLS."""
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        """Host name of the portal, without the port."""
        return urlsplit(self.url).hostname or "localhost"


def parse(environ: Mapping[str, str] | None = None) -> Environment:
    """Read the `PARVIS_…` variables.

    Raises:
        EnvironmentInvalid: naming the variable at fault.
    """
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for item in fields(Environment):
        raw = source.get(f"PARVIS_{item.name.upper()}")
        if raw is None:
            continue
        values[item.name] = _convert(item.name, raw.strip(), item.default)
    return Environment(**values)  # type: ignore[arg-type]


def _convert(name: str, raw: str, default: object) -> object:
    if isinstance(default, frozenset):
        return frozenset(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(default, Path):
        return Path(raw)
    if isinstance(default, int):
        _check(raw.isascii() and raw.isdigit(), name, "a whole number")
        return int(raw)
    return raw


@lru_cache(maxsize=8)
def _networks(texts: frozenset[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def _is_caldav(address: str, mode: str) -> bool:
    """An address with a place for the agent; a password travels over TLS only, but for trials."""
    parts = urlsplit(address)
    schemes = ("https",) if mode == "production" else ("http", "https")
    return parts.scheme in schemes and bool(parts.hostname) and ("{email}" in parts.path or "{name}" in parts.path)


def _check(condition: bool, name: str, expected: str) -> None:
    if not condition:
        raise EnvironmentInvalid(f"PARVIS_{name.upper()}: expected {expected}")
