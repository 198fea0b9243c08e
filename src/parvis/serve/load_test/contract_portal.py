"""A portal in the contract's words only (`docs/reference/gateway-protocol.md` §3): a fake, for the gateway alone.

It signs real tickets, redeems each once, answers heartbeats and acknowledges events. It decides nothing.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parvis.ticket import claims, codec

_MANY = 100_000


class ContractPortal:
    """Listens on a loopback address while the `with` block runs."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._key = Ed25519PrivateKey.generate()
        self._redeemed: set[str] = set()
        self.secret = secrets.token_hex(32)
        self.greeted = threading.Event()
        """Set once a gateway has said hello."""
        self.loads: list[dict[str, Any]] = []
        """What gateways said of themselves, heartbeat by heartbeat."""
        portal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # the gateway keeps its connection

            def do_POST(self) -> None:
                """A call of the contract."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                allowed = self.headers["Authorization"] == f"Bearer {portal.secret}"
                status, answer = portal._answer(self.path.rpartition("/")[2], body) if allowed else (401, {})
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing: the load test prints its own."""

        self._server = _server_class(host)((host, 0), Handler)

    @property
    def url(self) -> str:
        """Where gateways find it."""
        return f"http://{bracketed(self._host)}:{self._server.server_port}"

    def __enter__(self) -> ContractPortal:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ticket(self, *, protocol: claims.Protocol, port: int) -> str:
        """A ticket for a session of its own, to this address, under the default policy: no clipboard."""
        now = int(time.time())
        policy = claims.Policy(idle_seconds=3600, ends_at=now + 3600)
        return codec.sign(
            claims.Claims(
                jti=secrets.token_hex(16),
                iat=now,
                exp=now + claims.MAX_LIFETIME_SECONDS,
                session=uuid4(),
                connection=uuid4(),
                sign_in=secrets.token_hex(8),
                user=secrets.randbelow(_MANY) + 1,
                computer=1,
                protocol=protocol,
                host=self._host,
                port=port,
                policy=policy,
                correlation=secrets.token_hex(16),
            ),
            self._key,
        )

    def _answer(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if call == "hello":
            self.greeted.set()
            raw = self._key.public_key().public_bytes_raw()
            return 200, {"public_keys": [base64.b64encode(raw).decode()]}
        if call == "redeem":
            return self._redeem(body["ticket"])
        if call == "heartbeat":
            self.loads.append(body.get("load", {}))
        answers: dict[str, dict[str, Any]] = {
            "pin": {"accepted": True},
            "heartbeat": {"end": []},
            "events": {"acknowledged": [event["id"] for event in body.get("events", ())]},
        }
        return 200, answers[call]

    def _redeem(self, ticket: str) -> tuple[int, dict[str, Any]]:
        read = codec.verify(ticket, [self._key.public_key()], time.time())
        if read.jti in self._redeemed:
            return 409, {"code": "ticket_used", "detail": "used twice"}
        self._redeemed.add(read.jti)
        session, connection = str(read.session), str(read.connection)
        return 200, {"session": session, "connection": connection, "pin": None, "user_limit": _MANY}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a gateway opens many connections at once when many screens open

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A gateway that stops hangs up in the middle of an answer: nothing to tell."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _server_class(host: str) -> type[_Server]:
    return _Server6 if ":" in host else _Server


def bracketed(host: str) -> str:
    """An address as URLs write it."""
    return f"[{host}]" if ":" in host else host
