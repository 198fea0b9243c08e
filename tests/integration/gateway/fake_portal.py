"""A fake of the portal's internal interface, by the contract of docs/reference/gateway-protocol.md.

A fake, not the portal: it signs tickets, redeems each once, remembers what it was told, and
can be made to refuse, to end connections, or to be down.
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parvis.ticket import codec
from parvis.ticket.claims import Claims, Policy, Protocol

SECRET = "a-secret-shared-with-the-gateway-only"


@dataclass
class FakePortal:
    """State of the fake; tests read and change it."""

    url: str = ""
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    redeemed: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: list[dict[str, Any]] = field(default_factory=list)
    hellos: list[dict[str, Any]] = field(default_factory=list)
    pins: list[dict[str, Any]] = field(default_factory=list)
    pin: str | None = None
    """What `redeem` answers as the PC's pin."""
    accept_pin: bool = True
    refuse_redeem: str | None = None
    user_limit: int = 5
    to_end: dict[str, str] = field(default_factory=dict)
    down: bool = False
    """Answer 503 to everything."""
    holds_events: threading.Event | None = None
    """Set it to let calls of `events` be answered at last."""
    refuses_heartbeats: bool = False
    """Answer 422 to them, as to a list with one figure that makes no sense; everything else is answered."""
    name_taken: bool = False
    """Another gateway has this one's name."""
    seen: set[str] = field(default_factory=set)
    """Ids of events taken: each counts once."""
    holds_redeem: threading.Event | None = None
    """Set it to let redemptions, which have been written down already, be answered at last."""
    lines: list[queue.SimpleQueue[bytes | None]] = field(default_factory=list)
    """Lines of hints, in the order they were asked for: what is put there is said, None ends the line."""
    gives_hints: bool = False

    def ticket(
        self,
        port: int,
        protocol: Protocol = Protocol.VNC,
        *,
        host: str = "127.0.0.1",
        lifetime: int = 60,
        issued: float | None = None,
        user: int = 7,
        key: Ed25519PrivateKey | None = None,
        connection: UUID | None = None,
        **policy: Any,
    ) -> str:
        """A signed ticket; policy fields may be given by name."""
        now = int(issued if issued is not None else time.time())
        rules: dict[str, Any] = {"idle_seconds": 900, "ends_at": now + 3600, **policy}
        claims = Claims(
            jti=uuid4().hex,
            iat=now,
            exp=now + lifetime,
            session=uuid4(),
            connection=connection or uuid4(),
            sign_in="sign-in-1",
            user=user,
            computer=42,
            protocol=protocol,
            host=host,
            port=port,
            policy=Policy(**rules),
            correlation=uuid4().hex,
        )
        return codec.sign(claims, key or self.key)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Events of one kind, in order of arrival."""
        return [event for event in self.events if event["kind"] == kind]

    def wait_for(self, kind: str, count: int = 1, timeout: float = 30.0) -> list[dict[str, Any]]:
        """Wait until that many events of a kind have come."""
        deadline = time.monotonic() + timeout
        while len(self.of_kind(kind)) < count:
            assert time.monotonic() < deadline, f"{count} × {kind} expected, events: {self.events}"
            time.sleep(0.02)
        return self.of_kind(kind)

    def answer(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One call of the gateway."""
        handler = getattr(self, f"_on_{call}", None)
        return handler(body) if handler else (404, {"code": "not_found", "detail": call})

    def _on_hello(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.hellos.append(body)
        return 200, {"public_keys": [base64.b64encode(self.key.public_key().public_bytes_raw()).decode()]}

    def _on_redeem(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.refuse_redeem:
            return 403, {"code": self.refuse_redeem, "detail": "refused by the test"}
        claims = codec.verify(body["ticket"], [self.key.public_key()], time.time())
        if claims.jti in self.redeemed:
            return 409, {"code": "ticket_used", "detail": "already used"}
        self.redeemed[claims.jti] = body
        if self.holds_redeem is not None:
            self.holds_redeem.wait(60)
        return 200, {
            "session": str(claims.session),
            "connection": str(claims.connection),
            "pin": self.pin,
            "user_limit": self.user_limit,
        }

    def _on_pin(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.pins.append(body)
        return 200, {"accepted": self.accept_pin}

    def _on_heartbeat(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.refuses_heartbeats:
            return 422, {"code": "invalid", "detail": "refused by the test"}
        self.heartbeats.append(body)
        live = {item["connection"] for item in body["connections"]}
        ends = [{"connection": c, "reason": reason} for c, reason in list(self.to_end.items()) if c in live]
        return 200, {"end": ends}

    def _on_events(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.holds_events is not None:
            self.holds_events.wait(60)
        for event in body["events"]:
            if event["id"] not in self.seen:
                self.seen.add(event["id"])
                self.events.append(event)
        return 200, {"acknowledged": [event["id"] for event in body["events"]]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    """Five by default: a burst of gateways' connections beyond that would be reset."""
    portal: FakePortal

    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that was stopped does not read its answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Answer one call."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prefix, _, call = self.path.rpartition("/")
        if self.server.portal.down:
            status, answer = 503, {"code": "unavailable", "detail": "down"}
        elif self.headers["Authorization"] != f"Bearer {SECRET}" or prefix != "/internal/gateway/v1":
            status, answer = 401, {"code": "unauthorized", "detail": "wrong secret or path"}
        elif len(self.headers["X-Correlation-ID"]) != 32:
            status, answer = 400, {"code": "invalid", "detail": "no correlation id"}
        elif self.server.portal.name_taken and call != "events":
            status, answer = 409, {"code": "gateway_name_taken", "detail": "by the test"}
        elif call == "hints" and self.server.portal.gives_hints:
            self._speak()
            return
        else:
            status, answer = self.server.portal.answer(call, body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _speak(self) -> None:
        line: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.portal.lines.append(line)
        while (words := line.get()) is not None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(words), words))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def fake_portal() -> Iterator[FakePortal]:
    """Run the fake on a free loopback port, in a thread."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.portal = FakePortal(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.portal
    finally:
        for line in server.portal.lines:
            line.put(None)
        server.shutdown()
        server.server_close()
        thread.join()
