"""Why a connection ends: one word for the portal, one WebSocket close code for the browser."""

from __future__ import annotations

import enum

from parvis.gateway.protocol.rdcleanpath import Failure


class Reason(enum.StrEnum):
    """The table of `docs/reference/gateway-protocol.md`, section 2."""

    CLOSED_BY_USER = "closed_by_user"
    GATEWAY_RESTARTING = "gateway_restarting"
    TICKET_REFUSED = "ticket_refused"
    TARGET_FORBIDDEN = "target_forbidden"
    TARGET_UNREACHABLE = "target_unreachable"
    CERTIFICATE_CHANGED = "certificate_changed"
    IDLE = "idle"
    TIME_LIMIT = "time_limit"
    ENDED_BY_STAFF = "ended_by_staff"
    ACCESS_REVOKED = "access_revoked"
    PROTOCOL_ERROR = "protocol_error"
    TOO_MANY_SESSIONS = "too_many_sessions"
    PORTAL_UNREACHABLE = "portal_unreachable"
    TARGET_CLOSED = "target_closed"
    BROWSER_LOST = "browser_lost"


CLOSE_CODES: dict[Reason, int] = {
    Reason.CLOSED_BY_USER: 1000,
    Reason.GATEWAY_RESTARTING: 1001,
    Reason.TICKET_REFUSED: 4001,
    Reason.TARGET_FORBIDDEN: 4003,
    Reason.TARGET_UNREACHABLE: 4004,
    Reason.CERTIFICATE_CHANGED: 4005,
    Reason.IDLE: 4006,
    Reason.TIME_LIMIT: 4007,
    Reason.ENDED_BY_STAFF: 4008,
    Reason.ACCESS_REVOKED: 4009,
    Reason.PROTOCOL_ERROR: 4010,
    Reason.TOO_MANY_SESSIONS: 4011,
    Reason.PORTAL_UNREACHABLE: 4012,
    Reason.TARGET_CLOSED: 4013,
    Reason.BROWSER_LOST: 4014,
}

# The same refusals in RDCleanPath's words, which IronRDP shows to the viewer.
WSA_REFUSED, WSA_TIMED_OUT, WSA_NO_ROUTE, WSA_HOST_NOT_FOUND, WSA_RESET = 10061, 10060, 10065, 11001, 10054
_TLS_BAD_CERTIFICATE = 42

FAILURES: dict[Reason, Failure] = {
    Reason.GATEWAY_RESTARTING: Failure(http_status=503),
    Reason.TICKET_REFUSED: Failure(http_status=401),
    Reason.TARGET_FORBIDDEN: Failure(http_status=403),
    Reason.TARGET_UNREACHABLE: Failure(wsa_error=WSA_TIMED_OUT),
    Reason.CERTIFICATE_CHANGED: Failure(tls_alert=_TLS_BAD_CERTIFICATE),
    Reason.ACCESS_REVOKED: Failure(http_status=403),
    Reason.PROTOCOL_ERROR: Failure(http_status=400),
    Reason.TOO_MANY_SESSIONS: Failure(http_status=429),
    Reason.PORTAL_UNREACHABLE: Failure(http_status=503),
}


class Refusal(Exception):
    """A connection is refused before the first byte of the PC's screen."""

    def __init__(
        self, reason: Reason, detail: str, *, failure: Failure | None = None, x224: bytes | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.failure = failure or FAILURES.get(reason, Failure())
        self.x224 = x224
        """The PC's refusal of the RDP negotiation, passed on to the browser."""
