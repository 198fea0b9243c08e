"""What Janus is told at its start. Pure: settings in, files out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PLUGINS = ("audiobridge", "videoroom")
_ALL_PLUGINS = (
    *("audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming"),
    *("textroom", "videocall", "videoroom", "voicemail"),
)
_ALL_TRANSPORTS = ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets")


@dataclass(frozen=True, slots=True, kw_only=True)
class JanusSettings:
    """Where Janus is and how it is reached by browsers."""

    binary: str = "janus"
    modules: Path | None = None
    """Folder that holds `plugins` and `transports`; None: found beside the machine's libraries."""
    media_ports: tuple[int, int] = (20000, 21999)
    """UDP, open to browsers."""
    loopback_ports: tuple[int, int] = (22000, 22999)
    """UDP on loopback, between Janus and the telephone side."""
    public_addresses: tuple[str, ...] = ()
    """What browsers must be told when the machine is behind a 1:1 NAT."""
    interfaces: str = ""
    """Which interfaces or addresses take part; empty: all but loopback."""
    ipv6: bool = False


def files(settings: JanusSettings, folder: Path, modules: Path, admin_key: str) -> dict[str, str]:
    """Names and texts of the configuration files.

    Only the two plugins we use and the Unix socket are loaded; the administration interface is off.
    """
    text = _text
    nat = ['ice_ignore_list = "vmnet"', "ignore_mdns = false"]
    if settings.public_addresses:
        nat += [f"nat_1_1_mapping = {text(','.join(settings.public_addresses))}", "keep_private_host = true"]
    if settings.interfaces:
        nat.append(f"ice_enforce_list = {text(settings.interfaces)}")
    plugins = ",".join(f"libjanus_{name}.so" for name in _ALL_PLUGINS if name not in PLUGINS)
    transports = ",".join(f"libjanus_{name}.so" for name in _ALL_TRANSPORTS if name != "pfunix")
    low, high = settings.media_ports
    first, last = settings.loopback_ports
    main = [
        _block(
            "general",
            [
                f"configs_folder = {text(str(folder))}",
                f"plugins_folder = {text(str(modules / 'plugins'))}",
                f"transports_folder = {text(str(modules / 'transports'))}",
                f"events_folder = {text(str(folder / 'none'))}",
                f"loggers_folder = {text(str(folder / 'none'))}",
                "debug_level = 3",
                "debug_colors = false",
                "debug_timestamps = true",
                "session_timeout = 60",
                "hide_dependencies = true",
            ],
        ),
        _block("media", [f'rtp_port_range = "{low}-{high}"', f"ipv6 = {str(settings.ipv6).lower()}"]),
        _block("nat", nat),
        _block("plugins", [f"disable = {text(plugins)}"]),
        _block("transports", [f"disable = {text(transports)}"]),
    ]
    return {
        "janus.jcfg": "".join(main),
        "janus.transport.pfunix.jcfg": _block(
            "general",
            ["enabled = true", 'json = "compact"', f"path = {text(str(folder / 'api'))}", 'type = "SOCK_SEQPACKET"'],
        )
        + _block("admin", ["admin_enabled = false"]),
        "janus.plugin.audiobridge.jcfg": _block(
            "general",
            [
                f"admin_key = {text(admin_key)}",
                "lock_rtp_forward = true",
                "lock_play_file = true",
                "string_ids = true",
                f'rtp_port_range = "{first}-{last}"',
                'local_ip = "127.0.0.1"',
            ],
        ),
        "janus.plugin.videoroom.jcfg": _block(
            "general", [f"admin_key = {text(admin_key)}", "lock_rtp_forward = true", "string_ids = true"]
        ),
    }


def _block(name: str, lines: list[str]) -> str:
    inside = "".join(f"\t{line}\n" for line in lines)
    return f"{name}: {{\n{inside}}}\n"


def _text(value: str) -> str:
    """A quoted string of libconfig.

    Raises:
        ValueError: it holds what cannot be quoted.
    """
    if any(character in value for character in '"\\\n\r\0'):
        raise ValueError(f"{value!r} cannot be written into Janus’s configuration")
    return f'"{value}"'
