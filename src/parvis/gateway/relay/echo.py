"""How far is the gateway? A few small messages sent back as they came, for the check of a home connection.

No ticket, no PC behind it: whoever may knock at the relays may ask. It counts as a connection that has shown no
ticket yet, keeps nothing, and ends by itself.
"""

from __future__ import annotations

import asyncio

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from parvis.gateway.relay.context import Context

MOST_MESSAGES = 20
MOST_BYTES = 64
_LINGER_SECONDS = 2.0


class Echo(WSListener):
    """One browser that measures."""

    def __init__(self, context: Context, client_address: str) -> None:
        self._context = context
        self._client = client_address
        self._left = MOST_MESSAGES
        self._timer: asyncio.TimerHandle | None = None
        self._is_pending = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Count it among those without a ticket, and not for ever."""
        self._is_pending = True
        self._context.registry.knock(self._client)
        limit = self._context.settings.limits.first_message_seconds
        self._timer = asyncio.get_running_loop().call_later(limit, self._close, transport, WSCloseCode.OK)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Send a small message back; anything else ends it."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._close(transport, WSCloseCode.OK)
            transport.disconnect()
        elif kind == WSMsgType.BINARY and frame.fin and frame.payload_size <= MOST_BYTES and self._left:
            self._left -= 1
            transport.send(WSMsgType.BINARY, frame.get_payload_as_bytes())
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self._close(transport, WSCloseCode.POLICY_VIOLATION)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Make room."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_pending:
            self._is_pending = False
            self._context.registry.leave(self._client)

    def _close(self, transport: WSTransport, code: WSCloseCode) -> None:
        self._left = 0
        if not transport.is_disconnected and not transport.is_close_frame_sent:
            transport.send_close(code)
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.disconnect, False)
