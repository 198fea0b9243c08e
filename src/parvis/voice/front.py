"""Which HTTP requests become a seat: exact Origin, known path, room for one more."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address

from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from parvis.gateway.logs import get_logger
from parvis.voice.door import Context, Door
from parvis.voice.echo import Echo

_DOORS: dict[bytes, Callable[[Context, str], WSListener]] = {b"/voice/v1/room": Door, b"/voice/v1/echo": Echo}
_METRICS_TYPE = ("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
_NO_STORE = ("Cache-Control", "no-store")

log = get_logger(__name__)


class Front:
    """Answers one HTTP request per connection."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._origins = [[origin] for origin in context.settings.origins]  # exactly one header, exactly this value

    def route(
        self, request: WSUpgradeRequest, peer: str, *, handed_over: bool
    ) -> WSListener | WSUpgradeResponseWithListener:
        """The door for a WebSocket request, or an HTTP answer."""
        client = self._client(request, peer)
        door = _DOORS.get(request.path)
        if door is None:
            return _refusal(404) if handed_over else self._page(request.path, client)
        tokens = {t.strip().lower() for v in request.headers.getall("Connection", []) for t in v.split(",")}
        if "upgrade" in tokens:  # `keep-alive, Upgrade` (Firefox) is an upgrade too; picows wants it alone
            request.headers["Connection"] = "upgrade"
        if request.headers.getall("Origin", []) not in self._origins:
            return self._refuse("origin", 403, client)
        if self._context.draining:
            return self._refuse("draining", 503, client)
        registry = self._context.registry
        if not registry.may_knock(client):
            return self._refuse("pending_limit", 429, client)
        if not registry.has_descriptors():
            return self._refuse("file_descriptors", 503, client)
        return door(self._context, client)

    def _page(self, path: bytes, client: str) -> WSUpgradeResponseWithListener:
        if path == b"/voice/livez":
            return _ok(b"ok\n")
        if path == b"/voice/metrics" and ip_address(client).is_loopback:
            return _ok(self._context.metrics.render(), _METRICS_TYPE)
        return _refusal(404)

    def _client(self, request: WSUpgradeRequest, peer: str) -> str:
        """The browser’s address: the nearest hop that is not a trusted proxy."""
        hops = [hop.strip() for header in request.headers.getall("X-Forwarded-For", []) for hop in header.split(",")]
        client = peer
        while hops and self._is_trusted(client):
            client = hops.pop()
        try:
            return str(ip_address(client))
        except ValueError:
            return peer

    def _is_trusted(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._context.settings.trusted_proxies if network.version == ip.version)

    def _refuse(self, why: str, status: int, client: str) -> WSUpgradeResponseWithListener:
        self._context.metrics.refused.labels(why).inc()
        if self._context.quota.take(client, time.monotonic()) is not None:  # whoever tries without end fills no disk
            log.warning("request_refused", why=why, client=client)
        return _refusal(status)


def _ok(body: bytes, *headers: tuple[str, str]) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(
        WSUpgradeResponse.create_ok_response(body, extra_headers=[_NO_STORE, *headers]), None
    )


def _refusal(status: int) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, b"refused\n"), None)
