"""A portal in one file, for work on the viewer: serves the built page, signs real tickets, plays the gateway's portal.

    python frontend/dev/harness.py --protocol vnc --target 127.0.0.1:5901            (with its own small VNC gateway)
    python frontend/dev/harness.py --protocol rdp --target 127.0.0.1:3389 --gateway ws://127.0.0.1:8701

Then open http://127.0.0.1:8700/. With `--gateway`, the real gateway runs apart and asks this process
(`http://127.0.0.1:8700`, any secret). `POST /control {"set": {...}, "cut": true}` changes what it answers:
`state`, `reason`, `message`, `advice`, `can_resume`, `connect_status`, `rtt_ms`, or cuts the live connections.
Never in production: it listens on loopback and lets everybody in.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.ticket import codec
from parvis.ticket.claims import Claims, Policy, Protocol, TicketError

BUILD = Path(__file__).resolve().parents[2] / "src/parvis/portal/ui/static/ui/build"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
KEY = Ed25519PrivateKey.generate()


@dataclass
class Setup:
    """What the command line and `/control` decide."""

    protocol: str
    host: str
    port: int
    gateway: str
    page: int
    config: dict[str, Any]
    policy: dict[str, Any]
    state: dict[str, Any] = field(default_factory=lambda: {"state": "active", "can_resume": True})
    connect_status: int = 200
    connects: list[str | None] = field(default_factory=list)
    cut: threading.Event = field(default_factory=threading.Event)


SETUP: Setup


def ticket(session: uuid.UUID) -> str:
    """A ticket for the target of the command line."""
    now = int(time.time())
    claims = Claims(
        jti=secrets.token_hex(16),
        iat=now,
        exp=now + 60,
        session=session,
        connection=uuid.uuid4(),
        sign_in="dev",
        user=1,
        computer=1,
        protocol=Protocol(SETUP.protocol),
        host=SETUP.host,
        port=SETUP.port,
        policy=Policy(**{k: v for k, v in SETUP.policy.items() if k != "resume_seconds"}),
        correlation=secrets.token_hex(16),
    )
    return codec.sign(claims, KEY)


def page() -> str:
    """The page as the portal's template makes it: entries from the manifest, nothing inline but JSON."""
    manifest = json.loads((BUILD / "manifest.json").read_text())
    entries = {chunk["name"]: chunk for chunk in manifest.values() if chunk.get("isEntry")}
    styles = [css for name in ("app", "viewer") for css in entries[name].get("css", [])]
    config = json.dumps(SETUP.config).replace("<", "\\u003c")
    links = "".join(f'<link rel="stylesheet" href="/build/{css}">' for css in styles)
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Mon bureau</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<script src="/build/{entries["theme"]["file"]}"></script>{links}'
        f'<script type="module" src="/build/{entries["viewer"]["file"]}"></script></head>'
        '<body><main><div id="viewer"></div></main>'
        f'<script type="application/json" id="viewer-config">{config}</script></body></html>'
    )


class Handler(BaseHTTPRequestHandler):
    """Page, assets, the viewer's three calls, the gateway's internal calls, and `/control`."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Page, assets, state."""
        path = urlsplit(self.path).path
        if path == "/":
            csp = (
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
                f"font-src 'self'; connect-src 'self' {SETUP.gateway}; base-uri 'none'; form-action 'self'; "
                "frame-ancestors 'none'"
            )
            self._send(200, page().encode(), "text/html; charset=utf-8", {"Content-Security-Policy": csp})
        elif path.startswith("/build/"):
            self._asset(BUILD / path.removeprefix("/build/"))
        elif path == "/state":
            state = {"reason": None, "message": None, "advice": None, "resume_until": None, "quality": None}
            state |= {"idle_ends_at": None, "ends_at": SETUP.policy["ends_at"]} | SETUP.state
            self._json(200, state)
        elif path == "/home":
            self._send(200, b"<!doctype html><title>Mon bureau</title><h1>Mon bureau</h1>", "text/html")
        elif path == "/control":
            self._json(200, {"connects": SETUP.connects})
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """Connect, end, control, and what a gateway asks."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        path = urlsplit(self.path).path
        if path == "/connect":
            self._connect(body)
        elif path in ("/end", "/refused"):
            self._send(204, b"", "text/plain")
        elif path == "/control":
            for name, value in body.get("set", {}).items():
                if name == "connect_status":
                    SETUP.connect_status = value
                else:
                    SETUP.state[name] = value
            if body.get("cut"):
                SETUP.cut.set()
            self._json(200, {})
        else:
            self._internal(path.rpartition("/")[2], body)

    def _connect(self, body: dict[str, Any]) -> None:
        SETUP.connects.append(body.get("session"))
        if SETUP.connect_status != 200:
            problem = {
                "code": "right_expired",
                "title": "Accès terminé",
                "detail": "Votre droit d’accès s’est terminé le 12 novembre.",
                "advice": "Demandez sa prolongation à votre responsable.",
            }
            return self._json(SETUP.connect_status, problem)
        session = uuid.UUID(body["session"]) if body.get("session") else uuid.uuid4()
        answer = {
            "ticket": ticket(session),
            "session": str(session),
            "websocket": f"/gateway/v1/{SETUP.protocol}",
            "websocket_origin": SETUP.gateway,
            "policy": SETUP.policy,
        }
        return self._json(200, answer)

    def _internal(self, call: str, body: dict[str, Any]) -> None:
        public = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
        if call == "redeem":
            claims = codec.verify(body["ticket"], [KEY.public_key()], time.time())
            ids = {"session": str(claims.session), "connection": str(claims.connection)}
            return self._json(200, ids | {"pin": None, "user_limit": 10})
        answers: dict[str, dict[str, Any]] = {
            "hello": {"public_keys": [public]},
            "pin": {"accepted": True},
            "heartbeat": {"end": []},
            "events": {"acknowledged": [event["id"] for event in body.get("events", [])]},
        }
        return self._json(200 if call in answers else 404, answers.get(call, {}))

    def _asset(self, path: Path) -> None:
        if not path.resolve().is_relative_to(BUILD) or not path.is_file():
            return self._send(404, b"", "text/plain")
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        brotli = path.with_name(path.name + ".br")
        if brotli.exists() and "br" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"], data = "br", brotli.read_bytes()
        else:
            data = path.read_bytes()
        return self._send(200, data, TYPES.get(path.suffix, "application/octet-stream"), headers)

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


async def vnc(browser: websockets.ServerConnection) -> None:
    """The VNC half of the gateway's contract, without its checks."""
    first = await browser.recv()
    try:
        text = first if isinstance(first, str) else first.decode()
        claims = codec.verify(text, [KEY.public_key()], time.time())
        reader, writer = await asyncio.open_connection(claims.host, claims.port)
    except (TicketError, OSError) as error:
        await browser.close(4001 if isinstance(error, TicketError) else 4004)
        return
    await browser.send('{"accepted": true}')

    async def down() -> None:
        while data := await reader.read(65536):
            await browser.send(data)
        await browser.close(4013)

    async def up() -> None:
        async for message in browser:
            writer.write(message if isinstance(message, bytes) else message.encode())

    async def cut() -> None:
        while not SETUP.cut.is_set():
            await asyncio.sleep(0.05)
        SETUP.cut.clear()
        browser.transport.abort()

    tasks = [asyncio.ensure_future(each()) for each in (down, up, cut)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    writer.close()


def main() -> None:
    """Read the command line, then serve until interrupted."""
    global SETUP
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--protocol", choices=["rdp", "vnc"], default="vnc")
    parser.add_argument("--target", default="127.0.0.1:5901")
    parser.add_argument("--gateway", default="", help="origin of a real gateway; without it, a small one for VNC")
    parser.add_argument("--page", type=int, default=8700)
    parser.add_argument("--idle", type=int, default=900)
    parser.add_argument("--lasts", type=int, default=8 * 3600)
    parser.add_argument("--resume", type=int, default=120)
    parser.add_argument("--no-clipboard", action="store_true")
    arguments = parser.parse_args()
    host, _, port = arguments.target.rpartition(":")
    own = not arguments.gateway
    SETUP = Setup(
        protocol=arguments.protocol,
        host=host,
        port=int(port),
        gateway=arguments.gateway or f"ws://127.0.0.1:{arguments.page + 1}",
        page=arguments.page,
        config={
            "computer": {"id": 1, "name": "PC-URBA-0142"},
            "protocol": arguments.protocol,
            "connect_url": "/connect",
            "state_url": "/state",
            "end_url": "/end",
            "refused_url": "/refused",
            "home_url": "/home",
            "csrf": "dev",
            "keyboard_layout": 0x040C,
            "color_depth": 32,
            "ask_username": arguments.protocol == "rdp",
            "username": "",
            "domain": "",
            "ask_password": arguments.protocol == "rdp",
            "texts": {},
        },
        policy={
            "clipboard_to_pc": not arguments.no_clipboard,
            "clipboard_from_pc": not arguments.no_clipboard,
            "idle_seconds": arguments.idle,
            "ends_at": int(time.time()) + arguments.lasts,
            "resume_seconds": arguments.resume,
        },
    )
    server = ThreadingHTTPServer(("127.0.0.1", arguments.page), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    async def serve() -> None:
        if not own:
            await asyncio.Event().wait()
        async with websockets.serve(vnc, "127.0.0.1", arguments.page + 1, max_size=None, compression=None):
            await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
