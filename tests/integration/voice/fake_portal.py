"""A fake of the portal's internal interface for the voice server (docs/reference/voice-protocol.md, section 3).

A fake, not the portal: it knows the rooms and seats of a test, redeems each ticket once, remembers what it was told.
It also serves one empty page, so that browsers have an origin.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-secret-shared-with-the-voice-server-only"


def room(key: str = "r1", **changes: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": "Point d’équipe",
        "mode": "meeting",
        "has_lobby": False,
        "allows_video": True,
        "is_locked": False,
        "ends_at": datetime.fromtimestamp(time.time() + 3600, UTC).isoformat(),
        "max_people": 50,
        "max_public": 50,
        **changes,
    }


def seat(number: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": name,
        "role": "speaker",
        "waits": False,
        "public": False,
        **changes,
    }


@dataclass
class FakePortal:
    port: int = 0
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    pins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """PIN → room; each call gets a seat of its own."""
    phone_seat: dict[str, Any] = field(default_factory=dict)
    """What differs from a speaker who does not wait."""
    events: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    to_end: list[dict[str, str]] = field(default_factory=list)
    to_close: list[dict[str, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _next: int = 1000

    def ticket(self, room: dict[str, Any], seat: dict[str, Any]) -> str:
        text = f"parvisroom1.{secrets.token_urlsafe(40)}"
        self.tickets[text] = {"room": room, "seat": seat}
        return text

    def kinds(self) -> list[str]:
        return [event["kind"] for event in self.events]

    def _redeem(self, ticket: str) -> tuple[int, dict[str, Any]]:
        if ticket not in self.tickets:
            return 403, {"code": "ticket_refused"}
        if ticket in self.used:
            return 409, {"code": "ticket_used"}
        self.used.add(ticket)
        return 200, self.tickets[ticket]

    def answer(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        match call:
            case "redeem":
                return self._redeem(body["ticket"])
            case "pin":
                self.calls.append(body)
                if body["pin"] not in self.pins:
                    return 403, {"code": "pin_refused"}
                self._next += 1
                chair = seat(self._next, "Téléphone ··42", **self.phone_seat)
                return 200, {"room": self.pins[body["pin"]], "seat": chair}
            case "heartbeat":
                self.heartbeats.append(body)
                return 200, {"close": self.to_close, "end": self.to_end, "seats": [], "rooms": []}
            case "hello":
                return 200, {}
            case "events":
                for event in body["events"]:
                    if event["id"] not in self._seen:
                        self._seen.add(event["id"])
                        self.events.append(event)
                return 200, {"acknowledged": [event["id"] for event in body["events"]]}
        return 404, {}


@contextlib.contextmanager
def fake_portal(host: str) -> Iterator[FakePortal]:
    portal = FakePortal()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {SECRET}":
                self._send(401, {"code": "unauthorized"})
                return
            self._send(*portal.answer(self.path.rpartition("/")[2], body))

        def do_GET(self) -> None:
            self._send(200, None)

        def _send(self, status: int, answer: dict[str, Any] | None) -> None:
            data = b"<!doctype html><title>room</title>" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if answer is None else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    portal.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield portal
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
