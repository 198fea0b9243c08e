"""What all contract fakes share: a server on loopback that notes what it is asked, and fails when it is told to."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.content)

    @property
    def form(self) -> dict[str, str]:
        """Its body, as a form."""
        return {name: values[0] for name, values in parse_qs(self.content.decode()).items()}

    @property
    def params(self) -> dict[str, str]:
        """Its query."""
        return {name: values[0] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def bearer(self) -> str:
        """Its token."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def says(body: Any, status: int = 200) -> Reply:
    """JSON."""
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


FAULTS = ("500", "429", "429-late", "garbage", "huge", "elsewhere", "silent", "cut", "lost")
"""What `Vendor.faults` may hold; « lost » does the work and cuts the answer."""


class Vendor:
    """A tool; its rooms answer in `reply`."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.faults: list[str] = []
        """Used up first to last, one a request."""
        self.over = threading.Event()

    def reply(self, asked: Asked) -> Reply:
        """What the documentation says."""
        raise NotImplementedError

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{each.method} {each.path}" for each in self.asked]


@contextlib.contextmanager
def running(vendor: Any) -> Iterator[Any]:
    """On a loopback port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, parts.path, parts.query, dict(self.headers), content)
            vendor.asked.append(asked)
            fault = vendor.faults.pop(0) if vendor.faults else ""
            reply = _broken(fault) if fault and fault not in ("silent", "cut", "lost") else None
            if fault == "lost":
                vendor.reply(asked)
            if fault == "silent":
                vendor.over.wait(30)
            if fault in ("silent", "cut", "lost"):
                self.close_connection = True
                return
            reply = reply or vendor.reply(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(reply.content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _any

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        vendor.over.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


def _broken(fault: str) -> Reply:
    match fault:
        case "500":
            return Reply(500, b"oops")
        case "429":
            return Reply(429, b"", {"Retry-After": "0"})
        case "429-late":
            return Reply(429, b"", {"Retry-After": "3600"})
        case "garbage":
            return Reply(200, b"<html>Bienvenue</html>")
        case "huge":
            return Reply(200, b'{"a":"' + b"x" * (2**20 + 10) + b'"}')
        case "elsewhere":
            return Reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"})
    raise ValueError(fault)
