"""What is compared: each peer starts a relay of its own kind in front of the same pretended office PCs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Child, NotStarted, listens, wait_until
from bench.relay import dialogue
from bench.relay.dialogue import Dialogue
from bench.relay.generator import Programs
from bench.relay.portal import ContractPortal
from parvis.gateway.protocol import rdcleanpath
from parvis.serve.load_test.words import x224_request
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
_NGINX_WEBSOCKET = """
daemon off; worker_processes 1; pid {folder}/nginx-{port}.pid; error_log {folder}/nginx-error.log warn;
worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024; tcp_nodelay on;
    location / {{
      proxy_pass {scheme}://127.0.0.1:{target}; proxy_http_version 1.1; proxy_read_timeout 60s; {tls}
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }}
  }}
}}
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
    is_direct: bool = False
    """Nothing between both ends: what no relay can beat."""
    scales: bool = True
    """May be asked for hundreds of sessions on one core."""
    secret: Callable[[Surroundings], bytes] | None = None
    """The first message of one session."""

    @property
    def transport(self) -> str:
        """`tcp` or `tls`: what it speaks to the PC; only like is compared with like."""
        return self.name.partition(":")[0]


def all_peers() -> list[Peer]:
    """VNC over TCP, then RDP over TLS, interleaved in this order. websockify: a process per session."""
    plain, tls = dialogue.rfb(ticket=False), dialogue.fast_path_over_tls()
    return [
        Peer("tcp: direct, no relay", plain, lambda _: None, path=None, is_direct=True),
        Peer("tcp: nginx stream, no WebSocket", plain, _nginx(tls=False), path=None),
        Peer("tcp: nginx WebSocket proxy", dialogue.to_websocket(plain), _nginx_websocket(tls=False)),
        Peer("tcp: plain C relay, epoll", plain, _c_relay),
        Peer("tcp: websockify", plain, _websockify(tls=False), scales=False),
        _ours("tcp: Parvis, VNC", dialogue.rfb(ticket=True), "/gateway/v1/vnc", _vnc_ticket),
        Peer("tls: nginx stream, no WebSocket", tls, _nginx(tls=True), path=None),
        Peer("tls: nginx WebSocket proxy", dialogue.to_websocket(tls), _nginx_websocket(tls=True)),
        Peer("tls: websockify", tls, _websockify(tls=True), scales=False),
        _ours("tls: Parvis, RDP", dialogue.fast_path_through_gateway(), "/gateway/v1/rdp", _rdp_request),
    ]


def _ours(name: str, spoken: Dialogue, path: str, secret: Callable[[Surroundings], bytes]) -> Peer:
    return Peer(name, spoken, _gateway, path=path, is_ours=True, secret=secret)


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
        if not _NGINX_MODULE.exists():
            raise NotStarted("nginx's stream module is not installed (apt install libnginx-mod-stream)")
        text = _NGINX.format(
            folder=at.folder,
            module=f"load_module {_NGINX_MODULE};",
            port=at.port,
            target=at.target_port,
            tls="proxy_ssl on; proxy_ssl_verify off;" if tls else "",
        )
        return _run_nginx(at, text)

    return start


def _nginx_websocket(*, tls: bool) -> Callable[[Surroundings], Child]:
    """As people put nginx before a WebSocket server: it reads the upgrade, then passes bytes. No ticket, no policy."""

    def start(at: Surroundings) -> Child:
        scheme, options = ("https", "proxy_ssl_verify off; proxy_ssl_session_reuse off;") if tls else ("http", "")
        text = _NGINX_WEBSOCKET.format(
            folder=at.folder, port=at.port, target=at.target_port, scheme=scheme, tls=options
        )
        return _run_nginx(at, text)

    return start


def _run_nginx(at: Surroundings, text: str) -> Child:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        raise NotStarted("nginx is not installed (apt install nginx-light)")
    configuration = at.folder / f"nginx-{at.port}.conf"
    configuration.write_text(text)
    argv = [program, "-e", str(at.folder / "nginx-error.log"), "-p", str(at.folder), "-c", str(configuration)]
    return _ready(Child(argv, log=at.folder / "nginx.log", cpu=at.cpu), lambda: listens(at.port))


def _ready(child: Child, condition: Callable[[], bool]) -> Child:
    try:
        wait_until(condition, child)
    except BaseException:
        child.__exit__()
        raise
    return child


def _vnc_ticket(at: Surroundings) -> bytes:
    return at.portal.ticket(protocol=Protocol.VNC, port=at.target_port).encode()


def _rdp_request(at: Surroundings) -> bytes:
    ticket = at.portal.ticket(protocol=Protocol.RDP, port=at.target_port)
    pdu = rdcleanpath.Pdu(destination="ignored", proxy_auth=ticket, x224=x224_request())
    return rdcleanpath.encode(pdu)
