"""A real xrdp without systemd: TLS, fast path and channels, in front of a TigerVNC desktop of its own.

xrdp's session manager needs root and system accounts; its VNC module (libvnc) needs
neither, and everything the gateway and the browser meet (X.224, TLS, MCS, licensing,
fast path, RemoteFX, clipboard) is xrdp's own.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require
from tests.servers.certificate import write_self_signed
from tests.servers.desktop import Desktop, vnc_server
from tests.servers.process import accepts, free_port, running

_CONFIGURATION = """\
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
use_vsock=false
tcp_nodelay=true
tcp_keepalive=true
security_layer={security}
crypt_level=high
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=desktop
allow_channels=true
allow_multimon=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile={log}
LogLevel=DEBUG
EnableSyslog=false
[Channels]
rdpdr=true
rdpsnd=true
drdynvc=true
cliprdr=true
rail=false
xrdpvr=false
[desktop]
name=desktop
lib=libvnc.so
username=test
password=
ip=127.0.0.1
port={vnc_port}
"""


@dataclass
class XrdpServer:
    """A running xrdp. Any user name and password are accepted."""

    host: str
    port: int
    fingerprint: str
    """SHA-256 of its certificate (DER), lower-case hexadecimal: the pin."""
    desktop: Desktop
    """The desktop behind it: start programs there, read its clipboard."""
    log_path: Path
    """xrdp's own log."""


@contextlib.contextmanager
def xrdp_server(
    *,
    geometry: str = "1024x768",
    security: str = "tls",
    port: int | None = None,
    window_manager: bool = False,
    vnc_options: tuple[str, ...] = (),
) -> Iterator[XrdpServer]:
    """xrdp on a free loopback port, with a fresh certificate.

    `security` is xrdp's `security_layer` (`tls`, `rdp`, `negotiate`). Give `port` to start
    one again at the same place with another certificate (a reinstalled PC). `vnc_options` go to Xvnc.
    """
    require("xrdp")
    with (
        tempfile.TemporaryDirectory(prefix="parvis-xrdp-") as folder,
        vnc_server(geometry=geometry, window_manager=window_manager, options=vnc_options) as desktop,
    ):
        directory = Path(folder)
        certificate, key, fingerprint = write_self_signed(directory)
        port = port or free_port()
        log_path = directory / "xrdp.log"
        configuration = directory / "xrdp.ini"
        configuration.write_text(
            _CONFIGURATION.format(
                port=port,
                security=security,
                certificate=certificate,
                key=key,
                log=log_path,
                vnc_port=desktop.port,
            )
        )
        command = ["/usr/sbin/xrdp", "--nodaemon", "--config", str(configuration)]
        with running(command, log_path=directory / "output.log", is_ready=lambda: accepts("127.0.0.1", port)):
            yield XrdpServer("127.0.0.1", port, fingerprint, desktop, log_path)
