"""What is compared: each peer starts a relay of its own kind in front of the same pretended office PCs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import Child, NotStarted, listens, wait_until
from bench.relay import dialogue
from bench.relay.dialogue import Dialogue
from bench.relay.generator import Programs
from bench.relay.portal import ContractPortal
from parvis.gateway.protocol import rdcleanpath
from parvis.ticket.claims import Protocol

_ORIGIN = "http://localhost"
_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log warn;
{module}
events {{ worker_connections 4096; }}
stream {{ server {{
  listen 127.0.0.1:{port} backlog=1024; tcp_nodelay on; proxy_buffer_size 64k; proxy_timeout 60s;
  proxy_pass 127.0.0.1:{target}; {tls}
}} }}
"""
_NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a peer needs to start."""

    folder: Path
    programs: Programs
    portal: ContractPortal
    port: int
    target_port: int
    authority: Path
    """The certificate of the pretended office PCs, for who verifies it."""
    cpu: int | None


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to relay. `path` None: plain TCP on the browser's side."""

    name: str
    dialogue: Dialogue
    start: Callable[[Surroundings], Child | None]
    path: str | None = "/websockify"
    is_ours: bool = False
    is_limit: bool = False
    """Does less than the task: what no relay can beat."""
    secret: Callable[[Surroundings], bytes] | None = field(default=None)
    """The first message of one session."""


def all_peers() -> list[Peer]:
    """VNC over TCP, then RDP over TLS; the first of each is a limit, the second websockify."""
    plain, tls = dialogue.rfb(ticket=False), dialogue.fast_path_over_tls()
    vnc = {"dialogue": dialogue.rfb(ticket=True), "path": "/gateway/v1/vnc", "is_ours": True, "start": _gateway}
    rdp = {"dialogue": dialogue.fast_path_through_gateway(), "path": "/gateway/v1/rdp", "is_ours": True}
    return [
        Peer("tcp: direct, no relay", plain, lambda _: None, path=None, is_limit=True),
        Peer("tcp: nginx stream, no WebSocket", plain, _nginx(tls=False), path=None, is_limit=True),
        Peer("tcp: plain C relay, epoll", plain, _c_relay),
        Peer("tcp: websockify", plain, _websockify(tls=False)),
        Peer("tcp: Parvis, VNC", secret=_vnc_ticket(clipboard=False), **vnc),  # type: ignore[arg-type]
        Peer("tcp: Parvis, VNC, clipboard allowed", secret=_vnc_ticket(clipboard=True), **vnc),  # type: ignore[arg-type]
        Peer("tls: nginx stream, no WebSocket", tls, _nginx(tls=True), path=None, is_limit=True),
        Peer("tls: websockify", tls, _websockify(tls=True)),
        Peer("tls: Parvis, RDP", secret=_rdp_request, start=_gateway, **rdp),  # type: ignore[arg-type]
    ]


def _gateway(at: Surroundings) -> Child:
    environ = {
        **os.environ,
        "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{at.port}",
        "PARVIS_PORTAL_INTERNAL_URL": at.portal.url,
        "PARVIS_GATEWAY_SECRET": at.portal.secret,
        "PARVIS_GATEWAY_STATE_DIR": str(at.folder / f"gateway-{at.port}"),
        "PARVIS_ORIGINS": _ORIGIN,
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{at.target_port}",
    }
    at.portal.greeted.clear()
    argv = [sys.executable, "-m", "parvis.gateway"]
    child = Child(argv, log=at.folder / f"gateway-{at.port}.log", environ=environ, cpu=at.cpu)
    return _ready(child, lambda: at.portal.greeted.is_set() and listens(at.port))


def _c_relay(at: Surroundings) -> Child:
    argv = [str(at.programs.relay), str(at.port), str(at.target_port)]
    return _ready(Child(argv, log=at.folder / "relay.log", cpu=at.cpu), lambda: listens(at.port))


def _websockify(*, tls: bool) -> Callable[[Surroundings], Child]:
    def start(at: Surroundings) -> Child:
        program = shutil.which("websockify", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if program is None:
            raise NotStarted("websockify is not installed (requirements-dev.lock has it)")
        argv = [program, *(["--ssl-target"] if tls else []), f"127.0.0.1:{at.port}", f"127.0.0.1:{at.target_port}"]
        environ = {**os.environ, "SSL_CERT_FILE": str(at.authority)}  # it verifies, and cannot be told not to
        return _ready(
            Child(argv, log=at.folder / "websockify.log", environ=environ, cpu=at.cpu), lambda: listens(at.port)
        )

    return start


def _nginx(*, tls: bool) -> Callable[[Surroundings], Child]:
    def start(at: Surroundings) -> Child:
        program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
        if program is None or not _NGINX_MODULE.exists():
            raise NotStarted("nginx is not installed (apt install nginx-light libnginx-mod-stream)")
        configuration = at.folder / f"nginx-{at.port}.conf"
        configuration.write_text(
            _NGINX.format(
                folder=at.folder,
                module=f"load_module {_NGINX_MODULE};",
                port=at.port,
                target=at.target_port,
                tls="proxy_ssl on; proxy_ssl_verify off;" if tls else "",
            )
        )
        argv = [program, "-e", str(at.folder / "nginx-error.log"), "-p", str(at.folder), "-c", str(configuration)]
        return _ready(Child(argv, log=at.folder / "nginx.log", cpu=at.cpu), lambda: listens(at.port))

    return start


def _ready(child: Child, condition: Callable[[], bool]) -> Child:
    try:
        wait_until(condition, child)
    except BaseException:
        child.__exit__()
        raise
    return child


def _vnc_ticket(*, clipboard: bool) -> Callable[[Surroundings], bytes]:
    def first_message(at: Surroundings) -> bytes:
        return at.portal.ticket(protocol=Protocol.VNC, port=at.target_port, clipboard=clipboard).encode()

    return first_message


def _rdp_request(at: Surroundings) -> bytes:
    ticket = at.portal.ticket(protocol=Protocol.RDP, port=at.target_port, clipboard=False)
    pdu = rdcleanpath.Pdu(destination="ignored", proxy_auth=ticket, x224=dialogue.x224_request())
    return rdcleanpath.encode(pdu)
