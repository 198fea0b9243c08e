"""The door: which HTTP requests become a relay. Exact Origin, known path, room for one more."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from parvis.gateway.logs import get_logger
from parvis.gateway.readiness import obstacle
from parvis.gateway.relay.context import Context
from parvis.gateway.relay.echo import Echo
from parvis.gateway.relay.rdp import RdpRelay
from parvis.gateway.relay.vnc import VncRelay

_DOORS: dict[bytes, Callable[[Context, str], WSListener]] = {
    b"/gateway/v1/rdp": RdpRelay,
    b"/gateway/v1/vnc": VncRelay,
    b"/gateway/v1/echo": Echo,
}
_METRICS_TYPE = ("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
_NO_STORE = ("Cache-Control", "no-store")

log = get_logger(__name__)


class Front:
    """Answers one HTTP request per connection."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._origins = [[origin] for origin in context.settings.origins]  # exactly one header, exactly this value
        self._pages: dict[bytes, Callable[[str], WSUpgradeResponseWithListener]] = {
            b"/gateway/livez": lambda client: _page(b"ok\n"),
            b"/gateway/readyz": self._ready,
            b"/gateway/metrics": self._metrics,
        }

    def route(
        self, request: WSUpgradeRequest, peer: str, *, handed_over: bool
    ) -> WSListener | WSUpgradeResponseWithListener:
        """The relay (or the echo) for a WebSocket request, or an HTTP answer.

        `peer` is who is at the other end of the socket: the browser, or a reverse proxy. Whoever comes
        over the portal's public port finds WebSockets there and nothing else.
        """
        client = self._client(request, peer)
        door = _DOORS.get(request.path)
        if door is None:
            page = None if handed_over else self._pages.get(request.path)
            return page(client) if page else _refusal(404)
        _join_connection_tokens(request)
        if request.headers.getall("Origin", []) not in self._origins:
            return self._refuse("origin", 403, client)
        registry = self._context.registry
        if not registry.may_knock(client):
            return self._refuse("pending_limit", 429, client)
        if not registry.has_room():
            return self._refuse("full", 503, client)
        if not registry.has_descriptors():
            return self._refuse("file_descriptors", 503, client)
        return door(self._context, client)

    def _client(self, request: WSUpgradeRequest, peer: str) -> str:
        """The browser's address: the nearest hop that is not a trusted proxy."""
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

    def _ready(self, client: str) -> WSUpgradeResponseWithListener:
        why = obstacle(self._context)
        return _refusal(503, why.encode() + b"\n") if why else _page(b"ready\n")

    def _metrics(self, client: str) -> WSUpgradeResponseWithListener:
        if not ip_address(client).is_loopback:
            return _refusal(404)
        return _page(self._context.metrics.render(), _METRICS_TYPE)

    def _refuse(self, why: str, status: int, client: str) -> WSUpgradeResponseWithListener:
        self._context.metrics.refused.labels(why).inc()
        log.warning("request_refused", why=why, client=client)
        return _refusal(status)


def _join_connection_tokens(request: WSUpgradeRequest) -> None:
    """`Connection: keep-alive, Upgrade` (Firefox) is an upgrade too (RFC 6455 §4.2.1); picows wants it alone."""
    tokens = {token.strip().lower() for value in request.headers.getall("Connection", []) for token in value.split(",")}
    if "upgrade" in tokens:
        request.headers["Connection"] = "upgrade"


def _page(body: bytes, *headers: tuple[str, str]) -> WSUpgradeResponseWithListener:
    response = WSUpgradeResponse.create_ok_response(body, extra_headers=[_NO_STORE, *headers])
    return WSUpgradeResponseWithListener(response, None)


def _refusal(status: int, body: bytes = b"refused\n") -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, body), None)
