"""How both sides of a connection are closed: so that each hears why, and no buffer stays alive."""

from __future__ import annotations

import asyncio
from typing import cast

from picows import WSCloseCode, WSTransport

from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.gateway.relay.target import Target

_LINGER_SECONDS = 2.0
# A browser that leaves the page says 1001; one whose script ends the session says 1000 or nothing.
_BY_USER = frozenset({0, 1000, 1005})


def is_by_user(code: object) -> bool:
    """Whether a close code is of a session that was ended, not of a page that was left or lost.

    picows gives an enum member, or an int beyond the codes it knows.
    """
    return int(getattr(code, "value", code)) in _BY_USER  # type: ignore[call-overload]


def close_browser(websocket: WSTransport, reason: Reason) -> None:
    """Send the close frame (RFC 6455, section 7.1.2) and give the browser a moment to answer it."""
    if websocket.is_disconnected:
        return
    websocket.send_close(cast(WSCloseCode, CLOSE_CODES[reason]), str(reason).encode())
    if websocket.close_handshake.recv is not None:
        websocket.disconnect()
    elif not websocket.underlying_transport.is_closing():
        # Read on until the browser's own close frame: closing over unread bytes would reset
        # the connection, and the browser would never see the code.
        websocket.underlying_transport.resume_reading()
    # A browser that does not read must not keep its buffer alive.
    asyncio.get_running_loop().call_later(_LINGER_SECONDS, websocket.disconnect, False)


def close_target(target: Target | None, *, graceful: bool) -> None:
    """Leave the PC: `graceful` lets it have what is on its way, for a moment."""
    if target is None or target.is_closed:
        return
    if graceful:
        target.transport.close()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, target.transport.abort)
    else:
        target.transport.abort()
